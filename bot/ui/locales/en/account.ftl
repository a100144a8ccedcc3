### Positions, balances, fees: what an account holds and pays.

positions-title = <b>Positions: { $count }</b> · { $pnl } unrealized · { $exposure } exposure · { $account }
positions-none = No open positions on { $account }.
    <code>long sol $200 sl 3%</code> previews one.
positions-row-unread = ⚠️ <b>{ $symbol } { $side ->
    [long] long
   *[short] short
  }</b> { $size }. The rest of it cannot be read here; see backpack.exchange.
positions-unread = ⚠️ Positions that cannot be read here: { $count }. See backpack.exchange.
positions-row = { $mark } <b>{ $symbol } { $side ->
    [long] long
   *[short] short
  } { $size }</b> · { $notional }
    <b>{ $pnl }</b> ({ $move }) unrealized
    Entry { $entry } · mark { $mark-price }
positions-liquidation = Liquidation { $price } ({ $distance } away)
positions-liquidation-none = Liquidation: none from this position alone
positions-break-even = Break-even { $price }
positions-extra = Realized { $realized } · funding { $funding }
positions-exits = TP { $tp } · SL { $sl }
positions-no-stop = ⚠️ No stop loss
positions-stop-partial = ⚠️ The stop closes only { $covered } of { $size }
button-close-half = ½ { $base }
button-close-all-of = Close { $base }
button-tp = TP { $base }
button-sl = SL { $base }
button-close-everything = Close all

balance-title = <b>Equity { $equity }</b> · { $account }
balance-margin = Free margin <b>{ $free }</b> · leverage limit { $leverage }
balance-liquidating = ⛔ <b>This account is being liquidated.</b> New orders are refused until it ends.
balance-row = <b>{ $amount }</b>
balance-row-valued = <b>{ $amount }</b> · { $value }
balance-parts = free { $free }
balance-locked = in orders { $amount }
balance-lent = lent { $amount }
balance-unread = ⚠️ Could not be read: { $assets }. See backpack.exchange.
balance-none = No funds yet. Deposit on backpack.exchange.

fees-title = <b>Fees</b> · { $account }
fees-row = { $kind ->
    [spot] Spot
   *[perp] Perp
  }: maker { $maker } · taker { $taker }
fees-example = $1,000 perp at market costs { $cost }.
fees-note = Negative is a rebate. Backpack sets these by your 30-day volume and updates them hourly.
