"""What a series is at now, for an alert being made: from the feed where it is followed, else from REST."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.alerts.trigger import LAST, ValueSeries
from bot.domain.markets.funding import FundingRate
from bot.domain.markets.market import MarkPrice
from bot.domain.values import HUNDRED
from bot.exchange.backpack import BackpackClient
from bot.marketdata import Feed


@dataclass(frozen=True, slots=True)
class CurrentValue:
    """A value and when it was so, by the exchange's clock."""

    value: Decimal
    at_ms: int


class CurrentValues:
    """Asks by series."""

    def __init__(self, client: BackpackClient, feed: Feed, *, now_ms: Callable[[], int]) -> None:
        self._client = client
        self._feed = feed
        self._now_ms = now_ms

    def heard(self, series: ValueSeries) -> CurrentValue | None:
        """The newest the feed has told of a series that is followed; None: nothing yet."""
        quote = self._feed.quote(series.subject)
        if quote is None:
            return None
        if series.measure == LAST:
            last = quote.price
            return (
                CurrentValue(last.price, last.event_us // 1000 or last.received_ms)
                if last is not None
                else None
            )
        if quote.marking is None:
            return None
        value = self._of_mark(series, quote.marking.price)
        at_ms = quote.marking.event_us // 1000 or quote.marking.received_ms
        return CurrentValue(value, at_ms) if value is not None else None

    async def marks(self, measure: str, symbols: Sequence[str]) -> dict[ValueSeries, CurrentValue]:
        """A measure of the mark prices of several markets, in one request. Raises BackpackError."""
        begun = self._now_ms()
        prices = await self._client.mark_prices(symbols[0] if len(symbols) == 1 else None)
        found = {}
        for symbol in symbols:
            series = ValueSeries(measure, symbol)
            value = self._of_mark(series, prices[symbol]) if symbol in prices else None
            if value is not None:
                found[series] = CurrentValue(value, begun)
        return found

    async def spread(self, symbol: str) -> dict[ValueSeries, CurrentValue]:
        """Best ask over best bid in per cent of the middle. Raises BackpackError."""
        begun, book = self._now_ms(), await self._client.depth(symbol, 5)
        if book.best_bid is None or book.best_ask is None:
            return {}
        spread = (book.best_ask - book.best_bid) / (book.best_ask + book.best_bid) * 2 * HUNDRED
        return {ValueSeries("spread", symbol): CurrentValue(spread, begun)}

    async def asked(self, series: ValueSeries) -> CurrentValue | None:
        """The same from REST; None where the exchange has no value. Raises BackpackError."""
        if series.measure == LAST:
            trades = await self._client.trades(series.subject, 1)
            return CurrentValue(trades[0].price, trades[0].timestamp) if trades else None
        begun = self._now_ms()
        price = (await self._client.mark_prices(series.subject)).get(series.subject)
        value = self._of_mark(series, price) if price is not None else None
        return CurrentValue(value, begun) if value is not None else None

    def _of_mark(self, series: ValueSeries, price: MarkPrice) -> Decimal | None:
        """`mark`, `index`, `basis` (per cent), `funding` (per cent a year) or `left` (ms) of a mark price."""
        match series.measure:
            case "mark":
                return price.mark
            case "index":
                return price.index
            case "funding":
                interval_ms = self._feed.interval(series.subject)
                if price.funding_rate is None or interval_ms is None:
                    return None
                return FundingRate(price.funding_rate, interval_ms).yearly * HUNDRED
            case "left":
                due_ms = price.next_funding_ms
                return Decimal(due_ms - self._now_ms()) if due_ms is not None else None
        return (price.mark - price.index) / price.index * HUNDRED if price.index else None
