### 下单前的确认卡片。

preview-title = { $mark } <b>{ $action } { $symbol }</b> · <b>{ $size }</b> · { $notional }
preview-market = 市价，预计均价 { $price }
preview-tolerance = 最多差 { $percent }
preview-slippage = 滑点 { $slippage }，最优价 { $best }
preview-slippage-worst = 滑点 { $slippage }，最优价 { $best }，最深吃到 { $worst }
preview-fee = 手续费 { $fee }（{ $bps }，{ $role ->
    [maker] 挂单
   *[taker] 吃单
}）
preview-rebate = 返佣 { $fee }（{ $bps }，挂单）
preview-margin = 保证金 { $margin } · 成交后可用 { $free }
preview-free = 成交后可用保证金 { $free }
preview-balance-left = 成交后剩余 { $left }
preview-leverage = 成交后全账户杠杆 { $leverage }
preview-liquidation = 强平价 { $price }（距离 { $distance }）
preview-liquidation-none = 强平价：仅凭此仓位不会被强平
preview-funding = 下次资金费 { $money }，{ $time }（费率 { $rate }）
preview-funding-untimed = 下次资金费 { $money }（费率 { $rate }）
preview-position = 仓位 { $before } → { $after }
preview-take-profit = 止盈 { $price }（{ $move }）→ { $money }
preview-stop-loss = 止损 { $price }（{ $move }）→ { $money }
preview-exit-roi = { $line }，保证金回报 { $roi }
preview-footer = 账户 { $account } · { $left }内有效

preview-superseded = <b>价格已变动：{ $was } → { $now }</b>
    { $order } 未发送。请查看新的预览。
preview-cancelled = <b>已取消</b> · { $order }
    没有发送任何订单。
preview-expired = <b>预览已过期</b> · { $order }
    没有发送任何订单。报价只保留一分钟。
preview-order = { $action } { $size } { $symbol }

note-mapped-quote = • 你写的是 { $typed }；Backpack 的这个市场以 { $used } 计价。
note-sell-reduces = • 这会减少你的 { $symbol } 多仓，不会开空。
note-size-default = • { $size } 按{ $meaning ->
    [quote] 美元
    [usd] 美元
    [base] 币数
   *[other] { $meaning }
  }理解，这是你在 /settings 的默认设置。
note-size-coins = • { $size } 按币数理解：平仓按你持有的币数算。
note-leverage-is-account-wide = • { $leverage } 只用来算这笔单的大小，全账户杠杆上限仍是 { $limit }。
note-rounded = • 按市场最小步长，由 { $asked } 取整为 { $sent }。
note-cut = • 由 { $asked } 减为 { $sent }：计入手续费和滑点，最多只有这些。
note-partial-depth = ⚠️ 盘口可见深度只够成交 { $percent }。
note-flips = ⚠️ 这会让你的 { $symbol } 仓位反向。
note-no-stop = • 这笔单没有止损。
note-liquidation-before-stop = ⚠️ 强平价 { $liquidation } 会先于止损 { $stop } 到达。
note-exit-stands = • 已有{ $kind ->
    [tp] 止盈
   *[sl] 止损
  }单（{ $stop }），新单不会替换它；可在 /orders 撤销它。
note-sells-coins = ⚠️ 你没有 { $symbol } 合约仓位。此单会卖出你的 { $symbol } 现货。
note-wide-spread = ⚠️ 买卖价差很大：{ $bps }。
note-unlisted = ⚠️ { $symbol } 已不在 Backpack 的市场列表中。将按仓位自身的代码尝试下单；若被拒绝，请在 backpack.exchange 平仓。
note-rest-stays = ⚠️ { $rest } 仍未平仓：该市场最小下单量为 { $least }。剩余部分请在 backpack.exchange 平仓。
note-odd-state = ⚠️ 该市场状态为 { $state }，本机器人不认识此状态，Backpack 可能拒绝该订单。
note-unread-positions = ⚠️ 有 { $count } 个仓位无法读取，此单不涉及它们。请查看 backpack.exchange。
note-account-age = ⚠️ 余额与保证金为 { $seconds } 秒前 Backpack 提供的数据；之后的成交已计入。
note-other = • { $code }

