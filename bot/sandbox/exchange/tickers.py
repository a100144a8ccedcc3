"""Rolling statistics of a market over a day or a week, for REST and for the stream."""

from __future__ import annotations

from decimal import Decimal

from bot.sandbox.exchange.state import MarketState, World
from bot.sandbox.exchange.wire import Json
from bot.sandbox.values import ZERO, plain

_DAY = 86_400


def ticker_of(world: World, state: MarketState, days: int = 1) -> Json:
    """`Ticker` over the last day or week, from hourly candles."""
    now = world.now_ms() // 1000
    traded = state.candles.between("1h", now - days * _DAY, now + 1, 24 * days + 1)
    hours = [candle for _, candle in traded if candle is not None]
    last = state.last
    first = hours[0].open.quantize(state.spec.tick) if hours else last  # nothing traded: nothing moved
    change = last - first
    return {
        "symbol": state.spec.symbol,
        "firstPrice": plain(first),
        "lastPrice": plain(last),
        "priceChange": plain(change),
        "priceChangePercent": plain((change / first).quantize(Decimal("0.000001"))),
        "high": plain(max((candle.high for candle in hours), default=last).quantize(state.spec.tick)),
        "low": plain(min((candle.low for candle in hours), default=last).quantize(state.spec.tick)),
        "volume": plain(sum((candle.volume for candle in hours), ZERO)),
        "quoteVolume": plain(sum((candle.quote_volume for candle in hours), ZERO)),
        "trades": str(sum(candle.trades for candle in hours)),
    }
