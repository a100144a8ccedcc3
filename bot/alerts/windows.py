"""Series made of other series: how far a value moved within a window, and how a volume changed.

A window's extremes are kept once for all alerts that share it, in deques that only hold what may still become
an extreme: an update costs O(1) on average, whatever the length of the window.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from bot.alerts.level_index import Candle
from bot.domain.values import HUNDRED, ZERO

MINUTE_MS: Final = 60_000


class Window:
    """Highest and lowest of the last `length_ms`; moves against them in per cent, never negative."""

    def __init__(self, length_ms: int) -> None:
        self.length_ms = length_ms
        self._lows: deque[tuple[int, Decimal]] = deque()
        self._highs: deque[tuple[int, Decimal]] = deque()
        self.known_from_ms: int | None = None  # nothing is missing since
        self.newest_ms = 0  # what is older was taken already

    def take(self, value: Decimal, at_ms: int) -> tuple[Decimal, Decimal]:
        """Rise from the window's lowest and fall from its highest, at `value`."""
        self._add(value, value, at_ms)
        return self._rise(value), self._fall(value)

    def against(self, value: Decimal, at_ms: int) -> tuple[Decimal, Decimal]:
        """Rise and fall at `value` against what is known, which stays as it is."""
        self._drop(at_ms)
        if not self._lows or not self._highs:
            return ZERO, ZERO
        return self._rise(value), self._fall(value)

    def judge(self, candle: Candle) -> tuple[Candle, Candle]:
        """Rises and falls that certainly were in a candle: against what was before it, and at its close."""
        self._drop(candle.start_ms)
        rise = self._rise(candle.high) if self._lows else ZERO
        fall = self._fall(candle.low) if self._highs else ZERO
        self._add(candle.low, candle.high, candle.start_ms)
        last_rise, last_fall = self._rise(candle.close), self._fall(candle.close)
        return (
            _candle(candle, max(rise, last_rise), last_rise),
            _candle(candle, max(fall, last_fall), last_fall),
        )

    def _add(self, low: Decimal, high: Decimal, at_ms: int) -> None:
        if self.known_from_ms is None:
            self.known_from_ms = at_ms
        self.newest_ms = at_ms
        self._drop(at_ms)
        while self._lows and self._lows[-1][1] >= low:
            self._lows.pop()
        self._lows.append((at_ms, low))
        while self._highs and self._highs[-1][1] <= high:
            self._highs.pop()
        self._highs.append((at_ms, high))

    def _drop(self, now_ms: int) -> None:
        oldest = now_ms - self.length_ms
        for kept in (self._lows, self._highs):
            while kept and kept[0][0] < oldest:
                kept.popleft()

    def _rise(self, value: Decimal) -> Decimal:
        lowest = self._lows[0][1]
        return max(ZERO, (value - lowest) / lowest * HUNDRED) if lowest > ZERO else ZERO

    def _fall(self, value: Decimal) -> Decimal:
        highest = self._highs[0][1]
        return max(ZERO, (highest - value) / highest * HUNDRED) if highest > ZERO else ZERO


def _candle(of: Candle, high: Decimal, close: Decimal) -> Candle:
    return Candle(of.start_ms, of.end_ms, high, close, close, of.is_closed)


class Volumes:
    """Volume of the last `length_ms` against the window before it, from closed minutes without a hole."""

    def __init__(self, length_ms: int) -> None:
        self.length_ms = length_ms
        self._count = -(-2 * length_ms // MINUTE_MS)
        self._minutes: dict[int, Decimal] = {}  # by the number of the minute
        self._newest = 0

    @property
    def is_complete(self) -> bool:
        """Whether every minute of both windows is known."""
        return len(self._minutes) == self._count

    @property
    def newest_ms(self) -> int:
        """The end of the newest minute."""
        return (self._newest + 1) * MINUTE_MS

    def take(self, volume: Decimal, end_ms: int) -> Decimal | None:
        """The change in per cent once the minute that ended then is in; None while one is missing."""
        number = _minute(end_ms)
        if self._minutes and number <= self._newest:
            return None
        self._add({number: volume})
        return self.change()

    def learn(self, minutes: Mapping[int, Decimal], until_ms: int) -> None:
        """All that traded until then, by the ends of minutes; in those left out nothing did."""
        last = _minute(until_ms)
        past = range(last - self._count + 1, last + 1)
        read = {_minute(end_ms): volume for end_ms, volume in minutes.items()}
        self._add({number: read.get(number, ZERO) for number in past} | self._minutes)

    def change(self) -> Decimal | None:
        """In per cent; None while a minute is missing, and where nothing traded in the window before."""
        if not self.is_complete:
            return None
        middle = self.newest_ms - self.length_ms
        before = sum((v for number, v in self._minutes.items() if (number + 1) * MINUTE_MS <= middle), ZERO)
        now = sum(self._minutes.values(), ZERO) - before
        return (now - before) / before * HUNDRED if before > ZERO else None

    def _add(self, minutes: Mapping[int, Decimal]) -> None:
        known = {**self._minutes, **minutes}
        self._newest = max(known)
        first = self._newest - self._count + 1
        self._minutes = {number: volume for number, volume in known.items() if number >= first}


def _minute(end_ms: int) -> int:
    """The number of the minute that ends then."""
    return -(-end_ms // MINUTE_MS) - 1
