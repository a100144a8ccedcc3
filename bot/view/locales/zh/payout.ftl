### 交易所支付的返佣，供运营者查看。

payout-title = <b>{ $month } 的返佣支付</b>
payout-expected = 按 { $tier } 应付：<b>{ $amount }</b>
payout-paid = 实付：<b>{ $amount }</b>
payout-equal = ✅ 分毫不差。
payout-balanced = 总额与预期相同，但其中有以下几项互相抵消：
payout-parts = 分次支付：{ $parts }
payout-difference = 差额：<b>{ $amount }</b>
payout-cause = <b>{ $amount }</b> · { $words }
payout-candidate = { $row }<i>（仅此一项就能解释差额；只有交易所的文件才能证实）</i>
payout-orders = { "    " }{ $count } 笔订单：{ $some }
payout-file-lines = { "    " }文件中 { $count } 行：{ $some }
payout-lines = 已与交易所文件的 { $count } 行逐一比对。
payout-total-only = 只比对了总额。把交易所的文件发来，以 <code>/payout</code> 加月份作为说明文字，可以看到更多。
payout-corrects = 这是一次更正：它取代之前的记录；之前的分录已由新分录冲回。

payout-draft = <b>{ $month } 的返佣支付：{ $amount }</b>。尚未记录。
payout-read = 文件共 { $count } 行，合计 { $sum }。单元格以 <code>{ $delimiter }</code> 分隔，小数以 <code>{ $sign }</code> 分隔。
payout-tab = 制表符
payout-read-totals = 第 { $some } 行是其他行的合计，共 { $count } 行，未计入。
payout-read-other = 这与你给出的金额不同：将按实付 { $amount } 记录。
payout-standing = { $month } 已有记录：<b>{ $amounts }</b>。
payout-known = ⚠️ 相同的行已经记录过。
payout-say-how = 请说明这是什么：--part 为该月的又一次支付，--correct 为取代已有记录。没有记录任何内容。
payout-confirm = 没有记录任何内容：请核对读取方式，并加上 --yes。
payout-dropped = 没有记录任何内容。
button-payout-first = ✅ 记录
button-payout-part = ➕ 又一次支付
button-payout-correction = ✏️ 取代已有记录
button-payout-drop = 取消
payout-usage = 交易所付了多少？<code>/payout 2026-10 1234.56</code>
    也可以把它的 CSV 文件发到这里，说明文字写 <code>/payout 2026-10</code>；若实付与文件合计不同，再加上金额。只发 <code>/payout 2026-10</code> 则显示已有记录。
payout-not-over = { $month } 尚未结束：返佣在次月一日（UTC）支付。
payout-none = 没有 { $month } 的支付记录。<code>/payout { $month } 1234.56</code> 即可记录。

payout-cause-untagged = 订单的标记，交易所与我们看到的不同
payout-cause-exits = 止盈止损单的计入方式与预期不同（BROKER_EXITS_TAGGED）
payout-cause-affiliate = 某用户的邀请返佣比例与账本所知不同
payout-cause-tier = 按另一等级支付
payout-cause-late = 月末最后几小时的成交，计入了另一个月
payout-cause-rounding = 四舍五入，每行不足一分
payout-cause-fee-price = 交易所对手续费的美元折价不同
payout-cause-maker-rebate = 扣除了挂单返佣
payout-cause-twice = 重复支付的行
payout-cause-not-ours = 不属于我们的订单
payout-cause-missing = 账本缺少的我方订单成交
payout-cause-unexplained = <b>无法解释</b>

payout-unreadable = <b>无法读取此文件。</b>没有记录任何内容。
payout-not-handed-over = Telegram 没有交出文件。请重新发送。
payout-fault-too-big = 文件超过 16 MB。请按订单合并，或只记录总额。
payout-fault-too-long = 文件超过 250,000 行。请按订单合并，或只记录总额。
payout-fault-spreadsheet = 这是电子表格。请另存为 CSV 后发送。
payout-fault-encoding = 无法识别文字编码。请另存为 UTF-8 编码的 CSV。
payout-fault-empty = 文件是空的。需要表头和至少一行。
payout-fault-no-rebate = 没有返佣列。请把其中一列命名为 “Rebate”；表头是：<code>{ $found }</code>
payout-fault-two-columns = 有两列含义相同：<code>{ $found }</code>。请改名或删除其一。
payout-fault-cells = 第 { $line } 行的单元格数与表头不同：<code>{ $found }</code>
payout-fault-value = 第 { $line } 行有一个值既非数字也非时间：<code>{ $found }</code>
payout-fault-delimiter = 单元格有两种分隔方式：<code>{ $found }</code>。请只用一种分隔符保存。
payout-fault-decimal-sign = 第 { $line } 行有两种读法：<code>{ $found }</code>。文件里没有别的内容能说明小数用哪个符号。请附上实际到账金额重新发送：<code>/payout 2026-10 1234.56</code>，或去掉千位分隔符。
payout-fault-id = 第 { $line } 行的编号被电子表格变成了数字，或者不是编号：<code>{ $found }</code>。请使用交易所原本的文件。
payout-fault-rounded-ids = 电子表格把编号截成了 15 位（第 { $line } 行：<code>{ $found }</code>）。请使用交易所原本的文件。
payout-fault-total = 第 { $line } 行应为以上各行的合计，但并不相等：<code>{ $found }</code>。缺了一行，或多了一行。
payout-fault-maybe-total = 第 { $line } 行（<code>{ $found }</code>）等于其他各行之和：是一行还是合计？请附上实际到账金额重新发送：<code>/payout 2026-10 1234.56</code>
payout-fault-negative = 各行合计为负：<code>{ $found }</code>。请附上实际到账金额重新发送：<code>/payout 2026-10 1234.56</code>
