### Acts that were not carried out.

unread = Not read, and nothing in them done: { $n } of the messages here. Too many came at once.
    Wait for the answers, then send again what still matters. /panic and buttons go first.
late-tap = You tapped “{ $button }” up to { $age } ago, while I could not hear you, so nothing was done.
    Tap it again if you still want it.
late-tap-unknown = You tapped “{ $button }” while I could not hear you, so nothing was done.
    Tap it again if you still want it.
