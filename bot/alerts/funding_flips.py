"""Alerts on the sign of funding: a flip counts where it was paid, or where the live rate is clearly beyond 0.

The live rate jitters around nought between two settlements, and nothing of that is ever paid. So it counts
live only beyond `BAND`; within, the settlement decides, by the rate that was live when it came.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from bot.alerts.decisions import Watched
from bot.domain.alerts.alert import FundingFlip, Trend
from bot.domain.values import ZERO

BAND: Final = Decimal(1)  # per cent a year
FRESH_MS: Final = 10_000  # a live rate of so long before a settlement is the one that was paid
_POSITIVE: Final = "up"
_NEGATIVE: Final = "down"
_QUIET: Final = ""  # among the markets of a memory


@dataclass(frozen=True, slots=True)
class Flip:
    """An alert was reached. `settled`: at a settlement; else by a live rate beyond the band."""

    watched: Watched
    symbol: str
    trend: Trend
    settled: bool


class Flips:
    """Rates are in per cent a year, times the exchange's unix ms."""

    def __init__(self) -> None:
        self._watched: dict[int, Watched] = {}
        self._of_market: dict[str | None, dict[int, None]] = {}
        self._signs: dict[int, dict[str, list[Any]]] = {}  # by alert and market: the sign, since when
        self._quiet_ms: dict[int, int] = {}  # by alert: no word before then
        self._live: dict[str, tuple[Decimal, int]] = {}
        self._next_ms: dict[str, int] = {}
        self._settled: dict[str, tuple[str, int]] = {}
        self.changed: dict[int, None] = {}

    def __contains__(self, alert_id: int) -> bool:
        return alert_id in self._watched

    @property
    def is_everywhere(self) -> bool:
        """Whether some alert is on any market."""
        return bool(self._of_market.get(None))

    def conditions(self) -> list[FundingFlip]:
        return [self._of(watched) for watched in self._watched.values()]

    def add(self, watched: Watched) -> None:
        """Watch from the signs its memory knows."""
        condition = self._of(watched)
        self._watched[watched.id] = watched
        self._of_market.setdefault(condition.symbol, {})[watched.id] = None
        signs = self._signs[watched.id] = {name: list(one) for name, one in (watched.memory or {}).items()}
        _, self._quiet_ms[watched.id] = signs.pop(_QUIET, ["", 0])
        known = self._settled.get(condition.symbol or "")
        if condition.symbol is not None and condition.symbol not in signs and known is not None:
            signs[condition.symbol] = [known[0], watched.since_ms]

    def remove(self, alert_id: int) -> None:
        """Forget one; unknown ones are ignored."""
        watched = self._watched.pop(alert_id, None)
        if watched is not None:
            self._of_market[self._of(watched).symbol].pop(alert_id, None)
            self._signs.pop(alert_id, None)
            self._quiet_ms.pop(alert_id, None)
            self.changed.pop(alert_id, None)

    def memory(self, alert_id: int) -> dict[str, Any]:
        """The sign of every market it knows, and since when; and until when it is quiet."""
        signs = {symbol: list(one) for symbol, one in self._signs[alert_id].items()}
        return {**signs, _QUIET: ["quiet", self._quiet_ms[alert_id]]}

    def live(self, symbol: str, rate: Decimal, next_ms: int | None, at_ms: int) -> Iterator[Flip]:
        """The rate of the running interval, which settles at `next_ms`."""
        due_ms, before = self._next_ms.get(symbol), self._live.get(symbol)
        if next_ms is not None:
            self._next_ms[symbol] = next_ms
        self._live[symbol] = rate, at_ms
        passed = due_ms is not None and next_ms is not None and due_ms < next_ms and due_ms <= at_ms
        if passed and due_ms is not None and before is not None and before[1] >= due_ms - FRESH_MS:
            yield from self.settled(symbol, before[0], due_ms)
        if abs(rate) > BAND:
            yield from self._meet(symbol, rate, at_ms, settled=False)
        elif rate:
            self._learn(symbol, _sign(rate), at_ms)

    def settled(self, symbol: str, rate: Decimal, at_ms: int) -> Iterator[Flip]:
        """This was paid at `at_ms`. A rate of nought is of neither sign, and ends nothing."""
        if rate == ZERO or at_ms <= self._settled.get(symbol, ("", 0))[1]:
            return
        self._settled[symbol] = _sign(rate), at_ms
        yield from self._meet(symbol, rate, at_ms, settled=True)

    def _learn(self, symbol: str, sign: str, at_ms: int) -> None:
        """The first sign an alert knows; later ones must be flips."""
        sign = self._settled.get(symbol, (sign, 0))[0]
        for alert_id in self._on(symbol):
            if symbol not in self._signs[alert_id]:
                self._signs[alert_id][symbol] = [sign, at_ms]
                self.changed[alert_id] = None

    def _meet(self, symbol: str, rate: Decimal, at_ms: int, *, settled: bool) -> Iterator[Flip]:
        sign = _sign(rate)
        for alert_id in self._on(symbol):
            watched, signs = self._watched[alert_id], self._signs[alert_id]
            known, since_ms = signs.get(symbol, (None, watched.since_ms))
            if known == sign or at_ms <= since_ms:
                continue
            signs[symbol] = [sign, at_ms]
            self.changed[alert_id] = None
            trend = self._of(watched).trend
            is_asked = known is not None and trend in {Trend.EITHER, Trend(sign)}
            if is_asked and at_ms >= self._quiet_ms[alert_id]:
                self._quiet_ms[alert_id] = at_ms + watched.cooldown_ms
                yield Flip(watched, symbol, Trend(sign), settled)
                if not watched.repeat:
                    self.remove(alert_id)

    def _on(self, symbol: str) -> list[int]:
        return [*self._of_market.get(symbol, ()), *self._of_market.get(None, ())]

    @staticmethod
    def _of(watched: Watched) -> FundingFlip:
        condition = watched.condition
        if not isinstance(condition, FundingFlip):
            raise TypeError("not an alert on the sign of funding")
        return condition


def _sign(rate: Decimal) -> str:
    return _POSITIVE if rate > ZERO else _NEGATIVE
