### The first minute: what this is, the risk, the language, the menu.

start-title = <b>Rucksack: the Backpack desk in a chat</b>
    Type a trade, check the preview, tap ✅ to confirm. One tap is one order.
start-demo = <b>This is the demo.</b> The exchange is a sandbox and the money is not real.
start-risk = Leveraged trading can lose everything you put in. This bot gives no advice.
start-custody = It cannot withdraw or transfer. Your key trades, nothing more.
start-linked = Try <code>long sol $200 5x sl 3%</code>: you get a preview first.
start-unlinked = First link your Backpack account; it takes about a minute.
button-link = Link Backpack account
button-try = Preview: { $line }
button-help = Help
button-language = Language / 语言
button-menu = Menu
language-question = <b>Language</b>
language-set = Language: English.
menu-title = <b>Menu</b>
    Or just type: <code>long sol $200 5x sl 3%</code>
menu-trade-title = <b>Trade</b>
menu-orders-title = <b>Orders and exits</b>
menu-market-title = <b>Markets</b>
menu-account-title = <b>Account</b>

menu-long = 🟢 Long
menu-short = 🔴 Short
menu-buy = 🟢 Buy spot
menu-sell = 🔴 Sell spot
menu-trade = Trade
menu-manage = Orders
menu-market = Markets
menu-account = Account
menu-positions = Positions
menu-orders = Open orders
menu-order = Find order
menu-balance = Balance
menu-price = Price
menu-book = Book
menu-alert = New alert
menu-alerts = 🔔 Alerts
menu-missed = Told late
menu-fees = Fees
menu-accounts = Accounts
menu-link = Link
menu-unlink = Unlink
menu-forget = Forget me
menu-settings = Settings
menu-help = Help
menu-start = Start page
menu-close = Close position
menu-tp = Take profit
menu-sl = Stop loss
menu-cancel = Cancel order
menu-cancelall = Cancel all
menu-panic = ⚠️ Panic

command-start = What this is, language, link
command-help = How to, by topic
command-link = Link a Backpack account
command-accounts = Linked accounts, default
command-unlink = Remove a linked account
command-forget = Erase my keys and data
command-price = Price, funding: /price sol
command-book = Order book: /book sol
command-alert = Alert: /alert sol > 160
command-alerts = Alerts: list, pause, change
command-missed = Alerts that came late
command-balance = Equity, margin, balances
command-positions = Open positions and PnL
command-orders = Open orders
command-order = One order: /order 8F2K
command-buy = Buy spot: /buy sol $200
command-sell = Sell spot: /sell sol 25%
command-long = Open a long: /long sol $200 5x sl 3%
command-short = Open a short: /short eth $500 sl 2%
command-close = Close: /close sol, /close half
command-tp = Take profit: /tp sol 160
command-sl = Stop loss: /sl sol 3%
command-cancel = Cancel: /cancel 8F2K or /cancel sol
command-cancelall = Cancel every open order
command-fees = Your fee rates
command-settings = Size meaning, slippage, confirm, hours
command-panic = Cancel all, close all (two taps)

ask-symbol = <b>{ $action }</b>: which market?
ask-size = <b>{ $action } { $symbol }</b>: what size?
    Tap one or type it: <code>$200</code>, <code>qty 0.5</code> (coins), <code>25%</code>.
ask-leverage = <b>{ $action } { $symbol }</b>: what leverage?
    It sizes the order; your account’s limit stays.
ask-stop = <b>{ $action } { $symbol }</b>: stop loss?
    Tap one or type a price or per cent.
ask-price-symbol = <b>Price</b>: which market?
ask-book-symbol = <b>Order book</b>: which market?
ask-close = <b>Close</b>: which position?
ask-close-part = <b>Close { $symbol }</b>: how much?
ask-tp-position = <b>Take profit</b>: which position?
ask-sl-position = <b>Stop loss</b>: which position?
ask-tp = <b>Take profit for { $symbol }</b>
    Tap one or type a price or per cent.
ask-sl = <b>Stop loss for { $symbol }</b>
    Tap one or type a price or per cent.
ask-order = Which order? Send its id, for example <code>/order 8F2K</code>.
ask-cancel = <b>Cancel</b>: which order?
ask-account = <b>Which account?</b>
ask-type = Send the rest of the line now; it begins with:
    <code>{ $line }</code>
choice-none = None
choice-all = All
choice-half = Half
choice-type = Type it
