"""What an alert would have said: the same evaluator, fed with candles and settlements of the past."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from bot.alerts.backfill import MOST_CANDLES, candles_of
from bot.alerts.condition_codec import symbol_of
from bot.alerts.decisions import Watched
from bot.alerts.evaluator import Evaluator
from bot.alerts.level_index import Candle
from bot.alerts.reference_data import ReferenceData
from bot.alerts.resolution import resolve
from bot.alerts.trigger import ValueSeries, series_of
from bot.domain.alerts.alert import (
    FundingExtreme,
    FundingFlip,
    FundingLevel,
    PriceLevel,
    PriceMove,
    PriceTrail,
)
from bot.domain.intent import AlertIntent
from bot.domain.markets.funding import HOUR_MS, settlements
from bot.domain.refusal import Refusal, RefusalCode
from bot.exchange.backpack import BackpackClient
from bot.exchange.backpack.wire.base import to_ms
from bot.marketdata import Catalogue

DAY_MS: Final = 86_400_000
MOST_RATES: Final = 10_000
_INTERVALS: Final = (("1h", 3_600_000), ("15m", 900_000), ("5m", 300_000))
_PRICE_TYPES: Final = {"last": "Last", "mark": "Mark", "index": "Index"}


@dataclass(frozen=True, slots=True)
class Backtest:
    """`hits`: when (exchange's unix ms) and at what value. What a candle leaves uncertain is not counted.

    `candles` are hourly prices of the same days for the picture, of the mark where funding is watched.
    """

    symbol: str
    hits: tuple[tuple[int, Decimal], ...]
    candles: tuple[Candle, ...]
    interval: str  # of the candles that were looked at; of funding, `settlement`
    days: int


class Backtests:
    """Asks the exchange for the past."""

    def __init__(
        self,
        client: BackpackClient,
        catalogue: Catalogue,
        background: Callable[[Evaluator], ReferenceData],
        *,
        now_ms: Callable[[], int],
    ) -> None:
        self._client = client
        self._catalogue = catalogue
        self._background = background
        self._now_ms = now_ms

    async def run(self, intent: AlertIntent, days: int) -> Backtest | Refusal:
        condition = await resolve(intent.condition, self._catalogue)
        if isinstance(condition, Refusal):
            return condition
        watched = Watched(0, condition, True, intent.options.cooldown_ms, 0)
        if isinstance(condition, PriceLevel | PriceMove | PriceTrail):
            return await self._prices(watched, condition, days)
        if isinstance(condition, FundingLevel | FundingFlip | FundingExtreme):
            symbol = symbol_of(condition)
            if symbol is not None:
                return await self._funding(watched, symbol, days)
        return Refusal(RefusalCode.UNSUPPORTED, {"feature": "replay"})

    async def _prices(
        self, watched: Watched, condition: PriceLevel | PriceMove | PriceTrail, days: int
    ) -> Backtest:
        series = series_of(condition)
        longest = condition.window_ms if isinstance(condition, PriceMove) else DAY_MS
        interval, step_ms = next((one for one in _INTERVALS if one[1] <= longest), _INTERVALS[-1])
        candles = await self._past(series, interval, step_ms, days)
        hourly = candles if interval == "1h" else await self._past(series, *_INTERVALS[0], days)
        hits = replay(watched, series, candles)
        return Backtest(series.subject, tuple(hits), tuple(hourly), interval, days)

    async def _funding(self, watched: Watched, symbol: str, days: int) -> Backtest:
        evaluator = Evaluator(speaks=False)
        evaluator.add(watched)
        market = (await self._catalogue.markets()).get(symbol)
        interval_ms = market.funding_interval_ms if market is not None else None
        if not isinstance(watched.condition, FundingFlip):
            await self._background(evaluator).prepare(watched.condition)
        rows = await self._client.funding_rates(symbol, MOST_RATES)
        past = settlements(
            ((to_ms(row.interval_end_timestamp) or 0, row.funding_rate) for row in rows),
            interval_ms or HOUR_MS,
        )
        since = self._now_ms() - days * DAY_MS
        for one in past:
            if one.at_ms >= since:
                evaluator.funding(symbol, one.rate, None, one.at_ms)
                evaluator.settled(symbol, one)
        candles = await self._past(ValueSeries("mark", symbol), *_INTERVALS[0], days)
        return Backtest(symbol, tuple(_hits(evaluator)), tuple(candles), "settlement", days)

    async def _past(self, series: ValueSeries, interval: str, step_ms: int, days: int) -> list[Candle]:
        now = self._now_ms()
        start, found = now - days * DAY_MS, []
        while start < now:
            end = min(now, start + step_ms * MOST_CANDLES)
            rows = await self._client.klines(
                series.subject, interval, start // 1000, end // 1000, _PRICE_TYPES[series.measure]
            )
            found += candles_of(rows, now)
            start = end
        return list({candle.start_ms: candle for candle in found}.values())


def replay(watched: Watched, series: ValueSeries, candles: Sequence[Candle]) -> list[tuple[int, Decimal]]:
    """When the condition came true over `candles`, every time, a cooldown kept. Pure."""
    if not candles:
        return []
    evaluator, first = Evaluator(speaks=False), candles[0]
    memory = {"": ["trail", first.end_ms, str(first.close)]}  # what a trail begins with
    evaluator.begin(replace(watched, memory=memory if isinstance(watched.condition, PriceTrail) else None))
    for candle in candles:
        evaluator.judge(series, candle)
    return _hits(evaluator)


def _hits(evaluator: Evaluator) -> list[tuple[int, Decimal]]:
    return [(one.happened_ms, one.value) for one in evaluator.decisions if one.value is not None]
