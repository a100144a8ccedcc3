### Alerts: what is watched, what happened, and the buttons around it.

# --- what is watched: one phrase for every kind ---

alert-price = { $symbol } { $source ->
    [mark] mark price
    [index] index price
   *[last] price
 } { $trend ->
    [up] above
    [down] below
   *[either] through
 } { $level }
alert-move = { $symbol } { $source ->
    [mark] mark price
    [index] index price
   *[last] price
 } { $trend ->
    [up] up
    [down] down
   *[either] moves
 } { $percent } in { $window }
alert-trail = { $symbol } { $source ->
    [mark] mark price
    [index] index price
   *[last] price
 } { $percent } { $trend ->
    [up] above
    [down] below
   *[either] away from
 } { $anchor ->
    [high] its high
    [low] its low
    [now] where it was
   *[other] { $anchor }
 }
alert-funding = { $symbol } funding { $trend ->
    [up] above
    [down] below
   *[either] through
 } { $percent } { $unit ->
    [year] a year
    [hour] per hour
    [span] per { $interval }
    [eight] per 8 h
   *[interval] per interval
 }
alert-flip = { $symbol } funding turns { $trend ->
    [up] positive
    [down] negative
   *[either] its sign
 }
alert-extreme = { $symbol } funding extreme for its last 30 days
alert-soon = { $symbol } funding settles in { $lead }
alert-cost = { $symbol }: next funding costs me { $amount } or more
alert-activity = { $symbol } { $activity ->
    [oi] open interest
   *[volume] volume
 } { $trend ->
    [up] up
    [down] down
   *[either] changes by
 } { $percent } in { $window }
alert-spread = { $symbol } spread above { $percent }
alert-basis = { $symbol } mark { $trend ->
    [up] above
    [down] below
   *[either] through
 } index { $percent }
alert-liquidation = { $symbol } liquidation of { $amount } or more
alert-fill = { $symbol }: an order of mine fills
alert-margin = my margin below { $percent }
alert-distance = { $symbol }: liquidation closer than { $percents }
alert-profit = { $symbol } PnL { $trend ->
    [up] above
    [down] below
   *[either] through
 } { $level }
alert-news = { $symbol } { $kind ->
    [listed] listed
    [delisted] delisted
   *[halted] halted or reopened
 }
alert-key = trouble with my API key
alert-any-market = any market
alert-any-perp = any perp
alert-all-positions = all positions

# --- it fired ---

alert-fired = 🔔 <b>{ $what }</b>
alert-fired-labelled = 🔔 <b>{ $label }</b>: { $what }
alert-fired-value = <b>{ $value }</b> at { $time }
alert-fired-time = { $time }
alert-fired-late = ⏱ { $known ->
    [most] Up to { $late }
   *[exactly] { $late }
 } late: I could not watch then.
alert-fact-fill = { $side ->
    [buy] Bought
   *[sell] Sold
 } { $size } at <b>{ $price }</b>
alert-value-move = { $moved } in { $window }
alert-value-year = { $rate } a year
alert-value-basis = { $percent } of the index
alert-value-spread = { $percent } of the middle
alert-value-margin = { $percent } margin
alert-value-distance = { $percent } away
alert-value-return = { $percent } of its margin
alert-fact-flip = { $how ->
    [settled] Counted at the settlement: this was paid.
   *[beyond] Not settled yet, but clearly beyond zero: more than { $band } a year.
 }
alert-fact-key = { $account }: { $what ->
    [stream] the exchange refuses its live stream.
   *[key] the exchange does not accept its key any more.
 }
alert-fact-state = { $before } → <b>{ $after }</b>
alert-plan-coming = Plan: <code>{ $line }</code>
alert-plan-armed = ⚡ Plan, goes without asking: <code>{ $line }</code>
alert-plan-refused = Plan <code>{ $line }</code> has no preview now:
alert-plan-done = ⚡ Sent without asking, as you armed it: { $order } on { $account }
alert-plan-asks = ⚡ Not sent without asking: { $reason } Confirm it yourself:
alert-plan-too-late = it fired { $late } ago.
alert-plan-above-limit = { $notional } is above its limit of { $limit }.
alert-plan-no-limit = it has no limit.

# --- made, listed, changed ---

