"""From events of the feed to values of series: the one place that knows which event tells what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from bot.alerts.account_values import Accounts
from bot.alerts.evaluator import Evaluator
from bot.alerts.trigger import INTEREST, LAST, LIQUIDATIONS, MARK, TOP, VOLUME, ValueSeries
from bot.domain.accounts.account_snapshot import Marked
from bot.domain.markets.funding import FundingRate
from bot.domain.markets.market_events import (
    BookTop,
    Kline,
    LiquidationEvent,
    MarketEvent,
    MarkUpdate,
    OpenInterest,
    Trade,
)
from bot.domain.values import HUNDRED
from bot.marketdata import Stream

KINDS: Final = frozenset(
    {
        Trade,
        MarkUpdate,
        BookTop,
        OpenInterest,
        Kline,
        LiquidationEvent,
    }
)
_NAMES: Final[dict[type, str]] = {Trade: LAST, MarkUpdate: MARK, BookTop: TOP, OpenInterest: INTEREST}


def stream_of(name: str) -> Stream:
    """What to subscribe to for a name."""
    kind, symbol = name.split(":", 1)
    match kind:
        case "last":
            return Stream.trades(symbol)
        case "mark":
            return Stream.mark_price(symbol)
        case "top":
            return Stream.top(symbol)
        case "oi":
            return Stream.open_interest(symbol)
        case "volume":
            return Stream.klines(symbol, "1m")
        case _:
            return Stream.liquidations()


def name_of_event(event: MarketEvent) -> str | None:
    """Under which name it is followed; None: it comes unasked."""
    if isinstance(event, LiquidationEvent):
        return f"{LIQUIDATIONS}:"
    if isinstance(event, Kline):
        return f"{VOLUME}:{event.symbol}"
    kind = _NAMES.get(type(event))
    return f"{kind}:{event.symbol}" if kind is not None else None  # type: ignore[attr-defined]


class MarketInput:
    """`take` every event that was not held back, in order."""

    def __init__(
        self, evaluator: Evaluator, accounts: Accounts, interval: Callable[[str], int | None]
    ) -> None:
        """`interval` tells how long the running funding interval of a market is (ms)."""
        self._evaluator = evaluator
        self._interval = interval
        self._accounts = accounts

    def take(self, event: MarketEvent, *, strict: bool = False) -> int | None:
        """Its values into the evaluator; its time (exchange's unix ms) where its series has a watermark."""
        match event:
            case Trade():
                at_ms = event.event_us // 1000 or event.received_ms
                self._evaluator.price(ValueSeries(LAST, event.symbol), event.price, at_ms, strict=strict)
                return at_ms
            case MarkUpdate():
                return self._mark(event, strict)
            case BookTop():
                self._spread(event)
            case OpenInterest():
                self._evaluator.price(ValueSeries("oi", event.symbol), event.quantity, event.received_ms)
            case Kline():
                if event.is_closed and event.interval == "1m":
                    self._evaluator.minute(event.symbol, event.volume, event.end_ms)
            case LiquidationEvent():
                self._liquidation(event)
        return None

    def _mark(self, event: MarkUpdate, strict: bool) -> int:
        evaluator, symbol = self._evaluator, event.symbol
        at_ms = event.event_us // 1000 or event.received_ms
        evaluator.price(ValueSeries(MARK, symbol), event.mark, at_ms, strict=strict)
        if event.index is not None:
            evaluator.price(ValueSeries("index", symbol), event.index, at_ms, strict=strict)
            if event.index:
                basis = (event.mark - event.index) / event.index * HUNDRED
                evaluator.observe(ValueSeries("basis", symbol), basis, at_ms)
        interval_ms = self._interval(symbol)
        if event.funding_rate is not None and interval_ms is not None:
            rate = FundingRate(event.funding_rate, interval_ms)
            evaluator.funding(symbol, rate, event.next_funding_ms, at_ms)
        if event.next_funding_ms is not None:
            evaluator.left(symbol, event.next_funding_ms, at_ms)
        self._accounts.mark(symbol, Marked(event.mark, event.funding_rate), at_ms)
        return at_ms

    def _spread(self, event: BookTop) -> None:
        if event.bid is not None and event.ask is not None:
            spread = (event.ask - event.bid) / (event.ask + event.bid) * 2 * HUNDRED
            self._evaluator.observe(ValueSeries("spread", event.symbol), spread, event.received_ms)

    def _liquidation(self, event: LiquidationEvent) -> None:
        notional = event.price * event.quantity
        at_ms = event.event_us // 1000 or event.received_ms
        told = self._evaluator.event_conditions.liquidated(event.symbol, notional, at_ms)
        detail = {"symbol": event.symbol}
        self._evaluator.happened(told, notional, at_ms, detail)
