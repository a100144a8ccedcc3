"""Candles of one market: recorded while it runs, imagined (but always the same) for the time before.

A chart asked for yesterday must not be empty on an exchange that started a minute ago.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from bot.sandbox.values import ONE, ZERO

SECOND_US = 1_000_000
INTERVALS = {  # seconds
    "1s": 1,
    "1m": 60,
    "3m": 180,
    "5m": 300,
    "15m": 900,
    "30m": 1800,
    "1h": 3600,
    "2h": 7200,
    "4h": 14_400,
    "6h": 21_600,
    "8h": 28_800,
    "12h": 43_200,
    "1d": 86_400,
    "3d": 259_200,
    "1w": 604_800,
    "1month": 2_592_000,
}
_HOUR = 3600
KEEP_SECONDS = 1200  # candles of a second
KEEP_MINUTES = 1500  # of a minute: a day and an hour
KEEP_HOURS = 2200  # of an hour: a quarter
_KEEP_IMAGINED = 5000
_OCTAVES = (
    (86_400 * 9, Decimal("0.06")),
    (86_400, Decimal("0.02")),
    (7200, Decimal("0.006")),
    (300, Decimal("0.001")),
)
_GRAIN = Decimal("0.00000001")


@dataclass(slots=True)
class Candle:
    start: int  # seconds
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal = ZERO
    quote_volume: Decimal = ZERO
    trades: int = 0

    def take(self, price: Decimal, quantity: Decimal) -> None:
        self.high = max(self.high, price)
        self.low = min(self.low, price)
        self.close = price
        self.volume += quantity
        self.quote_volume += quantity * price
        self.trades += 1

    def join(self, later: Candle) -> None:
        self.high = max(self.high, later.high)
        self.low = min(self.low, later.low)
        self.close = later.close
        self.volume += later.volume
        self.quote_volume += later.quote_volume
        self.trades += later.trades


class Candles:
    """Recorded seconds, minutes and hours, each for as long as said above, and a made-up past before."""

    def __init__(self, asset: str, anchor: Decimal, seed: int, *, seconds: int = KEEP_SECONDS) -> None:
        self._name = f"{seed}:{asset}"
        self._anchor = anchor
        self._stores: dict[int, dict[int, Candle]] = {1: {}, 60: {}, _HOUR: {}}  # by length; oldest first
        self._keep = {1: seconds, 60: KEEP_MINUTES * 60, _HOUR: KEEP_HOURS * _HOUR}
        self._imagined: dict[tuple[int, int], Candle] = {}
        self._first: int | None = None

    def record(self, time_us: int, price: Decimal, quantity: Decimal) -> None:
        second = time_us // SECOND_US
        if self._first is None:
            self._first = second
            self._imagined.clear()  # the past is imagined to end here
        for length, store in self._stores.items():
            start = second // length * length
            candle = store.get(start)
            if candle is None:
                candle = store[start] = Candle(start, price, price, price, price)
            candle.take(price, quantity)
            while (oldest := next(iter(store))) < start - self._keep[length]:
                del store[oldest]

    def between(self, interval: str, start: int, end: int, limit: int) -> list[tuple[int, Candle | None]]:
        """At most `limit` candles of `interval` covering `[start, end)` by their start, oldest first.

        Times in seconds; None where nothing traded.
        """
        length = INTERVALS[interval]
        first = start // length * length
        starts = range(first, end, length)
        return [(at, self._one(at, length, end)) for at in starts[-limit:]]

    def current(self, interval: str, now: int) -> Candle | None:
        length = INTERVALS[interval]
        return self._one(now // length * length, length, now + 1)

    def _one(self, start: int, length: int, until: int) -> Candle | None:
        stop = min(start + length, until)
        joined: Candle | None = None
        if self._first is None or start < self._first:
            joined = self._imagine(start, min(stop, self._first or stop))
        for recorded in self._recorded(start, stop, length):
            if joined is None:
                joined = Candle(start, recorded.open, recorded.high, recorded.low, recorded.close)
                joined.volume, joined.quote_volume, joined.trades = (
                    recorded.volume,
                    recorded.quote_volume,
                    recorded.trades,
                )
            else:
                joined.join(recorded)
        return joined

    def _recorded(self, start: int, stop: int, length: int) -> Iterator[Candle]:
        if self._first is None or stop <= self._first:
            return
        step = 1 if length < 60 else 60
        if length >= _HOUR and start < next(iter(self._stores[60]), start):
            step = _HOUR  # its minutes are gone
        store = self._stores[step]
        for at in range(max(start, self._first // step * step), stop, step):
            if at in store:
                yield store[at]

    def _imagine(self, start: int, stop: int) -> Candle:
        known = self._imagined.get((start, stop))
        if known is not None:
            return replace(known)
        points = [self._imagined_price(start + (stop - start) * i // 8) for i in range(9)]
        candle = Candle(start, points[0], max(points), min(points), points[-1])
        turnover = Decimal(2_000 + self._hash(start) % 3_000) * max(stop - start, 1) / 60
        candle.volume = (turnover / candle.close).quantize(_GRAIN)
        candle.quote_volume = turnover.quantize(_GRAIN)
        candle.trades = 1 + max(stop - start, 1) // 3
        if len(self._imagined) >= _KEEP_IMAGINED:
            self._imagined.clear()
        self._imagined[start, stop] = candle
        return replace(candle)

    def _imagined_price(self, second: int) -> Decimal:
        """Value noise of four octaves, faded out so that the past meets the anchor at the first print."""
        value = self._anchor
        for period, amplitude in _OCTAVES:
            value += (
                self._anchor
                * amplitude
                * (self._noise(second, period) - self._noise(self._first or second, period))
            )
        return max(value, self._anchor * Decimal("0.2")).quantize(_GRAIN)

    def _noise(self, second: int, period: int) -> Decimal:
        cell, within = divmod(second, period)
        left = Decimal(self._hash(cell * 31 + period) % 2001 - 1000) / 1000
        right = Decimal(self._hash((cell + 1) * 31 + period) % 2001 - 1000) / 1000
        part = Decimal(within) / period
        smooth = part * part * (3 - 2 * part)
        return left * (ONE - smooth) + right * smooth

    def _hash(self, number: int) -> int:
        return int.from_bytes(hashlib.blake2b(f"{self._name}:{number}".encode(), digest_size=6).digest())
