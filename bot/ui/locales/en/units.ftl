### Units, times and the words every card shares.

unit-bps = { $value } bps
rate-per = { $rate } per { $interval } ({ $apr } a year)
time-pattern = d MMM, HH:mm:ss
clock-pattern = HH:mm
duration-days = { $n } d
duration-hours = { $n } h
duration-minutes = { $n } min
duration-seconds = { $n } s

language-name = English
page-of = Page { $page } of { $pages }

action-long = Long
action-short = Short
action-buy = Buy
action-sell = Sell
action-exit = { $kind ->
    [tp] Take profit: { $side }
   *[sl] Stop loss: { $side }
 }
action-close-long = Close long
action-close-short = Close short
action-reduce-long = Reduce long
action-reduce-short = Reduce short

kind-market = Market
kind-limit = Limit { $price }
kind-stop-market = Trigger { $trigger }, then market
kind-stop-limit = Trigger { $trigger }, then limit { $price }
flag-post-only = post-only
flag-reduce-only = reduce-only

button-confirm = ✅ { $action } { $size } { $symbol }
button-cancel = Cancel
button-back = ‹ Back
button-previous = ‹ Previous
button-next = Next ›
button-refresh = Refresh
button-again = Preview again
button-use-mend = ▸ { $line }
