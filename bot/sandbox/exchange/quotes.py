"""The synthetic market maker: fresh quotes on both sides of a price at every tick.

It is the counterparty of last resort, so that a lone user finds liquidity and a plausible book to walk.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal

from bot.sandbox.exchange.book import MAKER, Book, Resting
from bot.sandbox.exchange.markets import Spec
from bot.sandbox.values import ZERO, Side, ceil_to, floor_to

LEVELS = 24
_HALF_SPREAD = Decimal("0.00003")
_OFFSETS = tuple(i * Decimal("0.00002") + i * i * Decimal("0.000012") for i in range(LEVELS))
_GROWTH = tuple(1 + Decimal(i) * Decimal("0.35") for i in range(LEVELS))


class QuoteMaker:
    """Quotes one market from its own seeded source of sizes."""

    def __init__(self, spec: Spec, seed: int) -> None:
        self._spec = spec
        self._rng = random.Random(f"{seed}:quotes:{spec.symbol}")
        self._sequence = 0
        self._drawn_for: Decimal | None = None
        self._jitter: dict[Side, list[Decimal]] = {}

    def follow(self, spec: Spec) -> None:
        """Quote by other rules of the same market."""
        self._spec = spec

    def touch(self, mid: Decimal) -> tuple[Decimal, Decimal]:
        """Best bid and ask the maker would quote around `mid`."""
        tick = self._spec.tick
        bid = max(floor_to(mid * (1 - _HALF_SPREAD), tick), tick)
        return bid, max(ceil_to(mid * (1 + _HALF_SPREAD), tick), bid + tick)

    def refresh(self, book: Book, mid: Decimal) -> None:
        """Withdraw the old quotes and place new ones; users' orders crossed by them must be gone already."""
        if mid != self._drawn_for:  # a still market is refilled to the very same sizes
            self._drawn_for = mid
            self._jitter = {side: [self._draw() for _ in range(LEVELS)] for side in Side}
        book.withdraw_quotes()
        bid, ask = self.touch(mid)
        for side, touch in ((Side.BUY, bid), (Side.SELL, ask)):
            for price, quantity in self._ladder(side, touch):
                self._sequence += 1
                book.quote(Resting(f"m{self._sequence}", MAKER, side, price, quantity))

    def _ladder(self, side: Side, touch: Decimal) -> Iterator[tuple[Decimal, Decimal]]:
        spec, last = self._spec, ZERO
        for offset, growth, jitter in zip(_OFFSETS, _GROWTH, self._jitter[side], strict=True):
            raw = touch * (1 - offset if side is Side.BUY else 1 + offset)
            price = floor_to(raw, spec.tick) if side is Side.BUY else ceil_to(raw, spec.tick)
            if price == last or price < spec.min_price:
                continue
            last = price
            quantity = floor_to(spec.depth * growth * jitter / price, spec.step)
            yield price, max(quantity, spec.min_quantity)

    def _draw(self) -> Decimal:
        return Decimal(self._rng.randint(60, 140)) / 100

    def print_at(self, mid: Decimal) -> tuple[Side, Decimal, Decimal]:
        """A trade between strangers at the touch: taker side, price, base quantity."""
        bid, ask = self.touch(mid)
        side = self._rng.choice((Side.BUY, Side.SELL))
        price = ask if side is Side.BUY else bid
        value = self._spec.depth * Decimal(self._rng.randint(1, 40)) / 200
        return side, price, max(floor_to(value / price, self._spec.step), self._spec.min_quantity)
