### 持仓、资产、费率。

positions-title = <b>持仓：{ $count }</b> · 未实现盈亏 { $pnl } · 敞口 { $exposure } · { $account }
positions-none = { $account } 没有持仓。
    发送 <code>long sol $200 sl 3%</code> 预览一笔。
positions-row-unread = ⚠️ <b>{ $symbol } { $side ->
    [long] 多
   *[short] 空
  }</b> { $size }。其余内容无法在此读取，请在 backpack.exchange 查看。
positions-unread = ⚠️ 无法读取的仓位：{ $count } 个。请在 backpack.exchange 查看。
positions-row = { $mark } <b>{ $symbol } { $side ->
    [long] 多
   *[short] 空
  } { $size }</b> · { $notional }
    未实现盈亏 <b>{ $pnl }</b>（{ $move }）
    入场价 { $entry } · 标记价 { $mark-price }
positions-liquidation = 强平价 { $price }（距离 { $distance }）
positions-liquidation-none = 强平价：仅凭此仓位不会被强平
positions-break-even = 保本价 { $price }
positions-extra = 已实现 { $realized } · 资金费 { $funding }
positions-exits = 止盈 { $tp } · 止损 { $sl }
positions-no-stop = ⚠️ 没有止损
positions-stop-partial = ⚠️ 止损只平 { $size } 中的 { $covered }
button-close-half = 平一半 { $base }
button-close-all-of = 平仓 { $base }
button-tp = 止盈 { $base }
button-sl = 止损 { $base }
button-close-everything = 全部平仓

balance-title = <b>账户权益 { $equity }</b> · { $account }
balance-margin = 可用保证金 <b>{ $free }</b> · 杠杆上限 { $leverage }
balance-liquidating = ⛔ <b>该账户正在强平。</b>结束前无法下新单。
balance-row = <b>{ $amount }</b>
balance-row-valued = <b>{ $amount }</b> · { $value }
balance-parts = 可用 { $free }
balance-locked = 挂单占用 { $amount }
balance-lent = 已出借 { $amount }
balance-unread = ⚠️ 无法读取：{ $assets }。请在 backpack.exchange 查看。
balance-none = 还没有资金，请在 backpack.exchange 充值。

fees-title = <b>手续费率</b> · { $account }
fees-row = { $kind ->
    [spot] 现货
   *[perp] 永续
  }：挂单 { $maker } · 吃单 { $taker }
fees-example = 市价交易 $1,000 合约，手续费 { $cost }。
fees-note = 负数为返佣。Backpack 按你 30 天交易量确定，每小时更新。
