"""What happened while nobody listened: trades where REST still has them all, candles where it has not.

Of a candle only what is certain counts (`Index.judge`). The first minute of a gap is read in seconds when
some alert was armed within it, so that what was before its arming is not taken for a crossing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from bot.alerts.evaluator import Evaluator
from bot.alerts.level_index import Candle
from bot.alerts.trigger import LAST, MARK, ValueSeries
from bot.alerts.windows import MINUTE_MS, Window
from bot.exchange.backpack import BackpackClient, BackpackError
from bot.exchange.backpack.wire import markets as wm
from bot.exchange.backpack.wire.base import to_ms

_log = logging.getLogger(__name__)

REACH: Final = 1000  # trades REST gives at once
MOST_CANDLES: Final = 1000  # asked for at once
RETRY_S: Final = 1.0
_INTERVALS: Final = (
    ("1s", 1_000),
    ("1m", MINUTE_MS),
    ("15m", 900_000),
    ("4h", 14_400_000),
    ("1d", 86_400_000),
)
_PRICE_TYPES: Final = {"last": "Last", "mark": "Mark", "index": "Index"}


@dataclass(frozen=True, slots=True)
class Mended:
    """Of the newest trade that was judged its id and its time; None for series without ids."""

    tail: int | None = None
    seen_ms: int | None = None


class AlertBackfill:
    """Judges the past of one series at a time."""

    def __init__(self, client: BackpackClient, *, now_ms: Callable[[], int]) -> None:
        self._client = client
        self._now_ms = now_ms

    async def run(self, evaluator: Evaluator, name: str, from_ms: int) -> Mended | None:
        """Judge everything since `from_ms`. None after a failure, and a pause: try again."""
        kind, symbol = name.split(":", 1)
        try:
            if kind == LAST:
                return await self._last(evaluator, symbol, from_ms)
            for measure in (MARK, "index"):
                await self._candles(evaluator, ValueSeries(measure, symbol), from_ms, self._now_ms())
            return Mended()
        except BackpackError as error:
            _log.warning("no look back at %s: %s", name, type(error).__name__)
            await asyncio.sleep(RETRY_S)
            return None

    async def _last(self, evaluator: Evaluator, symbol: str, from_ms: int) -> Mended:
        series = ValueSeries(LAST, symbol)
        trades = _in_order(await self._client.trades(symbol, REACH))
        reached_ms = trades[0].timestamp if trades else self._now_ms()
        if reached_ms > from_ms and (not trades or len(trades) >= REACH):
            await self._candles(evaluator, series, from_ms, reached_ms)
        else:
            fresh = await self._prime(evaluator, series, min(from_ms, reached_ms))
            for trade in trades:
                for window in fresh if trade.timestamp < from_ms else ():
                    window.take(trade.price, trade.timestamp)
        for trade in trades:
            if trade.timestamp >= from_ms:
                evaluator.price(series, trade.price, trade.timestamp, strict=True)
        return Mended(trades[-1].id, trades[-1].timestamp) if trades else Mended()

    async def _candles(self, evaluator: Evaluator, series: ValueSeries, from_ms: int, to_ms: int) -> None:
        """Every candle that touches the time between, oldest first."""
        if not evaluator.is_watched(series):
            return
        await self._prime(evaluator, series, from_ms)
        minute = from_ms // MINUTE_MS * MINUTE_MS
        if evaluator.knows_since(series, minute):
            for candle in await self._read(series, "1s", from_ms, minute + MINUTE_MS):
                evaluator.judge(series, candle)
            minute += MINUTE_MS
        while minute <= to_ms:
            end = minute + MOST_CANDLES * MINUTE_MS
            for candle in await self._read(series, "1m", minute, min(end, to_ms + 1)):
                evaluator.judge(series, candle)
            minute = end

    async def _prime(self, evaluator: Evaluator, series: ValueSeries, until_ms: int) -> list[Window]:
        """Fill windows that know nothing yet with candles of the time before; which they were."""
        fresh = [one for one in evaluator.windows.get(series, {}).values() if one.known_from_ms is None]
        for window in fresh if series.measure in _PRICE_TYPES else ():
            await self.fill(window, series, until_ms - window.length_ms, until_ms)
        return fresh

    async def fill(self, window: Window, series: ValueSeries, from_ms: int, until_ms: int) -> None:
        """What a window would know had it been there: coarse candles, then finer ones to the last second.

        Raises BackpackError.
        """
        coarsest = next(ms for _, ms in _INTERVALS if until_ms - from_ms <= ms * MOST_CANDLES)
        for interval, ms in reversed(_INTERVALS):
            end_ms = until_ms // ms * ms
            if ms > coarsest or end_ms <= from_ms:
                continue
            for candle in await self._read(series, interval, from_ms, end_ms):
                if candle.end_ms <= end_ms:
                    window.judge(candle)
            from_ms = end_ms

    async def volumes(self, symbol: str, from_ms: int, until_ms: int) -> dict[int, Decimal]:
        """What traded in each closed minute of a time, in base units by the end of the minute.

        Minutes without trades may be missing. Raises BackpackError.
        """
        found: dict[int, Decimal] = {}
        while from_ms < until_ms:
            end_ms = min(from_ms + MOST_CANDLES * MINUTE_MS, until_ms)
            rows = await self._client.klines(symbol, "1m", from_ms // 1000, -(-end_ms // 1000))
            ends = ((to_ms(row.end), row.volume) for row in rows)
            found |= {end: volume for end, volume in ends if end is not None and end <= until_ms}
            from_ms = end_ms
        return found

    async def _read(self, series: ValueSeries, interval: str, from_ms: int, to_ms: int) -> list[Candle]:
        rows = await self._client.klines(
            series.subject, interval, from_ms // 1000, -(-to_ms // 1000), _PRICE_TYPES[series.measure]
        )
        return candles_of(rows, self._now_ms())


def candles_of(rows: Sequence[wm.WireKline], now_ms: int) -> list[Candle]:
    """REST candles in order; those without trades are left out, one that still runs ends now."""
    found = []
    for row in rows:
        start, end = to_ms(row.start) or 0, to_ms(row.end) or 0
        if row.high is None or row.low is None or row.close is None or start >= now_ms:
            continue
        candle = Candle(start, end, row.high, row.low, row.close)
        found.append(candle if end <= now_ms else replace(candle, end_ms=now_ms, is_closed=False))
    return sorted(found, key=lambda candle: candle.start_ms)


def _in_order(rows: Sequence[wm.WireTrade]) -> list[wm.WireTrade]:
    numbered = [(row.id, row) for row in rows if row.id is not None]
    return [row for _, row in sorted(numbered, key=lambda pair: pair[0])]
