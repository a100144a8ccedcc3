"""A market's order book kept by increments chained onto a snapshot. Pure: it knows ids and levels, no clock.

It is whole only while no update id is missing; what comes too early waits for what is missing, what comes
twice changes nothing. Source of the rules: Backpack OpenAPI, Streams, Depth.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final, Protocol

from bot.domain.markets.market import Book

Level = tuple[Decimal, Decimal]
MAX_PENDING: Final = 2_000  # updates waiting for a missing one; beyond that a snapshot has to tell


class Update(Protocol):
    """Absolute quantities per level with the update ids they cover."""

    @property
    def bids(self) -> Sequence[Level]: ...
    @property
    def asks(self) -> Sequence[Level]: ...
    @property
    def first_id(self) -> int: ...
    @property
    def last_id(self) -> int: ...


class _Side:
    """Levels by price, with the prices in order."""

    def __init__(self) -> None:
        self._prices: list[Decimal] = []
        self._quantities: dict[Decimal, Decimal] = {}
        self._worst: Decimal | None = None  # of a cut-off snapshot: beyond it levels are unknown

    def load(self, levels: Sequence[Level], is_cut: bool) -> None:
        self._quantities = dict(levels)
        self._prices = sorted(self._quantities)
        self._worst = levels[-1][0] if is_cut else None

    def apply(self, levels: Iterable[Level]) -> None:
        quantities, prices = self._quantities, self._prices
        for price, quantity in levels:
            if quantity:
                if price not in quantities:
                    insort(prices, price)
                quantities[price] = quantity
            elif quantities.pop(price, None) is not None:
                del prices[bisect_left(prices, price)]

    def bids(self, limit: int) -> list[Level]:
        """Highest first."""
        known = self._prices
        if self._worst is not None:
            known = known[bisect_left(known, self._worst) :]
        return [(price, self._quantities[price]) for price in reversed(known[-limit:])]

    def asks(self, limit: int) -> list[Level]:
        """Lowest first."""
        known = self._prices[:limit]
        return [(p, self._quantities[p]) for p in known if self._worst is None or p <= self._worst]

    @property
    def is_cut(self) -> bool:
        return self._worst is not None


class BookSequence:
    """One book. `load` a snapshot, `apply` every update; ask `is_whole` before believing `book`."""

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self.last_id: int | None = None
        self._bids, self._asks = _Side(), _Side()
        self._pending: list[Update] = []

    @property
    def is_whole(self) -> bool:
        """Whether the book is exactly the exchange's as of `last_id`."""
        return self.last_id is not None and not self._pending

    def forget(self) -> None:
        """Doubt everything known: only a new snapshot helps."""
        self.last_id = None
        self._pending.clear()

    def load(self, snapshot: Book, last_id: int, limit: int) -> None:
        """Start from a snapshot of up to `limit` levels a side, then add what waited for it."""
        self._bids.load(snapshot.bids, len(snapshot.bids) >= limit)
        self._asks.load(snapshot.asks, len(snapshot.asks) >= limit)
        self.last_id = last_id
        self._catch_up()

    def apply(self, update: Update) -> bool:
        """Take an update into account; False when it said nothing new."""
        if self.last_id is not None and update.last_id <= self.last_id:
            return False
        if not self._pending and self.last_id is not None and update.first_id <= self.last_id + 1:
            self._take(update)
            return True
        if len(self._pending) >= MAX_PENDING:
            self.forget()
        self._pending.append(update)
        if self.last_id is not None:
            self._catch_up()
        return True

    def book(self, levels: int) -> Book:
        """The best `levels` of each side; fewer where the snapshot did not reach further."""
        return Book(self.symbol, self._bids.bids(levels), self._asks.asks(levels))

    def is_thin(self, levels: int) -> bool:
        """Whether the market ran so far from its cut-off snapshot that fewer than `levels` are known."""
        return (self._bids.is_cut and len(self._bids.bids(levels)) < levels) or (
            self._asks.is_cut and len(self._asks.asks(levels)) < levels
        )

    def _take(self, update: Update) -> None:
        self._bids.apply(update.bids)
        self._asks.apply(update.asks)
        self.last_id = update.last_id

    def _catch_up(self) -> None:
        """Add the updates that have waited, as far as they follow on each other."""
        self._pending.sort(key=_first_id)
        waiting = 0
        for update in self._pending:
            if self.last_id is None or update.first_id > self.last_id + 1:
                break
            if update.last_id > self.last_id:
                self._take(update)
            waiting += 1
        del self._pending[:waiting]


def _first_id(update: Update) -> int:
    return update.first_id
