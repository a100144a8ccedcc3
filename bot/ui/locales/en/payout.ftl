### What the exchange paid, for operators.

payout-title = <b>Payout of { $month }</b>
payout-expected = Expected at { $tier }: <b>{ $amount }</b>
payout-paid = Paid: <b>{ $amount }</b>
payout-equal = ✅ Paid to the cent.
payout-balanced = The total is as expected, but what follows cancels out in it:
payout-parts = Paid in parts: { $parts }
payout-difference = Difference: <b>{ $amount }</b>
payout-cause = <b>{ $amount }</b> · { $words }
payout-candidate = { $row } <i>(it alone explains the difference; only the exchange's file proves it)</i>
payout-orders = { "    " }{ $count ->
        [one] 1 order: { $some }
       *[other] { $count } orders: { $some }
    }
payout-file-lines = { "    " }{ $count ->
        [one] line { $some } of the file
       *[other] { $count } lines of the file: { $some }
    }
payout-lines = { $count ->
        [one] Compared with 1 line of the exchange's file.
       *[other] Compared with { $count } lines of the exchange's file.
    }
payout-total-only = Only totals were compared. The exchange's file, sent with <code>/payout</code> and the month as its caption, tells more.
payout-corrects = A correction: it takes the place of what was recorded before; the earlier entries are taken back by new ones.

payout-draft = <b>Payout of { $month }: { $amount }</b>. Nothing is recorded yet.
payout-read = Read from the file: { $count ->
        [one] 1 line of { $sum }.
       *[other] { $count } lines that add up to { $sum }.
    } Cells are parted by <code>{ $delimiter }</code>, decimals by <code>{ $sign }</code>.
payout-tab = tab
payout-read-totals = { $count ->
        [one] Line { $some } adds up the others and was left out.
       *[other] Lines { $some } add up others and were left out.
    }
payout-read-other = That is not the amount you gave: { $amount } is what will be recorded as paid.
payout-standing = Recorded for { $month } already: <b>{ $amounts }</b>.
payout-known = ⚠️ The same lines are recorded already.
payout-say-how = Say what this is: --part, one more part of the month, or --correct, in place of what is recorded. Nothing was recorded.
payout-confirm = Nothing was recorded: look at how it was read, and add --yes.
payout-dropped = Nothing was recorded.
button-payout-first = ✅ Record
button-payout-part = ➕ One more part
button-payout-correction = ✏️ Replace what is recorded
button-payout-drop = Cancel
payout-usage = What did the exchange pay? <code>/payout 2026-10 1234.56</code>
    Or send its CSV file here with the caption <code>/payout 2026-10</code>, and the amount if it differs from the file's sum. <code>/payout 2026-10</code> alone shows what is recorded.
payout-not-over = { $month } is not over: it is paid on the first of the next month (UTC).
payout-none = No payout of { $month } is recorded. <code>/payout { $month } 1234.56</code> does it.

payout-cause-untagged = orders whose tag the exchange sees otherwise than we do
payout-cause-exits = take-profits and stops, counted otherwise than expected (BROKER_EXITS_TAGGED)
payout-cause-affiliate = a user's affiliate rebate is another than the ledger knows
payout-cause-tier = paid by another tier
payout-cause-late = of the month's last hours, paid with another month
payout-cause-rounding = rounding, below a cent in each line
payout-cause-fee-price = the fee is worth something else in USD to the exchange
payout-cause-maker-rebate = maker rebates were taken off
payout-cause-twice = lines paid twice
payout-cause-not-ours = orders that are not ours
payout-cause-missing = fills of our orders that the ledger lacks
payout-cause-unexplained = <b>unexplained</b>

payout-unreadable = <b>This file cannot be read.</b> Nothing was recorded.
payout-not-handed-over = Telegram did not hand over the file. Send it again.
payout-fault-too-big = It is over 16 MB. Add the lines of one order up, or record the total only.
payout-fault-too-long = It has more than 250,000 lines. Add the lines of one order up, or record the total only.
payout-fault-spreadsheet = It is a spreadsheet. Save it as CSV and send that.
payout-fault-encoding = Its letters are in no encoding I know. Save it as CSV in UTF-8.
payout-fault-empty = There is nothing in it. It needs a header and at least one line.
payout-fault-no-rebate = No column holds the rebate. Name one of them “Rebate”; the header is: <code>{ $found }</code>
payout-fault-no-money = The column “{ $found }” of a list of trades may be their quantity or fee. Name the one with the rebate “Rebate”.
payout-fault-asset = Line { $line } is paid in { $found }, not in dollars. Only USD and USDC can be added up.
payout-fault-two-columns = Two columns mean the same: <code>{ $found }</code>. Rename or remove one.
payout-fault-cells = Line { $line } has more or fewer cells than the header: <code>{ $found }</code>
payout-fault-value = Line { $line } has a value that is no number or time: <code>{ $found }</code>
payout-fault-delimiter = Its cells can be parted in two ways: <code>{ $found }</code>. Save it with one delimiter.
payout-fault-decimal-sign = Line { $line } can be read in two ways: <code>{ $found }</code>. Nothing else in the file says which sign parts the decimals. Send it again with the amount that arrived: <code>/payout 2026-10 1234.56</code>, or write amounts without thousands.
payout-fault-id = Line { $line } has an id that a spreadsheet made a number of, or that is none: <code>{ $found }</code>. Take the file as the exchange gave it.
payout-fault-rounded-ids = A spreadsheet has cut the ids to 15 digits (line { $line }: <code>{ $found }</code>). Take the file as the exchange gave it.
payout-fault-total = Line { $line } should add up the lines above, and does not: <code>{ $found }</code>. A line is missing, or one is there that does not belong.
payout-fault-maybe-total = Line { $line } (<code>{ $found }</code>) equals the sum of the others: a line or a total? Send the file again with the amount that arrived: <code>/payout 2026-10 1234.56</code>
payout-fault-negative = Its lines add up to less than nothing: <code>{ $found }</code>. Send it again with the amount that arrived: <code>/payout 2026-10 1234.56</code>
