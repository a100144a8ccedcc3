### Why Rucksack itself says no. Each sentence has the reason; `.mend` says what to do; `.nearest` what would do.

refusal-syntax = I cannot read “{ $word }” here.
    .mend = Write side, symbol, size: <code>long sol $200 5x sl 3%</code>. More: /help trade
refusal-missing-size = How much { $symbol }?
    .mend = Add a size: <code>$200</code>, <code>0.5 sol</code> or <code>25%</code>.
refusal-missing-symbol = Which market?
    .mend = Add a symbol, for example <code>sol</code>.
refusal-unknown-symbol = No market answers to “{ $symbol }”.
    .mend = Check the symbol. /price sol shows one that exists.
    .suggestions = Did you mean { $suggestions }?
refusal-homoglyph = “{ $word }” contains letters that only look Latin.
    .mend = Type the symbol yourself instead of pasting it.
refusal-ambiguous-number = { $number } could be several things, so I ask instead of guessing.
    .mend = Write <code>$</code> for money, the coin for a quantity, <code>x</code> for leverage, <code>at</code> for a price.
refusal-two-numbers = One of two bare numbers is the price, the other the size; here I cannot tell which.
    .mend = Write <code>at</code> before the price, <code>$</code> or the coin at the size.
refusal-two-numbers-joined = { $number } may be one number, or a price and a size: I cannot tell which.
    .mend = Write thousands without a space, <code>at</code> before a price.
refusal-price-range = { $low } to { $high } names two prices; one order has one.
    .mend = Choose the price of your limit, or send an order for each.
refusal-price-range-between = { $low } to { $high } names two prices; one order has one. { $symbol } is between them, at { $market }.
    .mend = Choose the price of your limit. At the end the market has passed already, it would fill at once.
refusal-missing-price = A post-only order needs a price.
    .mend = Add <code>at</code> and a price for { $symbol }, or drop <code>post</code>.
refusal-number-too-large = “{ $word }” is not a number an order can have.
    .mend = Use at most 15 digits before the point.
refusal-too-long = A line has at most { $limit } characters.
    .mend = Send one order per line.
refusal-unsupported = Not available: { $feature }.
    .mend = /help lists what works today.

refusal-below-min-quantity = { $quantity } is below the market’s minimum of { $minimum }.
    .mend = Raise the size.
    .nearest = The smallest size is { $nearest }.
refusal-too-small-to-close = You hold { $quantity }, less than the market’s smallest order of { $minimum }.
    .mend = No order can close it. Close it on backpack.exchange, or add to the position first.
refusal-unread-positions = Positions that cannot be read here: { $count }. This one may be among them, so nothing is sent.
    .mend = Send the line again; if it stays so, act on backpack.exchange.
refusal-above-max-quantity = { $quantity } is above the market’s maximum of { $maximum }.
    .mend = Lower the size or split the order.
    .nearest = The largest size is { $nearest }.
refusal-price-out-of-band = { $price } is outside the exchange’s price band, { $low } to { $high }.
    .mend = Choose a price inside the band.
    .nearest = The nearest price allowed is { $nearest }.
refusal-market-closed = { $symbol } does not take this order now; its book is { $state }.
    .mend = { $state ->
        [CancelOnly] Until it opens, only cancels work: /orders. What you hold and your stops stay as they are.
        [PostOnly] Until it opens, it takes only post-only limit orders and cancels: a price, and <code>post</code>.
        [LimitOnly] Until it opens, it takes only limit orders and cancels: say a price.
       *[other] Try again when it is open. /price { $symbol } shows it.
    }
refusal-market-gone = { $symbol } is no longer on Backpack’s list of markets.
    .mend = If you hold it, /positions shows it and closes it. When it is listed again, so is this.
refusal-no-perp = { $symbol } has no perp on Backpack.
    .mend = Trade it on spot with /buy or /sell.
refusal-no-spot = { $symbol } has no spot market on Backpack.
    .mend = Trade the perp with /long or /short.
refusal-empty-book = The { $symbol } book has nothing to trade against.
    .mend = Place a limit order with <code>at</code> and a price.
refusal-thin-book = The book holds only { $available } up to { $bound }.
    .mend = Lower the size, or place a limit order with <code>at</code> and a price.
refusal-post-only-would-take = A post-only order at { $price } would trade at once.
    .mend = Move the price away from the market or drop <code>post</code>.
    .nearest = The nearest price that rests is { $nearest }.
refusal-wrong-side-stop = A stop at { $price } is on the wrong side of { $entry } for a { $side ->
    [short] short
   *[long] long
  }.
    .mend = A long stops below its entry, a short above.
    .nearest = Did you mean { $nearest }?
refusal-wrong-side-target = A take profit at { $price } is on the wrong side of { $entry } for a { $side ->
    [short] short
   *[long] long
  }.
    .mend = A long takes profit above its entry, a short below.
    .nearest = Did you mean { $nearest }?
refusal-far-from-market = An entry at { $price } is { $distance } from the market at { $market }. In a callout that is too far: at most { $limit }.
    .mend = To wait for that price on purpose, write <code>at</code> instead of <code>@</code> or <code>entry</code>.
refusal-open-interest-limit = The market’s open interest limit of { $limit } leaves no room for this order.
    .mend = Lower the size or try again later.
    .nearest = What fits now: { $nearest }.
refusal-position-limit = This would exceed your position limit of { $limit }.
    .mend = Lower the size or close something first.
    .nearest = What fits now: { $nearest }.

refusal-account-liquidating = The account is being liquidated; the exchange takes no new orders.
    .mend = Wait until it ends, then check /positions.
refusal-insufficient-margin = This needs { $required } of margin; { $available } is free.
    .mend = Lower the size, close a position or add funds.
    .nearest = What fits now: { $nearest }.
