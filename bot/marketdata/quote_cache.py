"""The newest of everything by market, and the doorkeeper that lets nothing old pass for new."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from bot.domain.markets.market_events import BookTop, LastPrice, MarkUpdate, OpenInterest, Quote

# Older than the newest by less than this: it came out of order. By more: the exchange's clock was set back.
REORDERED_US: Final = 3_000_000


@dataclass(slots=True)
class Pulse:
    """A stream that speaks by the clock: when it was last heard, or else since when it is wanted."""

    at: float = 0.0  # monotonic seconds
    ms: int = 0  # the same in the exchange's unix ms
    is_wanted: bool = False
    has_spoken: bool = False  # since it is wanted
    age: float = 0.0  # seconds that what it said had been on its way

    def want(self, at: float, ms: int) -> None:
        self.at, self.ms, self.is_wanted, self.has_spoken = at, ms, True, False

    def drop(self) -> None:
        self.is_wanted = self.has_spoken = False

    def hear(self, at: float, ms: int, age: float, patience: float) -> int | None:
        """It spoke; since when it should have, if it was silent for longer than `patience` seconds."""
        since = self.ms if self.is_wanted and at - self.at > patience else None
        self.at, self.ms, self.age, self.has_spoken = at, ms, age, self.is_wanted
        return since

    def is_fresh(self, now: float, patience: float) -> bool:
        """Whether what it last said is younger than `patience` seconds."""
        return self.has_spoken and now - self.at + self.age <= patience

    def is_silent(self, now: float, patience: float) -> bool:
        return self.is_wanted and now - self.at > patience


@dataclass(slots=True)
class QuoteCache:
    """Of one market."""

    symbol: str
    price: LastPrice | None = None
    marking: MarkUpdate | None = None
    mark_pulse: Pulse = field(default_factory=Pulse)
    top: BookTop | None = None
    top_id: int | None = None
    interest: OpenInterest | None = None
    interest_pulse: Pulse = field(default_factory=Pulse)
    ticker_us: int = 0
    ticker_pulse: Pulse = field(default_factory=Pulse)

    def take_mark(self, update: MarkUpdate) -> bool:
        """Whether it was news."""
        if self.marking is not None and is_late(update.event_us, self.marking.event_us):
            return False
        self.marking = update
        return True

    def take_top(self, top: BookTop, update_id: int) -> bool:
        """Whether it was news. Update ids count up for the life of a connection."""
        if self.top_id is not None and update_id <= self.top_id:
            return False
        self.top, self.top_id = top, update_id
        return True

    def take_interest(self, interest: OpenInterest) -> bool:
        """Whether it was news."""
        if self.interest is not None and is_late(interest.event_us, self.interest.event_us):
            return False
        self.interest = interest
        return True

    def take_ticker(self, event_us: int) -> bool:
        """Whether it was news."""
        if is_late(event_us, self.ticker_us):
            return False
        self.ticker_us = event_us
        return True

    def take_price(self, price: LastPrice) -> bool:
        """Whether the last price is another one now; its age is renewed all the same."""
        before, self.price = self.price, price
        return before is None or before.price != price.price

    def quote(self) -> Quote:
        return Quote(self.symbol, self.price, self.marking, self.top, self.interest)


def is_late(event_us: int, newest_us: int) -> bool:
    """Whether an event is out of order or a repetition; events without a time never are."""
    return bool(event_us) and newest_us - REORDERED_US < event_us <= newest_us
