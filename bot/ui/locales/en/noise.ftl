### How loud a chat is.

noise-title = <b>How loud is what?</b>
noise-title-topic = <b>How loud is what in this topic?</b>
noise-line = { $mark } { $event }: { $volume }
noise-quiet = Quiet hours: { $from }–{ $to } ({ $zone }); what is on comes without a sound
noise-quiet-off = Quiet hours: off
noise-gathered = Waiting for the digest: { $n }
noise-urgent = Liquidations, missing exits and key trouble can be silent here, never off.
noise-saved = ✅ Saved: { $event }.
noise-question = <b>{ $event }</b>: how loud?
noise-digest-hint = “In the digest” gathers them for the daily digest of this chat.
noise-admins-only = Only admins of this group can change this.
noise-quiet-title = <b>Quiet hours of this group</b>
noise-zone-title = <b>Time zone of this group</b>
noise-language-title = <b>Language of posts in this group</b>

volume-on = on
volume-silent = silent
volume-digest = in the digest
volume-off = off

event-fill = Fills
event-order = Order changes
event-exit = Stops and targets
event-liquidation = Liquidations
event-exit-missing = Missing exits
event-key = Key trouble
event-alert = Alerts
event-funding = Funding posts
event-market = Market posts
event-digest = Digests
event-operator = Operator notices

chat-lost = ⚠️ { $kind ->
    [group] The group { $place } can no longer be reached.
   *[person] A person ({ $place }) can no longer be reached.
  }
    Telegram says: { $reason }. Nothing more is sent to <code>{ $id }</code> until somebody writes there.
button-setting-noise = 🔔 Notifications
command-noise = How loud is what, here
menu-noise = Notifications
