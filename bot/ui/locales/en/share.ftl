### Promised shares of the rebate, for operators.

share-title = <b>Shares of the rebate</b>, as they were promised; the last word of a party for a month holds
share-none = <b>No share of the rebate is promised.</b>
share-row = <code>{ $party }</code> { $name } · <b>{ $rate }</b> from { $month }
share-row-ended = <code>{ $party }</code> { $name } · ends with { $month }
share-usage = <code>/share @here 20%</code> in a group, or <code>/share ID 20% from 2026-11 to 2027-03</code> with the id of a group or a user. <code>/share ID 0%</code> ends it.
    The share is of the rebate earned by the group's or the user's own orders.
share-promised = ✅ <code>{ $party }</code> gets <b>{ $rate }</b> of the rebate of its orders from { $month } on. A statement follows each month.
share-promised-until = ✅ <code>{ $party }</code> gets <b>{ $rate }</b> of the rebate of its orders from { $month } to the end of { $end }. A statement follows each month.
share-ended = ✅ <code>{ $party }</code> gets no share from { $month } on. What was promised before stays.
share-too-much = Together with what is promised to others, one order could owe more than its whole rebate. At most <b>{ $most }</b> fits; lower the other promise first (<code>/share</code> lists them).
share-over = { $month } is over: its statements stand. Promise from this month on.
share-unknown = I do not know <code>{ $party }</code>. A user must have sent me /start; for a group, write <code>/share @here 20%</code> there.
share-not-a-group = This is no group. Write it in the group, or give the group's or the user's id.
