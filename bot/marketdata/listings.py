"""Markets that come, go and change state, noticed by comparing one reading of `/markets` with the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.domain.markets.market import Market
from bot.domain.markets.market_events import Delisted, Listed, MarketEvent, StateChanged


def news(
    before: Mapping[str, Market], after: Mapping[str, Market], received_ms: int
) -> Iterator[MarketEvent]:
    """What changed. A market that is not `visible` is not listed."""
    for symbol, market in after.items():
        known = before.get(symbol)
        if market.visible and (known is None or not known.visible):
            yield Listed(symbol, market, received_ms)
        elif known is not None and known.visible and not market.visible:
            yield Delisted(symbol, known, received_ms)
        elif known is not None and known.state != market.state:
            yield StateChanged(symbol, known.state, market.state, received_ms)
    for symbol, known in before.items():
        if symbol not in after and known.visible:
            yield Delisted(symbol, known, received_ms)


def heartbeat(markets: Mapping[str, Market]) -> str | None:
    """The perp whose mark price, told every second, proves that the socket still speaks."""
    open_perps = sorted(
        (
            market
            for market in markets.values()
            if market.is_perp and market.visible and market.state == "Open"
        ),
        key=lambda market: (market.base != "BTC", market.symbol),
    )
    return open_perps[0].symbol if open_perps else None
