"""What a series is at now, for an alert being made: from the feed where it is followed, else from REST."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from bot.alerts.rungs import LAST, MARK, Series
from bot.backpack import BackpackClient
from bot.domain.market import MarkPrice
from bot.domain.values import HUNDRED
from bot.market import Feed


@dataclass(frozen=True, slots=True)
class Reading:
    """A value and when it was so, by the exchange's clock."""

    value: Decimal
    at_ms: int


class Readings:
    """Asks by series."""

    def __init__(self, client: BackpackClient, feed: Feed, *, now_ms: Callable[[], int]) -> None:
        self._client = client
        self._feed = feed
        self._now_ms = now_ms

    def heard(self, series: Series) -> Reading | None:
        """The newest the feed has told of a series that is followed; None: nothing yet."""
        quote = self._feed.quote(series.subject)
        if quote is None:
            return None
        if series.measure == LAST:
            last = quote.price
            return (
                Reading(last.price, last.event_us // 1000 or last.received_ms) if last is not None else None
            )
        if quote.marking is None:
            return None
        value = _of_mark(series.measure, quote.marking.price)
        at_ms = quote.marking.event_us // 1000 or quote.marking.received_ms
        return Reading(value, at_ms) if value is not None else None

    async def asked(self, series: Series) -> Reading | None:
        """The same from REST; None where the exchange has no value. Raises BackpackError."""
        if series.measure == LAST:
            trades = await self._client.trades(series.subject, 1)
            return Reading(trades[0].price, trades[0].timestamp) if trades else None
        begun = self._now_ms()
        price = (await self._client.mark_prices(series.subject)).get(series.subject)
        value = _of_mark(series.measure, price) if price is not None else None
        return Reading(value, begun) if value is not None else None


def _of_mark(measure: str, price: MarkPrice) -> Decimal | None:
    """`mark`, `index`, `basis` or `funding` (both per cent) of a mark price."""
    if measure == MARK:
        return price.mark
    if measure == "index":
        return price.index
    if measure == "funding":
        return price.funding_rate * HUNDRED if price.funding_rate is not None else None
    return (price.mark - price.index) / price.index * HUNDRED if price.index else None
