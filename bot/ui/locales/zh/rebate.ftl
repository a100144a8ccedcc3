### 经纪返佣：月度、明细、方案比较、每月通知及其文件。

rebate-title = <b>经纪返佣 · { $month }</b>
rebate-over = <b>{ $month } 月度已结束</b>
rebate-left = 还剩 { $left }
rebate-payout = 预计返佣：<b>{ $payout }</b>
rebate-volume = API 成交额：<b>{ $volume }</b>
rebate-fees = 计佣手续费：{ $fees } · 实收：{ $charged }
rebate-counts = 成交：{ $fills } · 用户：{ $users }，新增：{ $new }
rebate-projected = 照此速度到月底：{ $volume }，<b>{ $payout }</b>，等级 { $tier }
rebate-tier = { $basis ->
    [previous] { $tier }（手续费的 { $share }），按上月成交额：{ $decided }
   *[month] { $tier }（手续费的 { $share }），按本月成交额
  }
rebate-other = { $basis ->
    [previous] 若按上月成交额：{ $tier }，{ $payout }，月底 { $endtier }，{ $endpayout }
   *[month] 若按本月成交额：{ $tier }，{ $payout }，月底 { $endtier }，{ $endpayout }
  }
rebate-next = { $basis ->
    [previous] ▸ 距 { $tier } 还差 { $missing }，若下月照旧，下月多得 { $worth }
   *[month] ▸ 距 { $tier } 还差 { $missing }，本月多得 { $worth }
  }
rebate-top = ▸ { $tier } 已是最高等级。
rebate-affiliate = 邀请返佣未知的用户最多可能减少 { $cost }。
rebate-contingent = 未计入：止损与止盈单的 { $amount }，视其是否保留原单标签。
rebate-unbooked = ⚠ 本月尚未入账的成交：{ $n }，之后补记。
rebate-unpriced = ⚠ 尚无美元价格、暂按零计的手续费：{ $fees }，共 { $n } 笔成交；每小时重新询价。
rebate-before = 上月：{ $payout }，成交额 { $volume }
rebate-moved = <b>变化</b>
rebate-move = { $name }：{ $before } → { $now }
rebate-tier-change = { $basis ->
    [previous] 📶 新的一月按 <b>{ $to }</b>（{ $share }）计，此前为 { $from }。
   *[month] 📶 该月以 <b>{ $to }</b>（{ $share }）收官，上月为 { $from }。
  }
rebate-nothing = 本月尚无入账。
rebate-sum = 合计：{ $volume } · { $fees } → <b>{ $payout }</b>
rebate-line = { $name }：{ $volume } · { $fees } → <b>{ $payout }</b>
rebate-line-legend = API 成交额 · 计佣手续费 → 返佣。分位按比例分配，合计分毫不差。
rebate-line-standing-legend = 成交额 · 实收手续费 → 返佣，不论是否计佣。
rebate-line-standing = { $name }：{ $volume } · { $fees } → <b>{ $payout }</b>，成交：{ $fills }
rebate-in-private = 私聊
rebate-forgotten = { $name }，已遗忘
rebate-breakdown = { $by ->
    [market] 按市场
    [user] 按用户
    [group] 按群组
    [day] 按日
    [role] 按挂单与吃单
    [tier] 按入账时等级
   *[standing] 按类别
  }
rebate-role = { $maker ->
    [yes] 挂单
   *[no] 吃单
  }
rebate-standing = { $standing ->
    [tagged] 带标签的订单
    [exit] 带标签订单的止损与止盈
    [untagged] 未带标签发送
    [elsewhere] 在别处下单
   *[system] 强平等系统成交
  }
rebate-which = 哪个月？请写成 <code>/rebates 2026-10</code>。
rebate-picture = { $month } · 🟨 累计成交额与等级 · 🟦 每日成交额 · 🟩 每日返佣
rebate-file = { $month } · { $kind ->
    [csv] 全部明细（CSV）
   *[xlsx] 全部明细（工作簿）
  }

button-rebate-market = 市场
button-rebate-user = 用户
button-rebate-group = 群组
button-rebate-day = 日
button-rebate-role = 挂单/吃单
button-rebate-tier = 等级
button-rebate-standing = 类别
button-rebate-files = 📎 文件
button-rebate-advice = 方案比较
button-rebate-month = { $month }

advice-title = <b>经纪还是邀请？</b>依据 { $month } 的数据
advice-partial = 本月未结束，数据截至目前。
advice-broker = 经纪方案，{ $tier }：<b>{ $income }</b>
advice-affiliate = 邀请方案，{ $rate }：<b>{ $income }</b>
advice-equal = 邀请返佣为 <b>{ $rate }</b> 时两者相同；或按 { $standard } 每月引荐 { $volume }。
advice-more = 再多 $1M：作为经纪得 { $broker }（{ $tier }），作为邀请人得 { $affiliate }。
advice-break-even = <b>平衡点</b>：邀请返佣须达到多少才持平
advice-step = 自 { $volume }（{ $tier }）起：{ $rate }
advice-needs = <b>邀请方案的条件</b>：前三项同时满足，或满足其余任一项
advice-need = { $met ->
    [yes] ✅
    [unknown] ❔
   *[no] ❌
  } { $need ->
    [volume] 每月引荐成交额 { $wanted }
    [active] 有交易的被邀用户 { $wanted } 名
    [new] 每月新增 { $wanted } 名
    [followers] X 上 { $wanted } 名关注者
   *[elsewhere] 每月向其他交易所引荐 { $wanted }
  }{ $met ->
    [yes] {""}
    [unknown] ：您知道，我不知道
   *[no] ：还差 { $missing }
  }
advice-eligible = { $yes ->
    [yes] 您可以申请。
   *[no] 按这些数据还不能申请。
  }
advice-assumptions = <b>假设</b>
advice-assumption = · { $what ->
    [referred] 每位用户都经您的邀请链接而来
    [all-fees] 邀请人就其全部交易获益，经纪只就带标签的订单获益
    [steady] 每月成交额相同，等级由此而定
    [exclusive] 两个方案只能二选一
    [unknown-none] 邀请返佣未知的用户视为没有
    [active] 活跃：当月有带标签的成交；新增：当月首次入账
   *[published] 两者均以公布的条款为准
  }
advice-usage = 我无法得知的请告诉我：<code>/advisor followers 6000 elsewhere 25000000</code>

sheet-overview = 总览
sheet-name = 名称
sheet-id = 编号
sheet-fills = 成交数
sheet-volume = 成交额（美元）
sheet-fees = 手续费（美元）
sheet-payout = 返佣（美元）
sheet-total = 合计
sheet-breakdown = 明细
sheet-month = 月份
sheet-tier = 等级
sheet-tab = { $by ->
    [market] 市场
    [user] 用户
    [group] 群组
    [day] 日
    [role] 挂单与吃单
    [tier] 等级
   *[standing] 类别
  }
