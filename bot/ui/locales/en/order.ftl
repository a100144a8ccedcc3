### The card of one order, from the tap to its end.

order-what = { $action } { $size } { $symbol }
order-sending = ⏳ <b>Sending</b> · { $order }
order-unknown = ❓ <b>No answer yet</b> · { $order }
    Looking it up at the exchange. Do not send it again.
order-unknown-maintenance = 🛠 <b>Backpack is under maintenance</b> · { $order }
    It answered that it is closed, so this order is most likely not placed. I look it up as soon as Backpack is back. Do not send it again.
order-new = { $mark } <b>Open</b> · { $order }
order-trigger-pending = { $mark } <b>Armed</b> · { $order }
order-partially-filled = { $mark } <b>Filling { $percent }</b> · { $order }
order-filled = ✅ <b>Filled</b> · { $order } at <b>{ $average }</b>
order-cancelled = <b>Cancelled</b> · { $order }
order-cancelled-part = <b>Cancelled after { $percent }</b> · { $order }
order-expired = ⚠️ <b>Not filled</b> · { $order }
order-expired-part = ⚠️ <b>Ended after { $percent }</b> · { $order }
order-trigger-failed = ⛔ <b>Trigger failed</b> · { $order }
    The price was reached, but the order could not be placed. If it was your stop, the position is unprotected: act now.
order-rejected = ⛔ <b>Rejected</b> · { $order }
order-not-placed = <b>Not placed</b> · { $order }
    The exchange never received it and no longer can. Nothing happened; it is safe to send again.

order-resized = Backpack made it smaller with the position; you asked for { $asked }.
order-unknowable = ❓ <b>Outcome unknown</b> · { $order }
    No answer came, and the key to look it up is destroyed here. Check it on Backpack before you send it again.
order-unwatched = 👋 <b>Left on Backpack</b> · { $order }
    It rested there when its key was destroyed here, and can still fill. I no longer follow it: look and cancel on Backpack.
order-filled-so-far = Filled { $executed } of { $total } at { $average }
order-filled-open-end = Filled { $executed } at { $average }
order-nothing-filled = Nothing was filled.
order-value = Value { $value } · fee { $fee }
order-value-fee-pending = Value { $value } · fee follows
order-rebate = Value { $value } · rebate { $fee }
order-take-profit = TP { $price }
order-stop-loss = SL { $price }
order-footer = Order <code>{ $code }</code> · { $account } · { $time }
button-cancel-order = Cancel order { $code }
button-positions = Positions
button-orders = Orders

order-detail-created = Created { $time }
order-detail-updated = Updated { $time }
order-detail-exchange-id = Exchange id <code>{ $id }</code>
order-detail-client-id = Client id <code>{ $id }</code>

orders-title = <b>Open orders: { $count }</b> · { $account }
orders-odd = ⚠️ Orders that cannot be read here: { $count }. See backpack.exchange.
orders-none = No open orders on { $account }.
    <code>long sol $200 at 140</code> places one.
orders-row = { $mark } <b>{ $order }</b>
    { $kind } · <code>{ $code }</code>
orders-row-filled = { $percent } filled
button-cancel-row = ✖ { $code } { $symbol }
button-cancel-all = Cancel all

liquidation-notice = ⛔ <b>Liquidated: { $order } at { $price }</b>
    Margin fell below maintenance and the exchange closed this part of your position. Account { $account }. Check /positions and /balance.
adl-notice = ⚠️ <b>Auto-deleveraged: { $order } at { $price }</b>
    The exchange closed this part of your position against a liquidated trader; your margin was not the cause. Account { $account }. Your stop may be too large now: check /positions.
system-notice = ⚠️ <b>Closed by the exchange: { $order } at { $price }</b>
    Reason: { $origin }. Account { $account }. Check /positions.
origin-collateral-conversion = collateral was converted
origin-settlement-autoclose = the contract was settled
origin-backstop-liquidity-provider = taken over by the backstop liquidity provider
late-surprise = ⚠️ <b>Found after all</b> · { $order }
    I told you this order was not placed. The exchange does have it. If you sent it again, you may hold twice the size: check /positions.
