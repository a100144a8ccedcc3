"""The list of markets and a picture of one of them as it is now: from the feed where live, else from REST.

Rules of markets change rarely and are kept five minutes (the exchange's own edge cache) unless the feed
notices a change. A market looked at is followed for a while, so that the next look costs no request; what the
feed does not vouch for (`marketdata.feed`) is read anew, because a preview must show what is there now.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from bot.domain.accounts.holdings import names
from bot.domain.markets.market import Book, Market, MarkPrice, ResolvedSymbol, UnknownSymbol, resolve_symbol
from bot.domain.markets.market_events import Delisted, IntervalChanged, Listed, MarketEvent, StateChanged
from bot.domain.values import ZERO, MarketKind
from bot.exchange.backpack import BackpackClient, BackpackError, UnknownOutcome
from bot.exchange.backpack.wire.markets import Ticker
from bot.marketdata.feed import BOOK_LEVELS, Feed
from bot.marketdata.follow_list import FollowList

MARKETS_TTL_MS: Final = 300_000
RULES_TTL_MS: Final = 3_000
RULES_RENEWED_MS: Final = 1_500  # after so long in the background, of markets somebody looked at just now
LOOKED_S: Final = 60.0
MOST_RENEWED: Final = 6  # markets: of more than these the rules are read when somebody looks


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

    def __init__(self, client: BackpackClient, feed: Feed, *, clock: Callable[[], int]) -> None:
        self._client = client
        self._feed = feed
        self._following = FollowList(feed)
        feed.listen(self._on_news, frozenset({Listed, Delisted, StateChanged, IntervalChanged}))
        self._clock = clock
        self._markets: dict[str, Market] = {}
        self._named: Mapping[str, Market] = self._markets  # whose tickers are kept
        self._tickers: frozenset[str] = frozenset()
        self._ever: dict[str, Market] = {}  # every market as it was last seen, those no longer listed too
        self._looked_ms: dict[str, int] = {}  # when a market was asked for by itself
        self._renewing: set[str] = set()  # whose rules are being read in the background
        self._read_ms = -MARKETS_TTL_MS
        self._lock = asyncio.Lock()

    async def markets(self) -> dict[str, Market]:
        """Every market by symbol. Raises BackpackError when none was ever read."""
        async with self._lock:
            if self._clock() - self._read_ms >= MARKETS_TTL_MS:
                try:
                    self._take(self._feed.learn(await self._client.markets()))
                except Exception:
                    if not self._markets:
                        raise
            return self._markets

    @property
    def tickers(self) -> frozenset[str]:
        """The base assets of all markets, in capitals, as far as they were read: asks nobody."""
        markets = self._markets or self._feed.markets
        if markets is not self._named:
            self._named = markets
            self._tickers = frozenset(market.base.upper() for market in markets.values())
        return self._tickers

    def _take(self, markets: Mapping[str, Market]) -> None:
        self._markets, self._read_ms = dict(markets), self._clock()
        self._ever |= self._markets

    def known(self, symbol: str) -> Market | None:
        """The rules of a market as they were last seen, whether it is still listed or not."""
        return self._ever.get(symbol)

    def is_listed(self, symbol: str) -> bool:
        """Whether the market stands in the list as last read."""
        market = self._markets.get(symbol)
        return market is not None and market.visible

    def left(self, mention: str) -> Market | None:
        """The perp a word stands for that was listed once and is not any more, as it was last seen."""
        return next(
            (
                market
                for symbol, market in self._ever.items()
                if market.is_perp and names(mention, symbol) and not self.is_listed(symbol)
            ),
            None,
        )

    async def rules(self, symbol: str, *, anew: bool = False) -> Market | None:
        """The rules and the state of a market now, read by itself past the list's edge cache; those last seen
        where that fails, None where nobody knows them. A look is good for three seconds, unless `anew`."""
        now = self._clock()
        if anew or now - self._looked_ms.get(symbol, -RULES_TTL_MS) >= RULES_TTL_MS:
            try:
                fresh = await self._client.market(symbol)
            except BackpackError:
                return self.known(symbol)
            self._looked_ms[symbol] = now
            listed = self._markets.get(symbol)
            if listed is not None:  # the feed knows the interval better than any declaration
                fresh = replace(fresh, funding_interval_ms=listed.funding_interval_ms)
            self._ever[symbol] = fresh
            if symbol in self._markets:
                self._markets[symbol] = fresh
        return self.known(symbol)

    async def refresh_rules(self) -> None:
        """Read the rules of the markets looked at just now again, so that the next look need not wait.

        To be called every second or so; a call need not wait for the one before.
        """
        now = self._clock()
        due = {
            symbol
            for symbol in self._following.looked_at(LOOKED_S)[:MOST_RENEWED]
            if now - self._looked_ms.get(symbol, -RULES_TTL_MS) >= RULES_RENEWED_MS
        } - self._renewing
        self._renewing |= due
        try:
            await asyncio.gather(*(self.rules(symbol, anew=True) for symbol in due))
        finally:
            self._renewing -= due

    def doubt(self, symbol: str) -> None:
        """An order was refused for the rules of a market: the next look reads them anew."""
        self._looked_ms.pop(symbol, None)

    async def resolve(self, mention: str, kind: MarketKind | None) -> ResolvedSymbol | UnknownSymbol:
        """The market a user's word stands for (`domain.markets.market.resolve_symbol`)."""
        return resolve_symbol(mention, kind, await self.markets())

    async def book(self, market: Market) -> Book:
        """The order book of `market` alone, as it is now. Raises BackpackError."""
        self._following.look(market)
        return self._feed.book(market.symbol) or await self._client.depth(market.symbol, BOOK_LEVELS)

    async def moment(self, market: Market) -> Moment:
        """Book, mark and last price of `market`, as they are now. Raises BackpackError."""
        if market.is_perp:
            book, mark, interest = await asyncio.gather(
                self.book(market), self._mark(market), self._open_interest(market)
            )
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

    def _on_news(self, _: MarketEvent) -> None:
        """The list the feed compared is newer than ours."""
        if self._feed.markets:
            self._take(self._feed.markets)

    async def _mark(self, market: Market) -> MarkPrice:
        marked = self._feed.mark(market.symbol)
        if marked is not None:
            return marked
        prices = await self._client.mark_prices(market.symbol)
        if market.symbol not in prices:
            raise UnknownOutcome(f"no mark price of {market.symbol}")
        return prices[market.symbol]

    async def _open_interest(self, market: Market) -> Decimal | None:
        if market.open_interest_limit is None:
            return None
        known = self._feed.open_interest(market.symbol)
        if known is not None:
            return known
        rows = await self._client.open_interest(market.symbol)
        row = rows.get(market.symbol)
        return row.open_interest if row is not None else None
