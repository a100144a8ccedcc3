### What the bot says by itself at set times, and the page that manages it.

post-movers-title = <b>Movers, 24 h</b>
post-extremes-title = <b>Funding extremes</b>
post-funding-title = <b>Funding settles at { $time }</b>, in { $left }
post-funding-passed = <b>Funding settled at { $time }</b>
post-digest-title = <b>The day</b> · { $time }
post-mover = { $mark } { $base } ${ $price } { $change }
post-rate = { $base } { $rate }: { $side ->
    [long] longs pay
   *[short] shorts pay
  }
post-nothing = Nothing stands out.
post-more = … and { $n } more
post-gathered = <b>Gathered for this digest</b>
post-gathered-line = · { $words }
post-unsaid = Not said since the last digest because it is off here: { $n }
post-late = ⏱ Late by { $late }.
post-missed = Missed while I was away: { $n }

schedule-title = <b>Scheduled posts</b>
schedule-title-topic = <b>Scheduled posts of this chat</b>
schedule-none = None yet. Add one below, or write for example:
schedule-example = <code>/schedule funding 10m before</code>
    <code>/schedule movers daily 08:00 Asia/Shanghai silent</code>
    <code>/schedule extremes every 4h</code>
    <code>/schedule digest 20:00</code>
schedule-line = <b>#{ $id } { $kind }</b> { $when }{ $state }
schedule-next = next: { $time }
schedule-elsewhere = in another topic
schedule-paused = ⏸ paused
schedule-silent = 🔕 silent
schedule-off = 🚫 off
schedule-saved = ✅ Saved.
schedule-deleted = 🗑 #{ $id } is deleted.
schedule-fault = I cannot read “{ $word }” here.
schedule-incomplete = Say what and when.
schedule-unknown = There is no post #{ $id } here.
schedule-no-market = There is no perpetual { $word }.
schedule-full = { $n } posts are the most one chat can have.
schedule-edit = <b>#{ $id } { $kind }</b>
    { $when }. Or write <code>/schedule { $id } 21:00 silent</code>
schedule-ask-kind = <b>{ $kind }</b>: when?

kind-post-funding = Funding table
kind-post-movers = Movers
kind-post-extremes = Funding extremes
kind-post-digest = Daily digest
when-daily = daily at { $time } ({ $zone })
when-days = { $days } at { $time } ({ $zone })
when-every = every { $span }
when-settlement = { $lead } before each settlement
when-settlement-of = { $lead } before each settlement of { $symbol }
weekday-0 = Mon
weekday-1 = Tue
weekday-2 = Wed
weekday-3 = Thu
weekday-4 = Fri
weekday-5 = Sat
weekday-6 = Sun

button-post-add = ＋ { $kind }
button-post-edit = #{ $id } { $kind }
button-post-pause = ⏸ Pause
button-post-resume = ▶ Resume
button-post-delete = 🗑 Delete
button-post-silent = 🔕 Silent
button-post-on = 🔔 Loud
command-schedule = Regular posts: funding, movers, digest
menu-schedule = Scheduled posts
