"""Funding of all markets: what it is now, and what it was, gathered gently.

Past settlements never change, so each market's are read once and then only what came after; historical reads
are few a minute at the exchange, and whoever waits for one market goes before the gathering of all.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from bot.domain.markets.funding import (
    DAY_MS,
    HOUR_MS,
    MONTH_MS,
    WEEK_MS,
    FundingRate,
    FundingRow,
    Settlement,
    mean_rate,
    next_settlement_ms,
    settlements,
)
from bot.domain.markets.market import Market, MarkPrice
from bot.domain.values import ZERO
from bot.exchange.backpack import BackpackClient, BackpackError
from bot.exchange.backpack.wire.base import to_ms
from bot.marketdata.catalogue import Catalogue
from bot.marketdata.feed import Feed

_log = logging.getLogger(__name__)

PAUSE_S: Final = 4.0  # between two markets of the gathering: half of what the exchange allows
IDLE_S: Final = 60.0
GRACE_MS: Final = 60_000  # a settlement is in the history by then
MAX_ROWS: Final = 10_000
LOANS_TTL_MS: Final = 60_000


class FundingHistory:
    """Rates now and past. Raises BackpackError where the exchange does not answer."""

    def __init__(
        self, client: BackpackClient, catalogue: Catalogue, feed: Feed, *, clock: Callable[[], int]
    ) -> None:
        self._client = client
        self._catalogue = catalogue
        self._feed = feed
        self._clock = clock
        self._past: dict[str, dict[int, Decimal]] = {}  # by market: ends of intervals and their fractions
        self._read_ms: dict[str, int] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._loans: dict[str, Decimal] = {}
        self._loans_ms = -LOANS_TTL_MS

    async def rows(self) -> list[FundingRow]:
        """Every perp with funding, by symbol; averages only where the past is known already."""
        markets = await self._perps()
        marks = await self.marks()
        now = self._clock()
        found = (
            self._row(market, marks[symbol], now) for symbol, market in markets.items() if symbol in marks
        )
        return [row for row in found if row is not None]

    async def row(self, market: Market) -> FundingRow | None:
        """One market, with its averages; None when it has no funding."""
        await self.past(market)
        mark = (
            self._feed.mark(market.symbol) or (await self._client.mark_prices(market.symbol))[market.symbol]
        )
        return self._row(market, mark, self._clock())

    async def past(self, market: Market) -> tuple[Settlement, ...]:
        """Settlements of the last 30 days, oldest first, each with the interval it was for."""
        async with self._locks.setdefault(market.symbol, asyncio.Lock()):
            if self._is_stale(market):
                await self._read(market)
        return self._settled(market)

    def interval(self, market: Market) -> int | None:
        """How long the running interval is (ms); None for a market without funding."""
        return self._feed.interval(market.symbol) or market.funding_interval_ms

    def _settled(self, market: Market) -> tuple[Settlement, ...]:
        rows, interval = self._past.get(market.symbol, {}), self.interval(market) or HOUR_MS
        since_ms = self._clock() - MONTH_MS
        return tuple(one for one in settlements(rows.items(), interval) if one.at_ms > since_ms)

    async def marks(self) -> dict[str, MarkPrice]:
        """Marks and rates of every perp; when each settles next is learnt from them."""
        marks = await self._client.mark_prices()
        for symbol, mark in marks.items():
            self._feed.learn_settlement(symbol, mark.next_funding_ms)
        return marks

    async def borrow_rate(self, asset: str) -> Decimal:
        """What borrowing an asset costs, a fraction by the year; nothing where it cannot be borrowed."""
        if self._clock() - self._loans_ms > LOANS_TTL_MS:
            markets = await self._client.borrow_lend_markets()
            self._loans = {asset: market.borrow_interest_rate for asset, market in markets.items()}
            self._loans_ms = self._clock()
        return self._loans.get(asset, ZERO)

    async def gather(self) -> None:
        """Read the past of every market, one after the other, for ever. The app runs it in the background."""
        while True:
            try:
                stale = [market for market in (await self._perps()).values() if self._is_stale(market)]
                for market in stale:
                    await self.past(market)
                    await asyncio.sleep(PAUSE_S)
            except BackpackError as error:
                _log.info("the past of funding is waited for: %s", error)
            await asyncio.sleep(IDLE_S)

    async def _perps(self) -> dict[str, Market]:
        markets = await self._catalogue.markets()
        return {s: m for s, m in markets.items() if m.is_perp and m.visible and m.funding_interval_ms}

    def _row(self, market: Market, mark: MarkPrice, now: int) -> FundingRow | None:
        interval = self.interval(market)
        if mark.funding_rate is None or interval is None:
            return None
        past = self._settled(market)
        due = mark.next_funding_ms
        return FundingRow(
            market.symbol,
            market.base,
            mark.mark,
            FundingRate(mark.funding_rate, interval),
            None if due is None else next_settlement_ms(due, interval, now),
            mean_rate(past, now - DAY_MS),
            mean_rate(past, now - WEEK_MS),
        )

    def _is_stale(self, market: Market) -> bool:
        """Whether a settlement may have come since the past was read."""
        read = self._read_ms.get(market.symbol)
        if read is None:
            return True
        shortest = self._shortest(market)
        return (self._clock() - GRACE_MS) // shortest > (read - GRACE_MS) // shortest

    def _shortest(self, market: Market) -> int:
        """No interval of its past was shorter than this, as far as exchanges go."""
        return min(self.interval(market) or HOUR_MS, HOUR_MS)

    async def _read(self, market: Market) -> None:
        now = self._clock()
        known = self._past.get(market.symbol, {})
        missing = (now - max(known, default=now - MONTH_MS)) // self._shortest(market) + 2
        rows = await self._client.funding_rates(market.symbol, limit=min(missing, MAX_ROWS))
        merged = dict(known)
        for row in rows:
            at_ms = to_ms(row.interval_end_timestamp)
            if at_ms is not None:
                merged[at_ms] = row.funding_rate
        # One day more than is shown: the first one shown has an interval too.
        self._past[market.symbol] = {
            at_ms: rate for at_ms, rate in sorted(merged.items()) if at_ms > now - MONTH_MS - DAY_MS
        }
        self._read_ms[market.symbol] = now
