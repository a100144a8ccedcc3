"""The list of markets and a fresh picture of one of them, read from REST with short memories.

Rules of markets change rarely and are kept five minutes (the exchange's own edge cache); book and mark
are read anew each time, because a preview must show what is there now.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bot.backpack import BackpackClient, BackpackError
from bot.backpack.wire.markets import Ticker
from bot.domain.market import Book, Market, MarkPrice, ResolvedSymbol, UnknownSymbol, resolve_symbol
from bot.domain.values import ZERO, MarketKind

MARKETS_TTL_MS: Final = 300_000
BOOK_LEVELS: Final = 100


@dataclass(frozen=True, slots=True)
class Moment:
    """One market at one instant. `last` is the mark on perps, else the middle of the book."""

    market: Market
    book: Book
    mark: MarkPrice
    last: Decimal
    open_interest: Decimal | None = None


class Catalogue:
    """Readers ask by symbol; nobody but this class decides when to ask the exchange."""

    def __init__(self, client: BackpackClient, *, clock: Callable[[], int]) -> None:
        self._client = client
        self._clock = clock
        self._markets: dict[str, Market] = {}
        self._read_ms = -MARKETS_TTL_MS
        self._lock = asyncio.Lock()

    async def markets(self) -> dict[str, Market]:
        """Every market by symbol. Raises BackpackError when none was ever read."""
        async with self._lock:
            if self._clock() - self._read_ms >= MARKETS_TTL_MS:
                try:
                    self._markets = await self._client.markets()
                    self._read_ms = self._clock()
                except Exception:
                    if not self._markets:
                        raise
            return self._markets

    async def resolve(self, mention: str, kind: MarketKind | None) -> ResolvedSymbol | UnknownSymbol:
        """The market a user's word stands for (`domain.market.resolve_symbol`)."""
        return resolve_symbol(mention, kind, await self.markets())

    async def book(self, market: Market) -> Book:
        """The order book of `market` alone, read now. Raises BackpackError."""
        return await self._client.depth(market.symbol, BOOK_LEVELS)

    async def moment(self, market: Market) -> Moment:
        """Book, mark and last price of `market`, read now. Raises BackpackError."""
        if market.is_perp:
            book, marks, interest = await asyncio.gather(
                self.book(market),
                self._client.mark_prices(market.symbol),
                self._open_interest(market),
            )
            mark = marks[market.symbol]
            return Moment(market, book, mark, mark.mark, interest)
        book = await self.book(market)
        last = book.mid or book.best_bid or book.best_ask
        if last is None:
            ticker = await self._client.ticker(market.symbol)
            last = ticker.last_price if ticker is not None else ZERO
        return Moment(market, book, MarkPrice(market.symbol, last), last)

    async def day(self, symbol: str) -> Ticker | None:
        """Statistics of the last 24 hours; None when there are none to be had."""
        try:
            return await self._client.ticker(symbol)
        except BackpackError:
            return None

    async def _open_interest(self, market: Market) -> Decimal | None:
        if market.open_interest_limit is None:
            return None
        rows = await self._client.open_interest(market.symbol)
        row = rows.get(market.symbol)
        return row.open_interest if row is not None else None