refusal-insufficient-balance = This needs { $required }; { $available } is free.
    .mend = Lower the size or cancel an order that holds funds. See /balance.
    .nearest = What fits now: { $nearest }.
refusal-leverage-above-market = This market allows at most { $maximum }, not { $asked }.
    .mend = Use { $maximum } or less.
refusal-leverage-above-account = Your account’s limit is { $limit }, not { $asked }.
    .mend = Use { $limit } or less. The limit is changed in Backpack’s settings and touches every position.
refusal-leverage-on-spot = Spot has no leverage.
    .mend = For the perp, use /long or /short, or write <code>-perp</code> after the symbol.
refusal-no-position = No open { $side ->
    [long] long
    [short] short
   *[any] position
  } in { $symbol }.
    .mend = /positions shows what is open.
refusal-no-position-any = No open positions.
    .mend = <code>long sol $200 sl 3%</code> opens one.
refusal-several-positions = Which position? { $symbols } are open.
    .mend = Name the symbol.
refusal-short-spot = You hold no { $symbol }: to sell it on spot you would have to borrow it first.
    .mend = I do not borrow. To go short there is the perp: /short. A loan is taken on Backpack itself.
refusal-spot-exits = A stop or target cannot be attached to coins: the exchange has that on perps only. Nothing was sent.
    .mend = Buy { $symbol } and place the exit as an order of its own, or take the perp.
refusal-reduce-on-spot = Reduce-only exists on perps, not on spot.
    .mend = Drop <code>reduce</code>, or write <code>-perp</code> after the symbol.
refusal-no-order = No order { $id }.
    .mend = /orders lists the open ones with their ids.
refusal-no-order-in = No open order in { $symbol }.
    .mend = /orders lists all that are open.
refusal-no-order-any = No open orders.
    .mend = <code>long sol $200 at 140</code> places one.

refusal-alert-holds = That is so already: { $symbol } is at { $value }, the level at { $level }.
    .mend = Choose a level on the other side, or <code>cross</code> to hear of the way back.
refusal-alert-too-fine = That alert is too fine: it would speak of what is no news.
    .mend = The finest there is: { $least }.
refusal-armed-without-limit = A plan that goes without asking needs a limit.
    .mend = Say it, for example <code>then arm max $100 …</code>, or give the size in dollars.
refusal-too-many-alerts = You have { $limit } alerts, and more cannot be kept.
    .mend = /alerts lists them; delete some that are no longer of use.

refusal-panic-alone = Panic stands alone: nothing goes before or after it.
    .mend = Send <code>panic</code> by itself.
refusal-no-card = I do not know which line to repeat.
    .mend = Reply to a preview or an order of yours with <code>same</code>, <code>same 2x</code> or <code>same $300</code>.
refusal-closing-only = You can close here, but not open: the operator has not let you in, or no longer does.
    .mend = What works: /positions, /orders, /close, /tp, /sl, /cancel, /panic, /unlink, /forget.
refusal-not-your-card = That card belongs to someone else.
    .mend = Reply to a card of your own, or name the symbol.

refusal-no-account = No Backpack account is linked yet.
    .mend = /link takes about a minute.
refusal-unknown-account = No account is called “{ $label }”.
    .mend = /accounts lists yours.
refusal-label-too-long = An account’s name has at most { $limit } characters; this one has { $length }.
    .mend = Choose a shorter one: <code>/link hedge</code>
refusal-read-only-key = This key is read-only: it can look, not trade.
    .mend = Link a key without <i>Read Only</i>: /link
refusal-not-your-button = This button belongs to someone else.
    .mend = Send your own line to get your own preview.
refusal-expired = This button has expired. Nothing was sent.
    .mend = Send the line again for current prices.
refusal-used = This button was already used.
    .mend = /orders and /positions show what happened.
refusal-price-moved = Price moved from { $was } to { $now }, more than your { $tolerance }. Nothing was sent.
    .mend = Check the new preview.
refusal-stale-command = This command is { $age } old, so it was not carried out.
    .mend = Send it again if you still want it.
refusal-edited = Editing a message never changes or sends an order.
    .mend = Send it as a new message.
refusal-forwarded = Forwarded messages never trade.
    .mend = Copy the line and send it yourself.
refusal-anonymous = I cannot tell who you are: anonymous admins and channels have no account.
    .mend = Send it as yourself, best in a private chat.
refusal-private-only = This works in our private chat only.
    .mend = Open it by tapping my name.
refusal-combination = These do not go together: { $feature }.
    .mend = Drop one of the two.
refusal-expected = Here could stand: { $examples }
refusal-try = Try: <code>{ $line }</code>
refusal-other = This was refused ({ $code }).
    .mend = /help explains what works.

## Access and traffic

failure = Something broke on my side. Check /orders before you send an order again.
    If it stays, tell the operator: <code>{ $reference }</code>
private-stub = Sent to our private chat.
private-stub-start = Your numbers go to our private chat only. Open it once, then ask again.
button-open-private = Open private chat

## A bare number

bare-question = <b>What does { $number } mean?</b>
bare-question-near-price = <b>What does { $number } mean?</b> It is close to the price of { $symbol }, so I will not take it as a size by guess.
bare-note = Your answer counts for this line only. “Always” makes it your default for orders that open; /settings changes it.
choice-always-base = Always coins
choice-always-quote = Always dollars
choice-base = { $size } · { $money }
choice-quote = { $money } · { $size }
choice-leverage = { $leverage } leverage · size to be asked
choice-price = Limit price { $price }
refusal-exit-stands = { $kind ->
    [tp] A target
   *[sl] A stop
  } at { $price } for { $symbol } stands already.
    .mend = There is nothing to do. /orders shows it.
