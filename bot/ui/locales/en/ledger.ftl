### The broker's ledger: what operators hear of it, and who referred a user.

ledger-alarm = ⚠️ <b>The ledger and the exchange do not agree</b>
ledger-alarm-next = <code>rucksack broker check</code> compares a whole month and shows everything.
ledger-more = … and { $count } more
ledger-example = · { $what }
ledger-found-missing = Account { $account }, { $day }: { $count ->
        [one] 1 fill was
       *[other] { $count } fills were
    } missing here and added from the history.
ledger-found-unknown-to-exchange = Account { $account }, { $day }: the exchange does not know { $count ->
        [one] 1 fill
       *[other] { $count } fills
    } we have.
ledger-found-different = Account { $account }, { $day }: { $count ->
        [one] 1 fill differs
       *[other] { $count } fills differ
    } (the exchange ≠ here).
ledger-found-unreachable = Account { $account }, { $day }: the exchange gave no history; nothing was compared.
ledger-found-untagged = { $day }: { $count ->
        [one] 1 order was
       *[other] { $count } orders were
    } sent without your broker's tag. That is a defect of this bot: please report it.
ledger-found-tag-difference = { $day }: of { $count ->
        [one] 1 tagged order
       *[other] { $count } tagged orders
    } the ledger counts another volume than was executed (executed ≠ booked).
ledger-found-other = Account { $account }, { $day }: { $kind }

referral-question = <b>Did somebody refer you to Backpack?</b>
    A referrer who gets a part of your fees leaves less for this bot's operator. Your own fees do not change.
referral-how = Send the part of your fees that goes to your referrer, such as <code>/referral 15%</code>.
referral-said-none = Your answer: nobody.
referral-said-rate = Your answer: yes, { $rate } of the fees.
referral-said-unknown = Your answer: not known.
referral-by-operator = The operator has set what goes to your referrer. Ask them if it is wrong.
button-referral-none = Nobody
button-referral-standard = Yes, { $rate }
button-referral-other = Yes, another part
button-referral-unknown = I do not know
button-referral = Referrer

affiliate-usage = Whose, and how much of their fees? <code>/affiliate 123456789 10%</code>, <code>/affiliate 123456789 none</code>, <code>/affiliate 123456789 unknown</code>; with a month it holds from then on: <code>/affiliate 123456789 10% 2026-10</code>.
affiliate-unknown-user = Nobody with the id <code>{ $id }</code> is known here.
affiliate-set = ✅ Referrer of <code>{ $id }</code>, as it stands now:
affiliate-range = ▸ { $rate }, { $first } to { $last }
affiliate-range-open = ▸ { $rate } from { $first } on
affiliate-too-much = Nobody gets more than { $most } of the fees: that is all the exchange gives away. Nothing was changed.
affiliate-revised = Bookings revised: { $count }
affiliate-rate-unknown = not known
