### The operator's page in a browser, and the command that opens it.

web-pages = Pages
web-tab-overview = Overview
web-tab-users = Users
web-tab-statements = Statements
web-tab-payouts = Payouts
web-tab-health = Health
web-leave = Leave
web-outside-title = This page is for operators
web-outside = Send /dashboard to the bot in your private chat. It answers with a link that opens this page once, within five minutes.
web-missing-title = There is no such page
web-missing = Back to the overview
web-trouble-title = The database does not answer
web-trouble = Reload in a moment. If this stays, rucksack doctor says what is wrong.
web-door-title = The dashboard
web-door = This link works once and opens the page in this browser for twelve hours. Nothing on it can be changed from here.
web-door-button = Open

web-orders = Orders of the last 24 hours
web-messages = Messages of the last 24 hours
web-in-doubt = In doubt now
web-in-doubt-none = No order is in doubt
web-in-doubt-since = the oldest for { $age }
web-waiting = Waiting to be sent
web-waiting-none = Nothing waits
web-waiting-since = the oldest for { $age }
web-refused = Telegram refused the last one: { $error }
web-state = State
web-count = Number
web-none = None
web-order-state = { $state ->
    [sending] being sent
    [unknown] in doubt, being looked up
    [new] resting
    [trigger_pending] waiting for its trigger
    [partially_filled] partly filled
    [filled] filled
    [cancelled] cancelled
    [expired] expired
    [trigger_failed] trigger failed
    [rejected] refused by the exchange
    [not_placed] never placed
   *[unknowable] cannot be known: its key is gone
  }
web-message-state = { $state ->
    [pending] waiting
    [sending] being sent
    [sent] sent
    [superseded] replaced by a newer one
    [dead] refused by Telegram
    [gathered] kept for a digest
   *[suppressed] switched off
  }
web-checks = Nightly checks and tag canary
web-checks-none = Nothing was checked yet. The check runs every night.
web-check-day = Day
web-check-account = Account
web-check-outcome = Outcome
web-check-equal = equal
web-check-tagged = tagged
web-check-missing = fills were missing here, added
web-check-unknown-to-exchange = fills the exchange does not know
web-check-different = fills differ
web-check-unreachable = not compared
web-check-untagged = orders without the tag
web-check-tag-difference = tagged orders differ from the ledger

web-month = { $month }
web-alarms = Something needs a look
web-alarms-more = { $n ->
    [one] { $n } check found a difference
   *[other] { $n } checks found a difference
  }
web-volume = API volume
web-before = the month before { $amount }
web-payout = Expected payout
web-payout-tier = { $tier }, { $share } of the fees
web-projected = Projected for the month
web-other-basis = If the tier is set otherwise
web-basis-previous = by the volume of the month before
web-basis-month = by the month’s own volume
web-fees = Fees that earn
web-users = Users who traded
web-users-new = new among them: { $n }
web-next-tier = { $missing } to { $tier }
web-next-worth = Once there, a month pays { $worth } more.
web-open-questions = Still open
web-affiliate-cost = { $amount } less, if every user whose affiliate is unknown has one at the standard 10%.
web-contingent = { $amount } more, if take-profits and stop-losses keep the tag of their entry.
web-unpriced = Fees without a dollar price, counted as nothing so far: { $fees } in { $n } fills.
web-unbooked = Fills not booked yet: { $n }
web-volume-by-day = API volume by day (UTC)
web-payout-by-day = Expected payout by day (UTC)
web-by-market = By market
web-by-user = By user
web-by-group = By group
web-by-role = Maker and taker
web-by-tier = By tier at booking
web-by-standing = What counts, and what does not
web-by-day = By day
web-column-volume = Volume
web-column-fees = Fees
web-column-payout = Payout
web-total = Total
web-left-out = { $n } more are in the file of the monthly summary.
web-private = In private chats
web-maker = Maker
web-taker = Taker
web-standing = { $standing ->
    [tagged] Tagged orders
    [exit] Exits the exchange made for them
    [untagged] Sent without the tag
    [elsewhere] Placed elsewhere
   *[system] Liquidations and other system fills
  }
web-users-of = Users in { $month }
web-users-privacy = Volumes and fees only: keys, balances and positions are never shown to an operator.
web-expected = Expected
web-paid = Paid
web-payouts-none = No payout is recorded yet. Send the bot /payout 2026-10 1234.56 when one arrives, or its file.
web-statements-of = Statements of { $month }
web-statements-none = Nothing is signed for this month yet. Statements are made when a month is closed, on the first of the next.

dashboard-link = <b>Your dashboard</b>
    { $url }
    The link works once, within five minutes. Open it where this address can be reached: by default only on the machine the bot runs on.
button-dashboard = Open the dashboard
dashboard-off = The dashboard does not listen. DASHBOARD_PORT is off, or the port is taken: see the log.
