### Being let in by the operator.

access-waiting = <b>The operator must let you in first.</b>
    I have told them, once; you will hear from me here. Nothing of yours is stored but your Telegram id.
access-first = The operator of this bot must let you in first. Send /start in our private chat to ask.
access-denied = The operator of this bot has not let you in.
access-let-in = ✅ <b>The operator has let you in.</b> /start shows the way.
access-let-out = <b>The operator does not let you in.</b>
    If you have orders or positions, you can still cancel and close them here: /orders, /positions, /panic. /forget destroys your keys.
access-plans-ended = { $count ->
    [one] 1 alert of yours ended, for its trade could have opened a position.
   *[other] { $count } alerts of yours ended, for their trades could have opened positions.
}

access-request = <b>Somebody asks to be let in</b>
    Id <code>{ $id }</code> · calls themselves { $name }
    Check who it is by another way: names can be chosen freely.
access-crowd = <b>More people ask to be let in</b> than I tell one by one in an hour. /users lists them.
access-approved = ✅ <code>{ $id }</code> is let in. /deny takes it back.
access-refused = <code>{ $id }</code> is not let in; closing and cancelling stay possible. /approve changes it.
access-is-operator = <code>{ $id }</code> is an operator, and operators are always let in (ADMIN_USER_IDS).
access-which-id = Whose? Give the numeric Telegram id: <code>/approve 123456789</code>, <code>/deny 123456789</code>. /users lists everybody.
access-state-new = has not asked
access-state-asked = waiting
access-state-approved = let in
access-state-denied = denied
access-state-operator = operator
people-title = <b>People: { $count }</b>
people-row = <code>{ $id }</code> · { $state }
button-approve = ✅ Approve
button-deny = Deny
button-approve-id = ✅ Approve { $id }
button-deny-id = Deny { $id }
button-people = People
