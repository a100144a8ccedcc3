### What the exchange paid, for operators.

payout-title = <b>Payout of { $month }</b>
payout-expected = Expected at { $tier }: <b>{ $amount }</b>
payout-paid = Paid: <b>{ $amount }</b>
payout-equal = ✅ Paid to the cent.
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
payout-corrects = This takes the place of what was recorded before; the earlier entries are taken back by new ones.
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
payout-fault-two-columns = Two columns mean the same: <code>{ $found }</code>. Rename or remove one.
payout-fault-cells = Line { $line } has more or fewer cells than the header: <code>{ $found }</code>
payout-fault-value = Line { $line } has a value that is no number or time: <code>{ $found }</code>
