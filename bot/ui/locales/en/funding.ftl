### The funding desk: the table, one market, carries.

funding-title = <b>Funding</b> · { $count ->
    [one] { $count } market
   *[other] { $count } markets
}
funding-none = No perpetual pays funding now.
funding-column-market = {""}
funding-column-rate = now %
funding-column-next = next
funding-column-now = APR
funding-column-day = 24h
funding-column-week = 7d
funding-legend = <i>now: rate of the running interval, longs pay shorts when it is positive. APR, 24h and 7d: per cent a year, by the rate now and by the mean of the past.</i>
funding-market = <b>{ $symbol } funding</b>
funding-now = Now <b>{ $rate }</b> every { $interval } · { $apr } a year
funding-next = Next settlement { $time }, in { $left }
funding-pays = { $side ->
    [long] Longs pay shorts.
   *[short] Shorts pay longs.
}
funding-averages = A year by the mean of: 24 h { $day } · 7 d { $week } · 30 d { $month }
funding-mine = My { $quantity } { $base }: { $so_far } so far, { $next } at the next settlement
button-funding-extreme = Extremes
button-funding-highest = Highest
button-funding-lowest = Lowest
button-funding-symbol = A–Z
button-funding-table = All markets
button-funding-alert = 🔔 Alert
button-funding-history = History
button-carry = Carry
carry-title = <b>Carries</b> · spot against perp
carry-none = No market has both spot and a perpetual with funding now.
carry-column-market = {""}
carry-column-side = perp
carry-column-gross = APR
carry-column-net = net
carry-column-even = even
carry-short = short
carry-long = long
carry-legend = <i>APR: per cent a year while it is held, after the borrow. net: after all fees too, held { $days } days. even: how long until the fees are earned back.</i>
carry-of = <b>{ $base } carry</b>
carry-legs-short = Buy { $base } on spot, short as much { $base }-PERP: the price does not matter, the funding is yours.
carry-legs-long = Sell borrowed { $base } on spot, long as much { $base }-PERP: the price does not matter, the funding is yours.
carry-yield = Funding { $gross } a year, { $basis ->
    [week] by the mean of the last 7 days
   *[now] by the rate now
}
carry-borrow = Borrowing costs { $rate } a year
carry-cost = Fees { $cost } of the size of a leg, in and out of both
carry-net = Net <b>{ $net }</b> a year, held { $days } days
carry-even = A carry earns its fees back in { $time }.
carry-never = A carry never earns its fees back at this rate.
carry-risk = <i>Funding changes at every settlement and may turn. The perp leg can be liquidated when the price runs: keep margin.</i>
carry-by-hand = ⚠️ I do not borrow { $base } for you: this direction is only shown.

command-funding = Funding of all perps: /funding sol
command-carry = Spot against perp: /carry sol $500
menu-funding = Funding
menu-carry = Carry
topic-funding = Funding
help-funding = <b>Funding and carry</b>
    <code>/funding</code> all perps: rate, APR, next settlement, averages; sort and page by buttons
    <code>/funding sol</code> one market: its last 30 days, my cost so far, break-even of a carry
    <code>/carry</code> where spot against perp pays best, after fees and borrow
    <code>/carry sol $500</code> buys $500 of SOL and shorts as much SOL-PERP: one preview, one Confirm
