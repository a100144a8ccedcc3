"""One market's order book: price-time priority, users' orders and the synthetic maker's quotes in one queue.

Pure: it knows quantities and owners, nothing of money, fees or time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from sortedcontainers import SortedDict

from bot.sandbox.values import ZERO, Side

MAKER: Final = 0  # account id of the synthetic maker


@dataclass(slots=True, eq=False)
class Resting:
    """A place in the queue. `order_id` of the maker's quotes is a bare sequence number."""

    order_id: str
    account_id: int
    side: Side
    price: Decimal
    quantity: Decimal


@dataclass(slots=True)
class Level:
    queue: deque[Resting] = field(default_factory=deque)
    total: Decimal = ZERO


Change = tuple[Side, Decimal, Decimal]  # side, price, quantity now at that price


class Book:
    """Two sides of levels; `drain()` tells which levels changed since it was last asked."""

    def __init__(self) -> None:
        self._sides: dict[Side, SortedDict] = {Side.BUY: SortedDict(), Side.SELL: SortedDict()}
        self._places: dict[str, Resting] = {}
        self._quotes: dict[tuple[Side, Decimal], Resting] = {}
        self._published: dict[tuple[Side, Decimal], Decimal] = {}
        self._touched: dict[tuple[Side, Decimal], None] = {}

    def best(self, side: Side) -> Decimal | None:
        """Best price of a side: highest bid, lowest ask."""
        levels = self._sides[side]
        if not levels:
            return None
        price: Decimal = levels.peekitem(-1 if side is Side.BUY else 0)[0]
        return price

    def quantity_at(self, side: Side, price: Decimal) -> Decimal:
        level = self._sides[side].get(price)
        return ZERO if level is None else level.total

    def levels(self, side: Side, limit: int | None = None) -> list[tuple[Decimal, Decimal]]:
        """`(price, quantity)` best first."""
        keys = self._sides[side].keys()
        ordered = reversed(keys) if side is Side.BUY else iter(keys)
        picked = [price for price, _ in zip(ordered, range(limit or len(keys)), strict=False)]
        return [(price, self._sides[side][price].total) for price in picked]

    def queue(self, side: Side) -> Iterator[Resting]:
        """Everything resting on a side in the order it would be matched. Do not change the book meanwhile."""
        levels = self._sides[side]
        for price in reversed(levels) if side is Side.BUY else iter(levels):
            yield from levels[price].queue

    def add(self, resting: Resting) -> None:
        level = self._sides[resting.side].setdefault(resting.price, Level())
        level.queue.append(resting)
        level.total += resting.quantity
        self._places[resting.order_id] = resting
        self._touch(resting)

    def reduce(self, resting: Resting, quantity: Decimal) -> None:
        """Take `quantity` off a place; an emptied place leaves the queue, keeping the others' order."""
        level = self._sides[resting.side][resting.price]
        resting.quantity -= quantity
        level.total -= quantity
        if resting.quantity <= ZERO:
            level.queue.remove(resting)
            del self._places[resting.order_id]
            if resting.account_id == MAKER:
                self._quotes.pop((resting.side, resting.price), None)
        if not level.queue:
            del self._sides[resting.side][resting.price]
        self._touch(resting)

    def remove(self, order_id: str) -> None:
        resting = self._places.get(order_id)
        if resting is not None:
            self.reduce(resting, resting.quantity)

    def place_of(self, order_id: str) -> Resting | None:
        return self._places.get(order_id)

    def best_user_order(self, side: Side) -> Resting | None:
        """First place of a side that belongs to an account rather than to the maker."""
        return next((place for place in self.queue(side) if place.account_id != MAKER), None)

    def withdraw_quotes(self) -> None:
        for quote in list(self._quotes.values()):
            self.remove(quote.order_id)

    def quote(self, resting: Resting) -> None:
        """Place one of the maker's quotes."""
        self.add(resting)
        self._quotes[resting.side, resting.price] = resting

    def drain(self) -> list[Change]:
        """Levels whose quantity differs from what the last drain told, then forgotten."""
        changes: list[Change] = []
        for side, price in self._touched:
            now = self.quantity_at(side, price)
            if self._published.get((side, price), ZERO) == now:
                continue
            changes.append((side, price, now))
            if now:
                self._published[side, price] = now
            else:
                self._published.pop((side, price), None)
        self._touched.clear()
        return changes

    def _touch(self, resting: Resting) -> None:
        self._touched[resting.side, resting.price] = None
