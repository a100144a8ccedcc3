### 价格与盘口。

price-title = <b>{ $symbol } { $price }</b>
price-title-change = <b>{ $symbol } { $price }</b> · 24 小时 { $change }
price-quotes = 买一 { $bid } · 卖一 { $ask } · 价差 { $spread }
price-mark = 标记价 { $mark } · 指数价 { $index }
price-mark-only = 标记价 { $mark }
price-funding = 资金费率 { $rate }，{ $time } 结算
price-funding-untimed = 资金费率 { $rate }
price-range = 24 小时 { $low } – { $high }
price-volume = 24 小时成交额 { $volume }
price-state = ⚠️ 盘口状态为 { $state }，并非所有订单都可提交。
price-at = { $time }
book-title = <b>{ $symbol } 盘口</b>
book-columns = 价格 { $quote }，数量 { $base }，累计 { $quote }
book-spread = 价差 { $spread }
book-empty = { $symbol } 盘口为空。
button-book = 盘口
button-price = 价格
button-long = 🟢 做多 { $base }
button-short = 🔴 做空 { $base }
button-buy = 🟢 买入 { $base }
button-sell = 🔴 卖出 { $base }
