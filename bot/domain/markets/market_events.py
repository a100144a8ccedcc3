"""What the market says, as typed events: prices, trades, candles, and the moments when nobody was listening.

`event_us` is the exchange's time in microseconds (0 where it gives none); `received_ms` is ours, corrected by
the measured offset of the exchange's clock. Structs, not dataclasses: thousands are made every second.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

import msgspec

from bot.domain.markets.market import Market, MarkPrice


class StreamKind(StrEnum):
    """Public streams by the exchange's own names (Backpack OpenAPI, tag Streams)."""

    MARK_PRICE = "markPrice"
    TRADE = "trade"
    TICKER = "ticker"
    BOOK_TICKER = "bookTicker"
    DEPTH = "depth"
    KLINE = "kline"
    OPEN_INTEREST = "openInterest"
    LIQUIDATION = "liquidation"


class MarketEvent(msgspec.Struct, frozen=True, gc=False):
    """Base of everything a feed says. `symbol` is None only where a whole stream has no market."""


class LastPrice(MarketEvent, frozen=True, gc=False):
    """The last traded price is another one now."""

    symbol: str
    price: Decimal
    event_us: int
    received_ms: int


class MarkUpdate(MarketEvent, frozen=True, gc=False):
    """Mark and index, and the funding rate (a fraction) of the running interval."""

    symbol: str
    mark: Decimal
    index: Decimal | None
    funding_rate: Decimal | None
    next_funding_ms: int | None
    event_us: int
    received_ms: int

    @property
    def price(self) -> MarkPrice:
        return MarkPrice(self.symbol, self.mark, self.index, self.funding_rate, self.next_funding_ms)


class BookTop(MarketEvent, frozen=True, gc=False):
    """Best bid and ask; None where a side is empty."""

    symbol: str
    bid: Decimal | None
    bid_quantity: Decimal | None
    ask: Decimal | None
    ask_quantity: Decimal | None
    event_us: int
    received_ms: int


class Trade(MarketEvent, frozen=True, gc=False):
    """A public trade. Ids count up by one per market; each trade is told once, in their order."""

    symbol: str
    price: Decimal
    quantity: Decimal
    trade_id: int
    is_buyer_maker: bool
    event_us: int
    received_ms: int


class OpenInterest(MarketEvent, frozen=True, gc=False):
    """In base units."""

    symbol: str
    quantity: Decimal
    event_us: int
    received_ms: int


class LiquidationEvent(MarketEvent, frozen=True, gc=False):
    """A liquidation on a market; `side` is of the order that closed the position (`Bid`, `Ask`)."""

    symbol: str
    side: str
    price: Decimal
    quantity: Decimal
    event_us: int
    received_ms: int


class Kline(MarketEvent, frozen=True, gc=False):
    """A candle, running or closed. Prices are None where nothing traded; times in unix ms."""

    symbol: str
    interval: str
    start_ms: int
    end_ms: int
    open: Decimal | None
    high: Decimal | None
    low: Decimal | None
    close: Decimal | None
    volume: Decimal
    is_closed: bool
    event_us: int
    received_ms: int


class FeedGap(MarketEvent, frozen=True, gc=False):
    """Between these times (exchange's unix ms) events of a stream may be lost for good.

    Told once listening has begun again, so that candles over the gap are to be had. `symbol` None: of all.
    """

    symbol: str | None
    stream: StreamKind
    from_ms: int
    to_ms: int


class Listed(MarketEvent, frozen=True):
    """A market that was not there before."""

    symbol: str
    market: Market
    received_ms: int


class Delisted(MarketEvent, frozen=True):
    """A market that is gone; `market` is how it was last known."""

    symbol: str
    market: Market
    received_ms: int


class StateChanged(MarketEvent, frozen=True):
    """The book's state (`Open`, `Closed`, `CancelOnly`, …) changed; unknown values are carried."""

    symbol: str
    before: str
    after: str
    received_ms: int


class IntervalChanged(MarketEvent, frozen=True):
    """The running funding interval of a market is as long as this now, and was not before."""

    symbol: str
    interval_ms: int
    received_ms: int


@dataclass(frozen=True, slots=True)
class Quote:
    """The newest of everything known of one market, each part with its own age; None: never seen."""

    symbol: str
    price: LastPrice | None = None
    marking: MarkUpdate | None = None
    top: BookTop | None = None
    interest: OpenInterest | None = None

    @property
    def last(self) -> Decimal | None:
        return self.price.price if self.price is not None else None

    @property
    def last_ms(self) -> int | None:
        return self.price.received_ms if self.price is not None else None

    @property
    def mark(self) -> Decimal | None:
        return self.marking.mark if self.marking is not None else None

    @property
    def index(self) -> Decimal | None:
        return self.marking.index if self.marking is not None else None

    @property
    def funding_rate(self) -> Decimal | None:
        """A fraction for the running interval."""
        return self.marking.funding_rate if self.marking is not None else None

    @property
    def next_funding_ms(self) -> int | None:
        return self.marking.next_funding_ms if self.marking is not None else None

    @property
    def mark_ms(self) -> int | None:
        """When mark, index and funding were received."""
        return self.marking.received_ms if self.marking is not None else None

    @property
    def bid(self) -> Decimal | None:
        return self.top.bid if self.top is not None else None

    @property
    def ask(self) -> Decimal | None:
        return self.top.ask if self.top is not None else None

    @property
    def top_ms(self) -> int | None:
        return self.top.received_ms if self.top is not None else None

    @property
    def open_interest(self) -> Decimal | None:
        """In base units."""
        return self.interest.quantity if self.interest is not None else None

    @property
    def open_interest_ms(self) -> int | None:
        return self.interest.received_ms if self.interest is not None else None
