### Statements of a closed month.

statement-title = <b>Statement no. { $number }</b> · { $month } · { $party }
statement-operator = operator
statement-corrects = It corrects the one before, which stays on record.
statement-volume = { $fills ->
        [one] Volume { $volume } in 1 fill, fees { $fees }
       *[other] Volume { $volume } in { $fills } fills, fees { $fees }
    }
statement-rebate = Rebate at { $tier }: { $rebate }
statement-share = Your share, { $rate }: <b>{ $amount }</b>
statement-kept = After all shares: <b>{ $amount }</b>
statement-line = { $who } · volume { $volume } · fees { $fees } · <b>{ $amount }</b>
statement-line-party = { $who }: { $amount }
statement-named = { $who } (id <code>{ $id }</code>)
statement-more = … and { $count } more
statement-signed = Signed; its hash begins <code>{ $hash }</code>. The operator has the file that proves it.
statement-no-owner = <b>Statement no. { $number }</b> of { $month } for <code>{ $party }</code> reached nobody: I do not see an owner I may write to.
    Hand it on: <code>rucksack broker statement { $month } --for { $party }</code>
