### 由运营者批准使用。

access-waiting = <b>需要运营者先批准。</b>
    我已通知运营者一次；结果会在这里告诉你。除了你的 Telegram ID，没有保存你的任何信息。
access-first = 本机器人需要运营者先批准。请在私聊中发送 /start 提出申请。
access-denied = 本机器人的运营者没有批准你使用。
access-let-in = ✅ <b>运营者已批准你使用。</b>发送 /start 开始。
access-let-out = <b>运营者不批准你使用。</b>
    如果你有挂单或仓位，仍可在这里撤单和平仓：/orders、/positions、/panic。/forget 会销毁你的密钥。
access-plans-ended = 你的 { $count } 个提醒已结束，因为它们附带的交易可能开仓。

access-request = <b>有人申请使用</b>
    ID <code>{ $id }</code> · 自称 { $name }
    请用其他途径核实身份：名字可以随意取。
access-crowd = <b>申请使用的人</b>超过了我每小时逐一通知的数量。/users 可查看名单。
access-approved = ✅ 已批准 <code>{ $id }</code>。可用 /deny 撤回。
access-refused = 未批准 <code>{ $id }</code>；仍可平仓和撤单。可用 /approve 更改。
access-is-operator = <code>{ $id }</code> 是运营者，运营者始终可以使用（ADMIN_USER_IDS）。
access-which-id = 哪一位？请给出数字 Telegram ID：<code>/approve 123456789</code>、<code>/deny 123456789</code>。/users 可查看名单。
access-state-new = 未申请
access-state-asked = 等待中
access-state-approved = 已批准
access-state-denied = 已拒绝
access-state-operator = 运营者
people-title = <b>用户：{ $count }</b>
people-row = <code>{ $id }</code> · { $state }
button-approve = ✅ 批准
button-deny = 拒绝
button-approve-id = ✅ 批准 { $id }
button-deny-id = 拒绝 { $id }
button-people = 用户名单
