### 承诺分享的返佣，供运营者查看。

share-title = <b>返佣分享</b>，按承诺先后排列；每一方以对该月最后一次承诺为准
share-none = <b>没有承诺任何返佣分享。</b>
share-row = <code>{ $party }</code> { $name } · 自 { $month } 起 <b>{ $rate }</b>
share-row-ended = <code>{ $party }</code> { $name } · 自 { $month } 起终止
share-usage = 在群里发 <code>/share @here 20%</code>，或用群或用户的 ID：<code>/share ID 20% from 2026-11 to 2027-03</code>。<code>/share ID 0%</code> 终止。
    分享的是该群或该用户自己订单所得的返佣。
share-promised = ✅ <code>{ $party }</code> 自 { $month } 起获得其订单返佣的 <b>{ $rate }</b>。每月出具对账单。
share-promised-until = ✅ <code>{ $party }</code> 自 { $month } 至 { $end } 月底获得其订单返佣的 <b>{ $rate }</b>。每月出具对账单。
share-ended = ✅ <code>{ $party }</code> 自 { $month } 起不再分享。此前的承诺不变。
share-too-much = 加上对其他人的承诺，一笔订单可能要付出超过其全部返佣。最多可承诺 <b>{ $most }</b>；请先降低另一承诺（<code>/share</code> 可查看）。
share-over = { $month } 已结束：对账单不再更改。请从本月起承诺。
share-unknown = 我不认识 <code>{ $party }</code>。用户须先给我发送 /start；群请在群内发 <code>/share @here 20%</code>。
share-not-a-group = 这里不是群。请在群里发送，或给出群或用户的 ID。
