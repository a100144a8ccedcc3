### 绑定账户（私钥不离开机器人）与解绑。

link-intro = <b>绑定 Backpack 账户</b>
    <b>推荐：</b>由我在这里生成密钥对，你只把公钥交给 Backpack，私钥从不传输。
    也可以粘贴已有的私钥，我会立即删除那条消息。
button-link-generate = 生成密钥（推荐）
button-link-paste = 粘贴已有私钥
link-generated = <b>你的公钥</b>（点击复制）
    <code>{ $key }</code>
link-step-open = 1. 在 Backpack 打开：Settings（设置）→ API Keys → <b>New API Key</b>。
link-step-paste = 2. 把上面的公钥粘贴到 <b>Public Key</b>。
link-step-read-only = 3. 不要勾选 <b>Read Only</b>（只读）。
link-step-allow-list = 4. 如果页面提供 IP 白名单，请加入机器人的地址。
link-step-allow-list-address = 4. 如果页面提供 IP 白名单，请加入机器人的地址：<code>{ $address }</code>
link-step-withdrawals = 5. 免双重验证的提现地址列表请保持为空。
link-step-done = 6. 在那边保存，然后在这里点 <b>完成</b>。
button-link-page = 打开 Backpack API Keys 页面
button-link-done = 完成
link-done = ✅ <b>已绑定：{ $label }</b>
    密钥已通过签名读取验证。下一步：发送 <code>long sol $200 5x sl 3%</code> 查看预览。
link-done-read-only = ✅ <b>已绑定（只读）：{ $label }</b>
    这个密钥可以查看价格、资产、持仓和挂单，但不能交易。要交易，请绑定未勾选 <b>Read Only</b> 的密钥。
link-not-yet = ⚠️ <b>尚未绑定</b>
    { $reason }
link-not-yet-retry = 你的密钥暂时保留。请在 Backpack 处理后再点“完成”。
link-reason-unknown-key = Backpack 还不认识这个密钥。请确认粘贴完整并已保存。
link-reason-unreachable = 无法连接 Backpack，请稍后再试。
link-reason-not-base64 = 这不是 API 私钥。Backpack 只在创建密钥时显示一次：44 个字符的 base64 文本。
link-reason-wrong-length = 私钥不完整。它有 44 个字符（含公钥时为 88 个）。
link-reason-halves-differ = 私钥的两半不匹配，请完整地重新复制。
link-reason-is-public-key = 这是 API 密钥的公钥部分，请粘贴它的私钥。
link-reason-key-mismatch = 该私钥与公钥不匹配，请从同一密钥复制两者。
link-reason-already-linked = 这个密钥已经绑定，见 /accounts。
link-paste-prompt = <b>请现在粘贴 API 私钥</b>
    仅限在本私聊中发送。我会立即删除你的消息、加密保存，并且不再显示。
link-paste-again = 请现在粘贴正确的密钥，或点取消。你发送的内容会立即删除。
secret-deleted = 含私钥的消息已删除，私钥已加密保存。
secret-unasked = 我删除了一条看起来像 API 私钥的消息：私钥不该出现在聊天里。
    绑定账户请用 /link。如果那是真的私钥且不确定谁看到过，请在 Backpack 撤销该密钥。
secret-not-deleted = ⛔ <b>无法删除你的消息，请立即自行删除。</b>
    在删除之前，任何能看到此聊天的人都可能用它交易。如有疑虑，请在 Backpack 撤销该密钥并重新绑定。
secret-in-group = ⛔ <b>群里的这条消息像是 API 私钥。如果是，请立即撤销对应的密钥。</b>
    Backpack：Settings（设置）→ API Keys → 删除。我没有使用它。然后在私聊中绑定新的密钥。
secret-in-group-deleted = 我已删除该消息，但可能已有人看到。
secret-in-group-not-deleted = 我无法删除该消息，请你也自行删除。

accounts-title = <b>已绑定账户：{ $count }</b>
accounts-none = <b>没有绑定账户</b>
    /link，大约一分钟。
accounts-row = <b>{ $label }</b> · { $state } · <code>{ $key }</code>
accounts-row-default = <b>{ $label }</b> · 默认 · { $state } · <code>{ $key }</code>
account-state-active = 可交易
account-state-read-only = 只读
account-state-pending = 等待 Backpack 确认
account-state-refused = 密钥被拒绝
account-state-other = { $state }
button-account-default = 使用 { $label }
button-account-unlink = 解绑 { $label }
button-account-add = 再绑定一个
account-default-set = 默认账户：<b>{ $label }</b>。

unlink-question = <b>解绑 { $label }？</b>
    这里的私钥会被销毁。挂单和仓位仍留在 Backpack，我将不再监控。
unlink-in-doubt = ❓ <b>尚未解绑：{ $label } 有 { $count } 个订单没有回应</b>
    正在查询，而且只有这个密钥能查。需要几秒钟，然后请再试一次。如果仍要解绑，这里就无法得知结果，你必须到 Backpack 上核对。
button-unlink-retry = 再试一次
button-unlink-anyway = 仍要解绑
unlink-alerts-ended = 有 { $count } 个提醒随之结束：它们监视该账户，或会在该账户上交易。
unlink-done = ✅ <b>已解绑：{ $label }</b>
    这里的私钥已销毁。请同时在 Backpack 删除密钥 <code>{ $key }</code>：Settings（设置）→ API Keys。
unlink-orders-left = ⚠️ <b>{ $count } 个挂单仍留在 Backpack</b>，仍可能成交。我现在看不到也撤不了，请到 Backpack 上处理。
unlink-which = <b>解绑哪个账户？</b>
unlink-kept = 没有解绑任何账户。
button-unlink-confirm = 解绑 { $label }
forget-question = <b>清除你的全部数据？</b>
    你在这里的所有密钥和设置都会被销毁。挂单和仓位仍留在 Backpack；运营者的历史订单账簿也会保留，但不含你的密钥。此操作无法撤回。
forget-done = ✅ <b>已清除</b>
    你在这里的密钥和设置已销毁。请同时在 Backpack 删除 API 密钥：Settings（设置）→ API Keys。/start 可重新开始。
forget-kept = 没有清除任何数据。
button-forget-confirm = 全部清除
