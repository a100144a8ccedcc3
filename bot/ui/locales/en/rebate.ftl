### The broker's rebate: a month, its breakdowns, the programme advisor, the monthly post and its files.

rebate-title = <b>Broker rebate · { $month }</b>
rebate-over = <b>The month { $month } is over</b>
rebate-left = { $left } to go
rebate-payout = Payout expected: <b>{ $payout }</b>
rebate-volume = API volume: <b>{ $volume }</b>
rebate-fees = Fees that earn: { $fees } · charged: { $charged }
rebate-counts = Fills: { $fills } · users: { $users }, new: { $new }
rebate-projected = By the end, at this pace: { $volume } and <b>{ $payout }</b> at { $tier }
rebate-tier = { $basis ->
    [previous] { $tier } ({ $share } of the fees), by the volume of the month before: { $decided }
   *[month] { $tier } ({ $share } of the fees), by this month’s own volume
  }
rebate-other = { $basis ->
    [previous] If the month before decided: { $tier }, { $payout }, by the end { $endtier }, { $endpayout }
   *[month] If the month’s own volume decided: { $tier }, { $payout }, by the end { $endtier }, { $endpayout }
  }
rebate-next = { $basis ->
    [previous] ▸ { $missing } to { $tier }, worth { $worth } next month if it trades like this one
   *[month] ▸ { $missing } to { $tier }, worth { $worth } this month
  }
rebate-top = ▸ { $tier } is the highest there is.
rebate-affiliate = Users whose affiliate is unknown could cost up to { $cost }.
rebate-contingent = Not counted: { $amount } of stops and targets, if they keep the tag of their order.
rebate-unbooked = ⚠ Fills of the month not booked yet: { $n }. They come in with later entries.
rebate-unpriced = ⚠ Fees without a dollar price, counted as nothing so far: { $fees } in { $n } fills. They are asked for every hour.
rebate-before = The month before: { $payout } of { $volume }
rebate-moved = <b>What moved</b>
rebate-move = { $name }: { $before } → { $now }
rebate-tier-change = { $basis ->
    [previous] 📶 The new month is paid at <b>{ $to }</b> ({ $share }), after { $from }.
   *[month] 📶 The month ended at <b>{ $to }</b> ({ $share }), the one before at { $from }.
  }
rebate-nothing = Nothing is booked for this month.
rebate-sum = Total: { $volume } · { $fees } → <b>{ $payout }</b>
rebate-line = { $name }: { $volume } · { $fees } → <b>{ $payout }</b>
rebate-line-legend = API volume · fees that earn → payout. Cents are shared out so that all adds up.
rebate-line-standing-legend = Volume · fees charged → payout, whatever it counts for.
rebate-line-standing = { $name }: { $volume } · { $fees } → <b>{ $payout }</b>, fills: { $fills }
rebate-in-private = in private
rebate-forgotten = { $name }, forgotten
rebate-breakdown = { $by ->
    [market] by market
    [user] by user
    [group] by group
    [day] by day
    [role] by maker and taker
    [tier] by tier when booked
   *[standing] by standing
  }
rebate-role = { $maker ->
    [yes] maker
   *[no] taker
  }
rebate-standing = { $standing ->
    [tagged] tagged orders
    [exit] stops and targets of tagged orders
    [untagged] sent without the tag
    [elsewhere] placed elsewhere
   *[system] liquidations and other system fills
  }
rebate-which = Which month? Write it as <code>/rebates 2026-10</code>.
rebate-picture = { $month } · 🟨 volume so far, against the tiers · 🟦 of each day · 🟩 rebate of each day
rebate-file = { $month } · { $kind ->
    [csv] all breakdowns as CSV
   *[xlsx] all breakdowns as a workbook
  }

button-rebate-market = Markets
button-rebate-user = Users
button-rebate-group = Groups
button-rebate-day = Days
button-rebate-role = Maker/taker
button-rebate-tier = Tiers
button-rebate-standing = Standing
button-rebate-files = 📎 Files
button-rebate-advice = Advisor
button-rebate-month = { $month }

advice-title = <b>Broker or affiliate?</b> On the numbers of { $month }
advice-partial = The month is not over; its figures are those so far.
advice-broker = Broker programme, at { $tier }: <b>{ $income }</b>
advice-affiliate = Affiliate programme, at { $rate }: <b>{ $income }</b>
advice-equal = Both pay the same at an affiliate rebate of <b>{ $rate }</b>, or if you refer { $volume } a month at { $standard }.
advice-more = The next $1M brings { $broker } as a broker ({ $tier }), { $affiliate } as an affiliate.
advice-break-even = <b>Break-even</b>: what an affiliate rebate must be to pay the same
advice-step = from { $volume } ({ $tier }): { $rate }
advice-needs = <b>What the affiliate programme asks for</b>: the first three together, or one of the others
advice-need = { $met ->
    [yes] ✅
    [unknown] ❔
   *[no] ❌
  } { $need ->
    [volume] { $wanted } of referred volume a month
    [active] { $wanted } referred users who trade
    [new] { $wanted } new ones a month
    [followers] { $wanted } followers on X
   *[elsewhere] { $wanted } a month referred to another exchange
  }{ $met ->
    [yes] {""}
    [unknown] : you know, I do not
   *[no] : { $missing } missing
  }
advice-eligible = { $yes ->
    [yes] You could apply.
   *[no] On these numbers you could not apply.
  }
advice-assumptions = <b>Assumed</b>
advice-assumption = · { $what ->
    [referred] every user would have come by your affiliate link
    [all-fees] an affiliate earns on all they trade, a broker on tagged orders only
    [steady] the tier is that of the same volume, month after month
    [exclusive] one programme or the other: they exclude each other
    [unknown-none] users whose affiliate is unknown have none
    [active] active: a tagged fill in the month; new: first booked in it
   *[published] the terms of both are those published
  }
advice-usage = Tell me what I cannot know: <code>/advisor followers 6000 elsewhere 25000000</code>

sheet-overview = Overview
sheet-name = Name
sheet-id = Id
sheet-fills = Fills
sheet-volume = Volume, USD
sheet-fees = Fees, USD
sheet-payout = Payout, USD
sheet-total = Total
sheet-breakdown = Breakdown
sheet-month = Month
sheet-tier = Tier
sheet-tab = { $by ->
    [market] Markets
    [user] Users
    [group] Groups
    [day] Days
    [role] Maker and taker
    [tier] Tiers
   *[standing] Standing
  }
