### Help by topic. Examples in code can be tapped to copy.

help-title = <b>Help</b>
    Type a trade: <code>long sol $200 5x sl 3%</code>. You always see a preview first.
help-unknown = No help topic “{ $topic }”. These exist:

topic-start = Start
topic-link = Link
topic-trade = Trade
topic-size = Size
topic-price = Price
topic-exits = TP and SL
topic-close = Close
topic-cancel = Cancel
topic-alerts = Alerts
topic-accounts = Accounts
topic-settings = Settings
topic-safety = Safety
topic-groups = Groups

help-start = <b>Start</b>
    1. /link your Backpack account, about a minute.
    2. Type <code>long sol $200 5x sl 3%</code>.
    3. Check the preview, tap its ✅ button within a minute. The fill comes as a message.

    Every command is also a button: /start → Menu.
help-link = <b>Link an account</b>
    /link makes a key pair and shows the public half. On Backpack: Settings → API Keys → New API Key, paste it in <b>Public Key</b>, leave <b>Read Only</b> off, save, tap Done here.
    If the page offers an IP allow-list, add the bot’s address. Keep the list of withdrawal addresses that need no second factor empty.

    The secret never travels. An existing secret can be pasted too, in the private chat only.
help-trade = <b>Trade</b>
    Side, symbol, size; the rest in any order.
    <code>long sol $200 5x sl 3%</code>
    <code>short eth $500 at 2650 sl 2700 tp 2500</code>
    <code>buy sol $100</code> (spot)
    <code>sell sol 25%</code> (spot, or part of an open long)

    <b>long</b> and <b>short</b> mean the perp; <b>buy</b> and <b>sell</b> mean spot, unless you add leverage, <code>reduce</code> or <code>-perp</code>.
    Leverage sizes the order. The limit of your whole account is set on Backpack.
help-size = <b>Size</b>
    <code>$200</code> money · <code>0.5 sol</code> or <code>qty 0.5</code> coins · <code>25%</code> of what is free · <code>all</code>
    On an exit, <code>25%</code> and <code>half</code> are of the position.

    A bare number asks what you mean; you can set a default in /settings. Sizes are rounded down to the market’s step before you see them.
help-price = <b>Price</b>
    Without a price an order is market, with your slippage limit from /settings.
    <code>at 142.5</code> limit · <code>at 1%</code> a per cent better than last · <code>at -1%</code> below last
    <code>post</code> only as maker · <code>ioc</code> now or never · <code>fok</code> all or nothing
    <code>trigger 150</code> waits for 150, then market
    <code>slip 0.3%</code> slippage limit for this order
help-exits = <b>Take profit and stop loss</b>
    Attached: <code>long sol $200 sl 3% tp 6%</code>
    To an open position: <code>sl sol 139</code>, <code>tp sol 5%</code>
    A per cent is the price move from entry. With <code>roi</code> it is the return on margin.

    They live on the exchange and protect you even when this bot is off. A stop on the wrong side is refused. If the exchange refuses a stop you were promised, you get an alarm.
help-close = <b>Close</b>
    <code>close sol</code> · <code>close half</code> · <code>close sol 25%</code>
    <code>close longs</code> · <code>close shorts</code> · <code>close all</code>

    A close never opens the other side: it is reduce-only.
    /panic cancels all orders and closes all positions. Two taps.
help-cancel = <b>Cancel</b>
    <code>cancel 8F2K</code> one order · <code>cancel sol</code> all of a market
    <code>cancel buys</code> · <code>cancel sells</code> · /cancelall everything

    /orders lists what is open. Stops and targets count as orders.
help-alerts = <b>Alerts</b>
    <code>a sol &gt; 160</code> · <code>alert sol mark &lt; 140</code> · <code>alert eth moves 3% in 15m</code>
    <code>alert sol trail 5%</code> · <code>alert btc funding &gt; 30% apr</code> · <code>alert sol funding flips</code>
    <code>alert sol funding in 10m</code> · <code>alert btc oi up 10% in 1h</code> · <code>alert btc liquidation &gt; $100k</code>
    Mine: <code>alert fill</code> · <code>alert liq 20/10/5%</code> · <code>alert margin &lt; 20%</code> · <code>alert sol pnl &lt; -10%</code>
    Markets: <code>alert listing</code> · <code>alert halt sol</code>

    After it: <code>every 1h</code>, <code>repeat</code>, <code>expire 2d</code>, <code>label dip</code>, <code>to dm</code>, <code>silent</code>.
    With a plan: <code>a sol &gt; 160 then long sol $200 sl 3%</code>. When it fires you get a fresh preview and one Confirm. <code>then arm max $300 …</code> sends it without asking, within that limit.

    An alert speaks where it was made; what concerns your account always comes in private. /alerts lists them. If I was away when it happened, the message says how late it is; /missed lists those.
help-accounts = <b>Accounts</b>
    /accounts lists them and sets the default. /unlink removes one.
    For one order only: <code>long sol $200 on main</code>

    The preview always names the account. /forget erases your keys and data here; positions stay on Backpack.
help-settings = <b>Settings</b>
    /settings: what a bare number means, slippage limit, price check, when to confirm, quiet hours, language, time zone.

    In quiet hours fills, liquidations and alarms still come, without a sound where they can wait.
help-safety = <b>Safety</b>
    • This bot cannot withdraw or transfer. That code does not exist.
    • Every order shows a preview; one Confirm is at most one order.
    • “No answer yet” means: do not send it again. I look it up and tell you.
    • Edited, forwarded and old messages never trade.
    • Nobody here will ask for your secret. Revoke a key at any time: Backpack → Settings → API Keys.
help-groups = <b>Groups</b>
    Authority is yours alone: your key, your buttons. Nobody else’s tap counts.
    Your balances and fills go to our private chat; the group sees a short note.
    /lang chooses the language of a group; only its administrators may. Private answers keep yours.
    Never post a secret. If it happens, revoke the key at once.