offer-close-all = 平掉 { $count } 个仓位
offer-parts = { $what }，分 { $count } 笔
close-parts-title = { $what } · 分 { $count } 笔
close-all-title = <b>市价平掉 { $count } 个仓位</b> · { $notional }
close-all-leg = { $mark } { $action } { $size } { $symbol }，约 { $price } · 手续费 { $fee }
close-all-left-out = ⚠️ 未包含：{ $size } { $symbol }。{ $why }
close-all-total = 手续费合计 { $fee }
close-all-more = ……另有 { $count } 个。
button-close-all = ✅ 平掉 { $count } 个仓位 · { $notional }

panic-first = <b>紧急清仓：撤掉全部订单，平掉全部仓位</b>
    { $orders ->
        [0] 没有挂单
       *[other] { $orders } 个挂单
    } · { $positions ->
        [0] 没有仓位
       *[other] { $positions } 个仓位
    } · { $exposure }
    先撤销所有订单（包括止损和止盈），再以市价平掉所有仓位。
    账户 { $account }。现货币种保持不变。
panic-second = <b>最后确认</b>
    将撤销 { $orders } 个订单，并以市价平掉 { $positions } 个仓位，共 { $exposure }。账户 { $account }。此操作无法撤回。
panic-nothing = 无需操作：没有挂单，也没有仓位。账户 { $account }。
panic-nothing-left = 无需操作：没有挂单，也没有仓位。
panic-others = 未触及：{ $accounts }。
panic-done = ✅ <b>清仓完成</b> · 已重新核对：没有挂单，没有仓位。现货币种保持不变。
panic-partly = ⚠️ <b>清仓：{ $count } 步中有 { $failed } 步未确认完成</b>
    请立即查看 /positions 和 /orders，并在这里或 backpack.exchange 平掉剩余部分。
panic-too-old = ⚠️ <b>这次紧急平仓中途被打断</b>
    机器人当时停止运行，时间已过太久，不会自行继续。可能只完成了一部分：请查看 /positions 和 /orders，如仍有剩余，请再次发送 /panic。
panic-leg-ok = ✅ { $what }
panic-leg-failed = ⛔ { $what }：{ $detail }
panic-leg-unknown = ❓ { $what }：尚无回应，正在查询。请勿重复发送。
panic-cancelled-orders = 已撤销 { $count } 个订单
panic-close = 平仓 { $size } { $symbol }
panic-cancel-symbol = 撤销 { $symbol } 的订单
panic-closed = 已平仓 { $size } { $symbol }
panic-closed-at = 已平仓 { $size } { $symbol }，均价 { $price }
panic-closed-cost = 已平仓 { $size } { $symbol }，均价 { $price } · 手续费 { $fee }
panic-still-open = 重新查看时仍在。
panic-too-small = 小于该市场的最小下单量，因此仍未平仓。请在 backpack.exchange 平仓。
panic-close-there = { $why } 若仍未平仓，请在 backpack.exchange 平仓。
panic-unread-left = 之后无法读取剩余情况；请查看 /positions 和 /orders
panic-odd-orders = 无法读取的订单：{ $count } 个。请在 backpack.exchange 查看
panic-odd-positions = 无法读取的仓位：{ $count } 个。请在 backpack.exchange 查看
panic-unread-orders = 无法读取挂单，未撤销任何订单；请再次发送 /panic
panic-unread-positions = 无法读取仓位，未平掉任何仓位；请再次发送 /panic
button-panic-first = ⚠️ 全部撤单并平仓
button-panic-second = ⚠️ 确认清仓 { $exposure }
note-exit-choice = • 已有{ $kind ->
    [tp] 止盈
   *[sl] 止损
  }单（{ $stop }）。<b>替换</b>：新单先挂好，再撤旧单。<b>添加</b>：两单并存。
button-exit-replace = ✅ 替换 { $price }
button-exit-replace-all = ✅ 替换全部 { $count } 个
button-exit-add = ➕ 添加
note-fills-now = ⚠️ 市价已到该价位：{ $percent } 会立即成交，价格约 { $stop }，不会挂单等待。
