### The card before an order is sent.

preview-title = { $mark } <b>{ $action } { $symbol }</b> · <b>{ $size }</b> · { $notional }
preview-market = Market, at about { $price }
preview-tolerance = at most { $percent } worse
preview-slippage = Slippage { $slippage } from best { $best }
preview-slippage-worst = Slippage { $slippage } from best { $best }, deepest { $worst }
preview-fee = Fee { $fee } ({ $bps }, { $role ->
    [maker] maker
   *[taker] taker
})
preview-rebate = Rebate { $fee } ({ $bps }, maker)
preview-margin = Margin { $margin } · free after { $free }
preview-free = Free margin after { $free }
preview-balance-left = Left after { $left }
preview-leverage = Leverage { $leverage } on the whole account after the fill
preview-liquidation = Liquidation { $price } ({ $distance } away)
preview-liquidation-none = Liquidation: none from this position alone
preview-funding = Next funding { $money } at { $time } (rate { $rate })
preview-funding-untimed = Next funding { $money } (rate { $rate })
preview-position = Position { $before } → { $after }
preview-take-profit = TP { $price } ({ $move }) → { $money }
preview-stop-loss = SL { $price } ({ $move }) → { $money }
preview-exit-roi = { $line }, { $roi } on margin
preview-footer = Account { $account } · valid for { $left }

preview-superseded = <b>Price moved: { $was } → { $now }</b>
    { $order } was not sent. Check the new preview.
preview-cancelled = <b>Cancelled</b> · { $order }
    Nothing was sent.
preview-expired = <b>Preview expired</b> · { $order }
    Nothing was sent. Prices are only held for a minute.
preview-order = { $action } { $size } { $symbol }

note-mapped-quote = • You wrote { $typed }; Backpack quotes this market in { $used }.
note-sell-reduces = • This reduces your open { $symbol } long. It does not open a short.
note-size-default = • { $size } read as { $meaning ->
    [quote] dollars
    [usd] dollars
    [base] coins
   *[other] { $meaning }
  }, your default in /settings.
note-size-coins = • { $size } read as coins: a close counts what you hold.
note-leverage-is-account-wide = • { $leverage } sizes this order. The limit of the whole account stays at { $limit }.
note-rounded = • Rounded from { $asked } to { $sent }, the market’s step.
note-cut = • Cut from { $asked } to { $sent }: there is no more, fee and slippage counted.
note-partial-depth = ⚠️ The visible book fills only { $percent } of this size.
note-flips = ⚠️ This turns your { $symbol } position to the other side.
note-no-stop = • No stop loss on this order.
note-liquidation-before-stop = ⚠️ Liquidation at { $liquidation } comes before your stop at { $stop }.
note-exit-stands = • { $kind ->
    [tp] A target
   *[sl] A stop
  } at { $stop } stands already; this one does not replace it. /orders cancels it.
note-sells-coins = ⚠️ You have no { $symbol } perp position. This sells your { $symbol } coins on spot.
note-wide-spread = ⚠️ Wide spread: { $bps }.
note-unlisted = ⚠️ { $symbol } is not in Backpack’s list of markets. The order is tried by the position’s own symbol; if Backpack refuses it, close the position on backpack.exchange.
note-rest-stays = ⚠️ { $rest } stays open: the market’s smallest order is { $least }. Close the rest on backpack.exchange.
note-odd-state = ⚠️ The market’s state is { $state }, which this bot does not know. Backpack may refuse the order.
note-unread-positions = ⚠️ Positions that cannot be read here, and are not touched: { $count }. See backpack.exchange.
note-account-age = ⚠️ Backpack last told your balance and margin { $seconds } s ago; fills since then are counted.
note-other = • { $code }

offer-close-all = Close { $count ->
    [one] { $count } position
   *[other] { $count } positions
  }
offer-parts = { $what } in { $count } orders
close-parts-title = { $what } · in { $count } orders
close-all-title = <b>Close { $count ->
    [one] { $count } position
   *[other] { $count } positions
  }</b> at market · { $notional }
close-all-leg = { $mark } { $action } { $size } { $symbol } at about { $price } · fee { $fee }
close-all-left-out = ⚠️ Left out: { $size } { $symbol }. { $why }
close-all-total = Fees { $fee }
close-all-more = …and { $count } more.
button-close-all = ✅ Close { $count ->
    [one] { $count } position
   *[other] { $count } positions
  } · { $notional }

panic-first = <b>Panic: cancel everything, close everything</b>
    { $orders ->
        [0] No open orders
        [one] { $orders } open order
       *[other] { $orders } open orders
    } · { $positions ->
        [0] no positions
        [one] { $positions } position
       *[other] { $positions } positions
    } · { $exposure }
    All orders are cancelled first, stops and targets too. Then every position is closed at market.
    Account { $account }. Coins you hold on spot stay.
panic-second = <b>Last check</b>
    { $orders ->
        [0] No orders
        [one] { $orders } order
       *[other] { $orders } orders
    } will be cancelled and { $positions ->
        [0] no positions
        [one] { $positions } position
       *[other] { $positions } positions
    } closed at market, { $exposure }. Account { $account }. This cannot be undone.
panic-nothing = Nothing to do: no open orders, no positions. Account { $account }.
panic-nothing-left = Nothing to do: no open orders, no positions.
panic-others = Not touched: { $accounts }.
panic-done = ✅ <b>Panic done</b> · looked again: no open order, no position. Coins on spot stay.
panic-partly = ⚠️ <b>Panic: { $failed } of { $count } steps not confirmed</b>
    Look at /positions and /orders now, and close what is left there or on backpack.exchange.
panic-too-old = ⚠️ <b>This panic was cut short</b>
    I was stopped in the middle of it, too long ago to go on unasked. Part of it may be done: look at /positions and /orders, and send /panic again if anything is left.
panic-leg-ok = ✅ { $what }
panic-leg-failed = ⛔ { $what }: { $detail }
panic-leg-unknown = ❓ { $what }: no answer yet, being looked up. Do not send it again.
panic-cancelled-orders = Cancelled { $count ->
    [one] { $count } order
   *[other] { $count } orders
  }
panic-close = Close { $size } { $symbol }
panic-cancel-symbol = Cancel orders in { $symbol }
panic-closed = Closed { $size } { $symbol }
panic-closed-at = Closed { $size } { $symbol } at { $price }
panic-closed-cost = Closed { $size } { $symbol } at { $price } · fee { $fee }
panic-still-open = still there when looked at again.
panic-too-small = less than the market’s smallest order, so it stays open. Close it on backpack.exchange.
panic-close-there = { $why } Close it on backpack.exchange if it stays.
panic-unread-left = What is left could not be read afterwards; look at /positions and /orders
panic-odd-orders = Orders that could not be read: { $count }. Look on backpack.exchange
panic-odd-positions = Positions that could not be read: { $count }. Look on backpack.exchange
panic-unread-orders = Your open orders could not be read, none was cancelled; send /panic again
panic-unread-positions = Your positions could not be read, none was closed; send /panic again
button-panic-first = ⚠️ Cancel and close all
button-panic-second = ⚠️ Yes, flatten { $exposure }
note-exit-choice = • { $kind ->
    [tp] A target
   *[sl] A stop
  } at { $stop } stands already. <b>Replace</b>: the new one stands before the old is cancelled. <b>Add</b>: both stay.
button-exit-replace = ✅ Replace { $price }
button-exit-replace-all = ✅ Replace all { $count }
button-exit-add = ➕ Add
note-fills-now = ⚠️ The market is already there: { $percent } fills at once, at about { $stop }. It does not wait.
