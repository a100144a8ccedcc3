### Several statements under one Confirm, and what became of each.

chain-title = <b>{ $count } steps</b>, sent one after the other
chain-step = { $number }. { $what }
chain-cancel = Cancel { $count ->
    [one] { $count } order
   *[other] { $count } orders
  }
chain-cancel-none = Cancel: nothing rests there now
chain-at = { $order } at { $price }
chain-total = Fees { $fee }. If a step fails, those after it are not sent.
button-chain = ✅ Send { $count } steps · { $notional }
offer-chain = { $count } steps

chain-done = ✅ <b>All { $count } steps done</b>
chain-stopped = ⚠️ <b>Stopped: { $done } of { $count } steps done</b>
chain-interrupted = I was restarted in between, so the rest stayed here.
chain-ok = ✅ { $what }
chain-failed = ⛔ { $what }
chain-unknown = ❓ { $what }: no answer yet, being looked up. Do not send it again.
chain-unsent = Not sent: { $what }
chain-not-placed = the exchange never received it
chain-rest = Nothing more of this will be sent by itself.
button-chain-rest = ▸ Preview what was not sent
chain-stays = 🛡 Stays as it is: { $order }
