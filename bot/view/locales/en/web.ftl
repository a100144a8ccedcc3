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

dashboard-link = <b>Your dashboard</b>
    <code>{ $url }</code>
    The link works once, within five minutes. Open it where this address can be reached: by default only on the machine the bot runs on.
dashboard-off = The dashboard does not listen. DASHBOARD_PORT is off, or the port is taken: see the log.
