### 已结月份的对账单。

statement-title = <b>对账单第 { $number } 号</b> · { $month } · { $party }
statement-operator = 运营者
statement-corrects = 更正上一份；上一份仍保留在案。
statement-volume = 成交额 { $volume }，共 { $fills } 笔成交，手续费 { $fees }
statement-rebate = 按 { $tier } 的返佣：{ $rebate }
statement-share = 你的分享，{ $rate }：<b>{ $amount }</b>
statement-kept = 扣除全部分享后：<b>{ $amount }</b>
statement-line = { $who } · 成交额 { $volume } · 手续费 { $fees } · <b>{ $amount }</b>
statement-line-party = { $who }：{ $amount }
statement-named = { $who }（编号 <code>{ $id }</code>）
statement-more = ……另有 { $count } 行
statement-signed = 已签名；哈希开头为 <code>{ $hash }</code>。运营者持有可供验证的文件。
statement-no-owner = <code>{ $party }</code> { $month } 的<b>对账单第 { $number } 号</b>无人收到：我看不到可以私信的群主。
    请转交：<code>rucksack broker statement { $month } --for { $party }</code>