alert-holds = <b>That is so already</b>: { $what }
alert-holds-now = Now: <b>{ $value }</b>
alert-holds-others = So are { $n } more.
alert-holds-when = When shall I tell you?
button-alert-true-now = Tell me now
button-alert-true-again = When it comes true again
alert-made = 🔔 <b>Alert set</b>: { $what }
alert-proposed = <b>Save this alert?</b>
    { $what }
alert-armed-question = ⚡ The plan goes <b>without asking</b> when this fires, up to { $limit }.
alert-armed-close = ⚡ The plan goes <b>without asking</b> when this fires.
alert-now = Now { $price }: { $distance } to go
alert-replay = Last { $days } days: { $count ->
    [0] would not have fired
    [one] would have fired once
   *[other] would have fired { $count } times
 }
alert-replay-none = No history to try this kind of alert on.
alert-option-once = once
alert-option-repeat = every time, at most once a minute
alert-option-every = at most every { $span }
alert-option-lifetime = for { $span }
alert-option-silent = silent
alert-option-muted = muted
alert-option-private = to our private chat
alert-undone = Undone: { $what }
alert-deleted = Deleted: { $what }
alert-paused = ⏸ { $what }
alert-held-back = 🔔 { $count ->
        [one] 1 more firing
       *[other] { $count } more firings
    } of your alerts in the last minute.
    So many are not told one by one. Give them a longer pause (<code>cooldown 1h</code>), wider levels, or delete some.
alert-market-gone = 🔕 <b>{ $symbol } is no longer on Backpack’s list of markets.</b>
    { $count ->
        [one] An alert on it is paused:
       *[other] { $count } alerts on it are paused:
    }
alert-market-gone-more = … and { $count } more
alert-market-gone-mend = Delete them, or resume them when it is listed again.
alert-gone = That alert is over.
alert-title = <b>Alerts</b> ({ $count })
alert-none = <b>Alerts</b>
    None yet. For example <code>alert sol &gt; 160</code> or <code>alert eth moves 3% in 15m</code>.
alert-row = { $state ->
    [paused] ⏸
   *[armed] 🔔
 } { $number }. { $what }
alert-row-labelled = { $state ->
    [paused] ⏸
   *[armed] 🔔
 } { $number }. <b>{ $label }</b>: { $what }
alert-fired-times = { $count ->
    [one] fired once, { $time }
   *[other] fired { $count } times, last { $time }
 }
alert-edit = <b>Change</b>: { $what }
    Tap a step, or type the new number or the whole alert.
alert-missed = <b>Told late in the last { $days } days</b>
alert-missed-none = Nothing was told late in the last { $days } days.
alert-missed-row = { $time } · { $what } · { $late } late

button-alert-undo = Undo
button-alert-again = Again
button-alert-delete = Delete
button-alert-pause = Pause
button-alert-resume = Resume
button-alert-edit = Change
button-alert-replay = 30 days
button-alert-price = Price
button-alert-save = ✅ Save
button-alert-new = New alert
button-alert-list = Alerts
button-alert-missed = Told late

# --- by buttons ---

ask-alert-symbol = <b>New alert</b>: what about?
ask-alert-kind = <b>{ $symbol }</b>: what happens?
    Or type it: <code>&gt; 160</code>, <code>moves 3% in 15m</code>.
ask-alert-account = <b>My account</b>: what happens?
ask-alert-market = <b>Markets</b>: what happens?
ask-alert-price = <b>{ $symbol }</b>, now { $price }: which level?
    Tap one or type a price.
ask-alert-value = <b>{ $what }</b>: how much?
    Tap one or type it.
ask-alert-window = <b>{ $what }</b>: within what time?
ask-alert-rhythm = <b>{ $what }</b>: how often?
option-alert-account = My account
option-alert-market = All markets
option-alert-above = Price above
option-alert-below = Price below
option-alert-moves = Moves
option-alert-trail = Trails
option-alert-funding = Funding above
option-alert-flips = Funding flips
option-alert-extreme = Funding extreme
option-alert-soon = Before settlement
option-alert-oi = Open interest
option-alert-volume = Volume
option-alert-spread = Spread
option-alert-basis = Basis
option-alert-liquidation = Liquidations
option-alert-fill = My fills
option-alert-pnl = My PnL
option-alert-liq = Liquidation distance
option-alert-margin = Margin
option-alert-cost = Funding cost
option-alert-key = Key trouble
option-alert-listing = Listing
option-alert-delisting = Delisting
option-alert-halt = Halt
option-alert-once = Once
option-alert-repeat = Every time
option-alert-hourly = At most hourly
option-alert-daily = At most daily
