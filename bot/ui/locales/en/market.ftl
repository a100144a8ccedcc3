### Prices and the order book.

price-title = <b>{ $symbol } { $price }</b>
price-title-change = <b>{ $symbol } { $price }</b> · { $change } in 24 h
price-quotes = Bid { $bid } · ask { $ask } · spread { $spread }
price-mark = Mark { $mark } · index { $index }
price-mark-only = Mark { $mark }
price-funding = Funding { $rate } at { $time }
price-funding-untimed = Funding { $rate }
price-range = 24 h { $low } – { $high }
price-volume = 24 h volume { $volume }
price-state = ⚠️ The book is { $state }: not every order is taken.
price-at = { $time }
book-title = <b>{ $symbol } order book</b>
book-columns = price { $quote }, size { $base }, sum { $quote }
book-spread = spread { $spread }
book-empty = The { $symbol } book is empty.
button-book = Book
button-price = Price
button-long = 🟢 Long { $base }
button-short = 🔴 Short { $base }
button-buy = 🟢 Buy { $base }
button-sell = 🔴 Sell { $base }