exit-missing = ⛔ <b>No { $kind ->
    [tp] take profit
   *[sl] stop loss
  } on { $symbol }</b> · wanted { $price }
    The exchange refused it, so this position is not protected. { $reason }
    Place it again or close the position. Account { $account }.
key-refused = ⚠️ <b>I cannot find out what became of { $order }</b>
    Backpack does not accept the key of { $account } any more. { $reason }
    Check order <code>{ $code }</code> on Backpack, do not send it again blindly. If the key is allowed again, I go on looking it up; if it is gone for good, unlink it.
exit-absent = ⛔ <b>No { $kind ->
    [tp] take profit
   *[sl] stop loss
  } on { $symbol }</b> · wanted { $price }
    Order <code>{ $code }</code> filled, but Backpack does not have the exit that was sent with it; I asked twice. Nothing closes this position at that price.
    Place it again or close the position. Account { $account }.
exit-short = ⛔ <b>The { $kind ->
    [tp] take profit
   *[sl] stop loss
  } on { $symbol } covers only { $covered } of { $needed }</b> · at { $price }
    Order <code>{ $code }</code> filled, but the exit that was sent with it did not grow along; I asked Backpack twice.
    Place another or close the position. Account { $account }.
button-exit-retry = Place again at { $price }
button-close-position = Close { $symbol }

cancel-done = ✅ <b>Cancelled { $count ->
    [one] { $count } order
   *[other] { $count } orders
  }</b>
cancel-nothing = Nothing to cancel.
cancel-row = { $order } · <code>{ $code }</code>
cancel-failed = ⛔ { $order } · <code>{ $code }</code>: { $reason }
cancel-unknown = ❓ { $order } · <code>{ $code }</code>: no answer yet, being looked up.
cancel-all-question = <b>Cancel { $count ->
    [one] { $count } order
   *[other] { $count } orders
  }?</b> Stops and targets among them go too. Account { $account }.
button-cancel-all-confirm = ✅ Cancel { $count ->
    [one] { $count } order
   *[other] { $count } orders
  }
button-keep = Keep
cancel-bare-question = ⚠️ <b>Cancel { $count ->
    [one] { $count } order
   *[other] { $count } orders
  }?</b> A stop is among them. Account { $account }.
cancel-bare-row = • { $symbol } { $side }: this leaves <b>{ $size }</b> without a stop.
cancel-bare-unread = • I could not read the positions. Each trigger order among them may be what protects one.
button-keep-stops = Keep stops
button-keep-stops-others = Keep stops, cancel { $count ->
    [one] { $count } other
   *[other] { $count } others
  }
button-cancel-bare = ✅ Cancel all: { $count ->
    [one] { $count } order
   *[other] { $count } orders
  }
stop-gone = ⛔ <b>The stop of { $symbol } is gone</b> · it was promised at { $price }
    { $needed } { $side } are open without a stop. I asked Backpack twice: nothing closes them at that price any more, whoever took it away.
    Place it again or close the position. Account { $account }.
stop-gone-part = ⛔ <b>The stops of { $symbol } cover only { $covered } of { $needed } { $side }</b>
    The rest is open without a stop; I asked Backpack twice.
    Place another at { $price } or close the position. Account { $account }.
order-ended-with = { $count ->
    [one] { $count } order that waited for this position ended with it.
   *[other] { $count } orders that waited for this position ended with it.
  }
closed-also = Also { $order } at { $price }
orders-ended = <b>{ $symbol } is closed</b>, not by an order of this chat
    { $count ->
    [one] { $count } stop or target ended with it.
   *[other] { $count } stops and targets ended with it.
  } Account { $account }.
orders-ended-liquidation = ⚠️ <b>Backpack ended { $count ->
    [one] { $count } open order
   *[other] { $count } open orders
  } to free margin</b>
    Margin fell below maintenance. Account { $account }. Check /positions and /balance.
