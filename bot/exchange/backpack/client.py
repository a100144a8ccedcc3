"""The exchange as the rest of Rucksack sees it: one client per process, public reads, a door to accounts.

It cannot be made without a broker tag, and every account it opens signs under that tag.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Final, TypeVar

from bot.domain.markets.market import Book, Market, MarkPrice
from bot.exchange.backpack import mapping, routes
from bot.exchange.backpack.account import AccountClient
from bot.exchange.backpack.errors import BackpackError
from bot.exchange.backpack.requests import BrokerTag
from bot.exchange.backpack.routes import Route
from bot.exchange.backpack.session import RetryPolicy, Session, understood
from bot.exchange.backpack.signing import Signer
from bot.exchange.backpack.wire import markets as wm
from bot.kernel.clock import unix_ms

T = TypeVar("T")

DEFAULT_TIMEOUT: Final = 10.0  # s, for one request from start to end
CLOCK_SAMPLES: Final = 3  # the first opens the connection, the fastest counts
DEPTH_LIMITS: Final = (5, 10, 20, 50, 100, 500, 1000)


@dataclass(frozen=True, slots=True)
class DepthSnapshot:
    """A book with the id to chain stream updates onto; engine time in microseconds."""

    book: Book
    last_update_id: int
    engine_us: int


class BackpackClient:
    """Reads raise `BackpackError`s after a few jittered retries; see `errors` for what to do with each.

    `clock` gives unix ms. `timeout` bounds one request, in seconds. `may_act` is asked before each request
    that changes something; told no, it raises NotSent.
    """

    def __init__(
        self,
        base_url: str,
        broker: BrokerTag,
        *,
        clock: Callable[[], int] = unix_ms,
        timeout: float = DEFAULT_TIMEOUT,
        retry: RetryPolicy | None = None,
        monotonic_ms: Callable[[], int] | None = None,
        may_act: Callable[[], bool] = lambda: True,
    ) -> None:
        self._session = Session(
            base_url,
            broker,
            clock=clock,
            timeout=timeout,
            retry=retry or RetryPolicy(),
            monotonic_ms=monotonic_ms,
            may_act=may_act,
        )

    async def __aenter__(self) -> BackpackClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection. Requests made afterwards raise NotSent."""
        await self._session.transport.aclose()

    def account(self, signer: Signer) -> AccountClient:
        """The private calls of one key. Cheap: make one whenever needed."""
        return AccountClient(self._session, signer)

    # --- time and system ---------------------------------------------------------------------------

    def now_ms(self) -> int:
        """The exchange's time in unix ms, as far as the last `refresh_clock` knows it."""
        return self._session.now_ms()

    @property
    def clock_offset_ms(self) -> int:
        """Exchange minus local clock, as last measured; 0 before the first measurement."""
        return self._session.clock.offset_ms

    async def refresh_clock(self, samples: int = CLOCK_SAMPLES) -> int:
        """Measure the clock offset in ms by `/api/v1/time`, the round trip halved; used from now on."""
        return await self._session.measure_clock(samples)

    async def clock_was_off(self) -> bool:
        """Whether the clock, measured now, explains why a signature made a moment ago was not accepted.

        False also where it cannot be measured.
        """
        try:
            return await self._session.clock.was_off(self._session.monotonic_ms())
        except BackpackError:
            return False

    async def server_time_ms(self) -> int:
        """`/api/v1/time` as it is, in unix ms."""
        return await self._session.server_time_ms()

    async def ping(self) -> bool:
        """Whether the exchange answers `pong`."""
        answer = await self._session.ask(routes.PING, {})
        return answer.body.strip().strip(b'"') == b"pong"

    async def status(self) -> wm.SystemStatus:
        return await self._session.read_public(routes.STATUS, {}, wm.SystemStatus)

    async def wallets(self) -> list[wm.Wallet]:
        return await self._session.read_public(routes.WALLETS, {}, list[wm.Wallet])

    # --- markets -----------------------------------------------------------------------------------

    async def markets(self, market_types: Sequence[str] = ()) -> dict[str, Market]:
        """Markets by symbol; without `market_types` spot and perp. Up to 5 minutes old."""
        query = [("marketType", one) for one in market_types]
        rows = await self._session.read_public_rows(routes.MARKETS, query, wm.MarketRow, mapping.market)
        return {market.symbol: market for market in rows.usable("markets")}

    async def market(self, symbol: str) -> Market:
        """One market. Raises Rejected for an unknown symbol."""
        row = await self._get(routes.MARKET, wm.MarketRow, symbol=symbol)
        return understood(lambda: mapping.market(row))

    async def depth(self, symbol: str, limit: int = 100) -> Book:
        """The order book, best first; `limit` levels a side, rounded up to one the exchange offers."""
        return (await self.depth_snapshot(symbol, limit)).book

    async def depth_snapshot(self, symbol: str, limit: int = 1000) -> DepthSnapshot:
        """The order book with its update id."""
        offered = next((one for one in DEPTH_LIMITS if one >= limit), DEPTH_LIMITS[-1])
        row = await self._get(routes.DEPTH, wm.DepthRow, symbol=symbol, limit=str(offered))
        return understood(
            lambda: DepthSnapshot(mapping.book(symbol, row), int(row.last_update_id), row.timestamp)
        )

    async def mark_prices(self, symbol: str | None = None) -> dict[str, MarkPrice]:
        """Mark, index and funding of futures by symbol; at most a second old."""
        rows = await self._session.read_public_rows(
            routes.MARK_PRICES, {"symbol": symbol}, wm.MarkPriceRow, mapping.mark_price
        )
        return {price.symbol: price for price in rows.usable("mark prices")}

    async def ticker(self, symbol: str, interval: str | None = None) -> wm.Ticker | None:
        """Statistics of one market over `1d` (or `1w`); None when it has not traded. Up to 20 s old."""
        answer = await self._session.ask(routes.TICKER, {"symbol": symbol, "interval": interval})
        return None if answer.status == 204 else self._session.decode(answer, wm.Ticker)

    async def tickers(self, interval: str | None = None) -> dict[str, wm.Ticker]:
        rows = await self._get(routes.TICKERS, list[wm.Ticker], interval=interval)
        return {row.symbol: row for row in rows}

    async def klines(
        self,
        symbol: str,
        interval: str,
        start_s: int,
        end_s: int | None = None,
        price_type: str | None = None,
    ) -> list[wm.WireKline]:
        """Candles. Times in unix **seconds**; `price_type` is `Last`, `Index` or `Mark`."""
        return await self._get(
            routes.KLINES,
            list[wm.WireKline],
            symbol=symbol,
            interval=interval,
            startTime=start_s,
            endTime=end_s,
            priceType=price_type,
        )

    async def open_interest(self, symbol: str | None = None) -> dict[str, wm.WireOpenInterest]:
        """Open interest in base units by symbol."""
        rows = await self._get(routes.OPEN_INTEREST, list[wm.WireOpenInterest], symbol=symbol)
        return {row.symbol: row for row in rows}

    async def funding_rates(
        self, symbol: str, limit: int | None = None, offset: int | None = None
    ) -> list[wm.FundingIntervalRate]:
        """Past funding rates of one market, as fractions per interval."""
        return await self._get(
            routes.FUNDING_RATES, list[wm.FundingIntervalRate], symbol=symbol, limit=limit, offset=offset
        )

    async def trades(self, symbol: str, limit: int | None = None) -> list[wm.WireTrade]:
        """The most recent public trades, at most 1000."""
        return await self._get(routes.TRADES, list[wm.WireTrade], symbol=symbol, limit=limit)

    async def trade_history(
        self, symbol: str, limit: int | None = None, offset: int | None = None
    ) -> list[wm.WireTrade]:
        """Older public trades, at most 1000 a page."""
        return await self._get(
            routes.TRADE_HISTORY, list[wm.WireTrade], symbol=symbol, limit=limit, offset=offset
        )

    # --- assets, sessions, predictions -------------------------------------------------------------

    async def assets(self, country: str | None = None) -> list[wm.Asset]:
        """Assets and the chains they live on; `country` is ISO 3166-1 alpha-2."""
        return await self._get(routes.ASSETS, list[wm.Asset], country=country)

    async def collateral_parameters(self) -> dict[str, wm.CollateralParameters]:
        """How much of each asset counts as collateral."""
        rows = await self._get(routes.COLLATERAL_PARAMETERS, list[wm.CollateralParameters])
        return {row.symbol: row for row in rows}

    async def borrow_lend_markets(self) -> dict[str, wm.BorrowLendMarket]:
        """What borrowing and lending each asset costs and earns, by asset."""
        rows = await self._get(routes.BORROW_LEND_MARKETS, list[wm.BorrowLendMarket])
        return {row.symbol: row for row in rows}

    async def market_sessions(self) -> list[wm.MarketSession]:
        return await self._get(routes.MARKET_SESSIONS, list[wm.MarketSession])

    async def securities(self) -> list[wm.Security]:
        return await self._get(routes.SECURITIES, list[wm.Security])

    async def prediction_events(
        self,
        *,
        symbol: str | None = None,
        tag: str | None = None,
        event: str | None = None,
        series: str | None = None,
        resolved: bool | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> list[wm.PredictionEvent]:
        return await self._get(
            routes.PREDICTION,
            list[wm.PredictionEvent],
            symbol=symbol,
            tagSlug=tag,
            eventSlug=event,
            seriesSlug=series,
            resolved=resolved,
            limit=limit,
            offset=offset,
        )

    async def prediction_tags(self) -> list[wm.PredictionTag]:
        return await self._get(routes.PREDICTION_TAGS, list[wm.PredictionTag])

    async def _get(self, route: Route, kind: type[T], **params: str | int | bool | None) -> T:
        return await self._session.read_public(route, params, kind)
