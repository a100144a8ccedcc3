"""How long the running funding interval of each market is: as the list of markets declares it, or as the
settlements tell before that list does. Pure.

The list is read now and then and kept at the exchange's edge for minutes; the time of the next settlement
comes with every mark price. Where that moves otherwise than the interval says, the interval is another one:
the time since the settlement before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bot.domain.markets.funding import HOUR_MS
from bot.domain.markets.market import Market

SLACK_MS: Final = 60_000  # a settlement may be so late
_USUAL: Final = tuple(hours * HOUR_MS for hours in (1, 2, 4, 8, 12, 24))


class Intervals:
    """`declare` what the list says, `note` every time of a next settlement, ask `of` a market."""

    def __init__(self) -> None:
        self._declared: dict[str, int] = {}
        self._running: dict[str, int] = {}  # where the settlements say otherwise
        self._next_ms: dict[str, int] = {}

    def of(self, symbol: str) -> int | None:
        """In ms; None for a market that is not known, or has no funding."""
        return self._running.get(symbol) or self._declared.get(symbol)

    def declare(self, markets: Mapping[str, Market]) -> list[str]:
        """The list of markets was read; which of them have another interval than was known."""
        changed = []
        for symbol, market in markets.items():
            interval = market.funding_interval_ms
            if not interval or self._declared.get(symbol) == interval:
                continue
            before = self.of(symbol)
            self._declared[symbol] = interval
            self._running.pop(symbol, None)
            if before is not None and before != interval:
                changed.append(symbol)
        return changed

    def corrected(self, markets: Mapping[str, Market]) -> dict[str, Market]:
        """The list with the intervals as they are."""
        found = dict(markets)
        for symbol, interval in self._running.items():
            if symbol in found:
                found[symbol] = replace(found[symbol], funding_interval_ms=interval)
        return found

    def note(self, symbol: str, next_ms: int, now_ms: int) -> bool:
        """The next settlement is at `next_ms`; whether the interval is another one because of it."""
        known, before = self._next_ms.get(symbol), self.of(symbol)
        if before is None or (known is not None and abs(known - next_ms) < SLACK_MS):
            return False
        self._next_ms[symbol] = next_ms
        length = self._length(symbol, known, before, next_ms, now_ms)
        if length == self._declared.get(symbol):
            self._running.pop(symbol, None)
        else:
            self._running[symbol] = length
        return length != before

    def _length(self, symbol: str, known: int | None, before: int, next_ms: int, now_ms: int) -> int:
        left_ms = next_ms - now_ms
        if known is None:
            is_possible = left_ms <= before + SLACK_MS
            return before if is_possible else next((one for one in _USUAL if one >= left_ms), left_ms)
        last = known if known <= now_ms + SLACK_MS and known < next_ms else known - before
        length = next_ms - last
        if length <= 0:
            return before
        declared = self._declared.get(symbol, before)
        if length % declared == 0 and left_ms <= declared + SLACK_MS:
            return declared  # nobody looked at some settlements
        return length
