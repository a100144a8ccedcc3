"""Seeded random walks: where the market would be if nobody traded.

One walk per asset moves its spot and its perpetual market together; the same seed always gives the same path.
"""

from __future__ import annotations

import random
from decimal import Decimal

from bot.sandbox.values import ONE, ZERO

_GRAIN = Decimal("0.0000000001")
_PULL = Decimal("0.00002")  # back to the anchor per tick, so that a demo left alone stays near its base price
_LONGEST_CATCH_UP = 5_000  # ticks walked one by one after a pause; the rest of the pause passes unseen


class PricePath:
    """A mean-reverting walk around `anchor`, which the admin may move or pin."""

    def __init__(self, name: str, anchor: Decimal, volatility: Decimal, seed: int) -> None:
        self.value = anchor
        self.anchor = anchor
        self.pinned = False
        self.premium = ZERO  # of the perpetual over the index, as a fraction
        self._volatility = volatility
        self._rng = random.Random(f"{seed}:{name}")

    def advance(self, ticks: int) -> None:
        """Walk `ticks` steps; a pinned path stays."""
        if self.pinned or not self._volatility:
            return
        for _ in range(min(ticks, _LONGEST_CATCH_UP)):
            noise = Decimal(self._rng.randint(-1000, 1000)) / 1000 * self._volatility
            pull = (self.anchor - self.value) / self.anchor * _PULL
            self.value = (self.value * (ONE + noise + pull)).quantize(_GRAIN)
            drift = Decimal(self._rng.randint(-100, 100)) / 20_000_000
            self.premium = self.premium * Decimal("0.999") + drift
        self.premium = self.premium.quantize(_GRAIN)

    def move_to(self, price: Decimal, *, pin: bool | None) -> None:
        """Jump to `price`, which becomes the new anchor. `pin` None leaves the pin as it was."""
        self.value = self.anchor = price
        self.premium = ZERO
        if pin is not None:
            self.pinned = pin
