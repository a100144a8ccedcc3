"""What conditions must know beside the feed: intervals and extremes of funding, and the past of windows."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

from bot.alerts.backfill import AlertBackfill
from bot.alerts.condition_codec import symbol_of
from bot.alerts.evaluator import Evaluator
from bot.alerts.trigger import INTEREST, FundingFacts, ValueSeries, series_of
from bot.alerts.windows import MINUTE_MS, Window
from bot.domain.alerts.alert import (
    Activity,
    ActivityMove,
    Condition,
    FundingExtreme,
    FundingFlip,
    FundingLevel,
    PriceMove,
)
from bot.domain.markets.funding import Settlement, settlements
from bot.domain.values import HUNDRED
from bot.exchange.backpack import BackpackClient, BackpackError
from bot.exchange.backpack.wire.base import to_ms
from bot.marketdata import Catalogue

_log = logging.getLogger(__name__)

VOLUMES_MS: Final = 20_000
SETTLED_MS: Final = 5_000  # a minute that is over for less may lack its last trades
DAYS_MS: Final = 30 * 86_400_000
MOST_RATES: Final = 1_000
MIDDLE: Final = Decimal("0.95")
FEWEST_RATES: Final = 20  # fewer say nothing about what is usual


class ReferenceData:
    """`prepare` each condition when it is made or loaded; it may be asked again at any time."""

    def __init__(
        self,
        evaluator: Evaluator,
        client: BackpackClient,
        catalogue: Catalogue,
        repair: AlertBackfill,
        *,
        now_ms: Callable[[], int],
    ) -> None:
        self._evaluator = evaluator
        self._client = client
        self._catalogue = catalogue
        self._repair = repair
        self._now_ms = now_ms
        self._asked_ms: dict[str, int] = {}  # when a market's volumes were asked for

    async def prepare(self, condition: Condition) -> None:
        """Fetch what the condition needs. A failure is logged: without it, the condition waits."""
        try:
            if isinstance(condition, FundingLevel | FundingFlip | FundingExtreme):
                await self._funding(condition)
            elif isinstance(condition, PriceMove):
                await self._window(condition)
            elif isinstance(condition, ActivityMove) and condition.activity is Activity.OPEN_INTEREST:
                await self._interest(condition)
            elif isinstance(condition, ActivityMove):
                await self._volumes(condition.symbol)
        except BackpackError as error:
            _log.warning("no background for %s: %s", type(condition).__name__, type(error).__name__)

    async def fill_volumes(self) -> None:
        """Ask for the minutes of volume that were not heard: after a start, a gap, a minute without trades.

        To be called every second or so. A market is asked for once in `VOLUMES_MS`; a failure is logged.
        """
        now = self._now_ms()
        for symbol, lengths in list(self._evaluator.volumes.items()):
            is_whole = all(volumes.is_complete for volumes in lengths.values())
            if is_whole or now - self._asked_ms.get(symbol, 0) < VOLUMES_MS:
                continue
            try:
                await self._volumes(symbol)
            except BackpackError as error:
                _log.warning("no volumes of %s: %s", symbol, type(error).__name__)

    async def _volumes(self, symbol: str) -> None:
        lengths = [volumes.length_ms for volumes in self._evaluator.volumes.get(symbol, {}).values()]
        if not lengths:
            return
        self._asked_ms[symbol] = now = self._now_ms()
        until_ms = (now - SETTLED_MS) // MINUTE_MS * MINUTE_MS
        minutes = await self._repair.volumes(symbol, until_ms - 2 * max(lengths), until_ms)
        self._evaluator.past_minutes(symbol, minutes, until_ms)

    async def _funding(self, condition: FundingLevel | FundingFlip | FundingExtreme) -> None:
        markets = await self._catalogue.markets()
        symbol = symbol_of(condition)
        for market in [m for m in markets.values() if m.is_perp and symbol in {None, m.symbol}]:
            interval_ms = market.funding_interval_ms
            if interval_ms is None:
                continue
            if isinstance(condition, FundingExtreme):
                self._evaluator.placement.learn(
                    market.symbol, await self._extremes(market.symbol, interval_ms)
                )
            elif isinstance(condition, FundingLevel):
                self._evaluator.placement.learn_interval(market.symbol, interval_ms)
            elif symbol is not None:
                for one in await self._past(symbol, interval_ms):
                    self._evaluator.settled(symbol, one)

    async def _past(self, symbol: str, interval_ms: int) -> tuple[Settlement, ...]:
        rows = await self._client.funding_rates(symbol, MOST_RATES)
        return settlements(
            ((to_ms(row.interval_end_timestamp) or 0, row.funding_rate) for row in rows), interval_ms
        )

    async def _extremes(self, symbol: str, interval_ms: int) -> FundingFacts:
        """The bounds of the middle of the market's own settlements of 30 days, in per cent a year."""
        since_ms = self._now_ms() - DAYS_MS
        past = await self._past(symbol, interval_ms)
        rates = sorted(one.rate.yearly * HUNDRED for one in past if one.at_ms >= since_ms)
        if len(rates) < FEWEST_RATES:
            return FundingFacts(interval_ms)
        low, high = middle(rates)
        return FundingFacts(interval_ms, low, high)

    async def _window(self, condition: PriceMove) -> None:
        series = series_of(condition)
        length, now = condition.window_ms, self._now_ms()
        if length in self._evaluator.windows.get(series, {}):
            return  # what was loaded is filled by the repair
        window = Window(length)
        await self._repair.fill(window, series, now - length, now)
        self._evaluator.windows.setdefault(series, {}).setdefault(length, window)

    async def _interest(self, condition: ActivityMove) -> None:
        """Where a window begins: its stream speaks once a minute, and may have just done so to others."""
        lengths = self._evaluator.windows.setdefault(ValueSeries(INTEREST, condition.symbol), {})
        window = lengths.setdefault(condition.window_ms, Window(condition.window_ms))
        if window.known_from_ms is not None:
            return
        row = (await self._client.open_interest(condition.symbol)).get(condition.symbol)
        if row is not None and row.open_interest is not None and window.known_from_ms is None:
            window.take(row.open_interest, self._now_ms())


def middle(rates: Sequence[Decimal]) -> tuple[Decimal, Decimal]:
    """Lower and upper bound of the middle `MIDDLE` of sorted `rates`."""
    tail = (1 - MIDDLE) / 2
    last = len(rates) - 1
    return rates[math.floor(last * tail)], rates[math.ceil(last * (1 - tail))]
