"""When a value of the feed is believed, in one place: how old it may be, and what is done about silence.

A **book** is believed while the socket was heard within `heard_s` (one market, the heartbeat, speaks every
second) and is not behind by more, no update id is missing, and its last update or audit is younger than
`believed_s`. A **mark price** is believed for `mark_s`, an **open interest** for `interest_s`. All ages are
by the monotonic clock, and what was held up on its way is older by that (`latency`): no clock that jumps
makes anything look fresh.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Staleness:
    """Seconds."""

    heard_s: float = 5.0  # no data for so long: the socket is not believed, and given up
    longest_s: float = 60.0  # `heard_s` doubles up to this with sockets that connect and say nothing
    mark_s: float = 3.0  # three of the exchange's intervals; then REST is asked instead
    ticker_s: float = 5.0  # the exchange tells it every second
    interest_s: float = 150.0  # the exchange tells it every 60 s
    interest_ask_s: float = 10.0  # but whoever waits for it waits no longer than this: REST is asked
    trade_s: float = 6.0  # no trade for so long: REST is asked whether there was one
    top_s: float = 6.0  # the same of the best prices
    candles_s: float = 3.0  # between two questions for candles that are overdue: REST answers few a minute
    renew_s: float = 30.0  # between two tries to wake a stream that is silent alone
    audit_s: float = 5.0  # a book quiet for so long is compared with the exchange's
    believed_s: float = 10.0  # neither update nor audit for so long
    baseline_s: float = 10.0  # the quickest event of so long tells how late the others are
    listings_s: float = 60.0  # between two readings of the markets
    watch_s: float = 0.5  # between two looks at all of this
