"""Streams that go by the clock: aggregated depth, mark price, ticker, candles, open interest.

Nothing is computed for a stream nobody listens to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from bot.sandbox.exchange import feeds
from bot.sandbox.exchange.book import Change
from bot.sandbox.exchange.candles import INTERVALS
from bot.sandbox.exchange.state import MarketState, World
from bot.sandbox.exchange.subscriptions import WINDOWS, Name, Registry
from bot.sandbox.exchange.tickers import ticker_of
from bot.sandbox.values import Side

_EVERY = {"markPrice": 1.0, "ticker": 1.0, "kline": 1.0, "openInterest": 60.0}
Publish = Callable[[str, feeds.Payload], None]


@dataclass(slots=True)
class _Gathered:
    """Depth changes waiting for their window to end."""

    first: int
    last: int
    levels: dict[tuple[Side, Decimal], Decimal] = field(default_factory=dict)


class Pulse:
    """`beat(now)` publishes what is due; `now` is any monotonic number of seconds."""

    def __init__(self, world: World, registry: Registry[Any], publish: Publish) -> None:
        self._world = world
        self._registry = registry
        self._publish = publish
        self._due: dict[str, float] = {}
        self._gathered: dict[str, _Gathered] = {}
        self._last_candle: dict[str, tuple[int, int]] = {}  # stream -> start, trades

    def begin(self, stream: str) -> None:
        """Somebody comes to a stream nobody followed: what its last follower knew is no news to them."""
        self._last_candle.pop(stream, None)
        self._due.pop(stream, None)

    def gather(self, market: MarketState, changes: Sequence[Change]) -> None:
        """Keep changes for the aggregated depth streams in use."""
        for window in WINDOWS:
            stream = f"depth.{window}.{market.spec.symbol}"
            if not self._registry.wanted(stream):
                self._gathered.pop(stream, None)
                continue
            kept = self._gathered.setdefault(stream, _Gathered(market.depth_id, market.depth_id))
            kept.last = market.depth_id
            kept.levels.update({(side, price): quantity for side, price, quantity in changes})

    def beat(self, now: float) -> None:
        for name in self._due_names(now):
            market = self._world.markets.get(name.symbol or "")
            if market is not None and market.listed:
                self._send(name, market)

    def _due_names(self, now: float) -> Iterator[Name]:
        for kind in ("depth", *_EVERY):
            for name in self._registry.names(kind):
                every = WINDOWS[name.detail] if kind == "depth" and name.detail else _EVERY.get(kind)
                if every is not None and now >= self._due.get(name.text, 0.0):
                    self._due[name.text] = now + every
                    yield name

    def _send(self, name: Name, market: MarketState) -> None:
        now_us = self._world.now_us()
        if name.kind == "depth":
            self._send_depth(name, market, now_us)
        elif name.kind == "markPrice" and market.spec.is_perp:
            self._publish(name.text, feeds.mark_price(market, now_us))
        elif name.kind == "openInterest" and market.spec.is_perp:
            self._publish(name.text, feeds.open_interest(self._world, market.spec.symbol, now_us))
        elif name.kind == "ticker":
            self._publish(name.text, feeds.ticker(ticker_of(self._world, market), now_us))
        elif name.kind == "kline":
            self._send_kline(name, market, now_us)

    def _send_depth(self, name: Name, market: MarketState, now_us: int) -> None:
        kept = self._gathered.pop(name.text, None)
        if kept is not None:
            changes = [(side, price, quantity) for (side, price), quantity in kept.levels.items()]
            self._publish(name.text, feeds.depth(market, changes, kept.first, kept.last, now_us))

    def _send_kline(self, name: Name, market: MarketState, now_us: int) -> None:
        """The running candle when it changed; the one before, closed, when a new one began."""
        interval = name.detail or "1m"
        length, second = INTERVALS[interval], now_us // 1_000_000
        start = second // length * length
        before = self._last_candle.get(name.text)
        if before is not None and before[0] < start:
            for _, closed in market.candles.between(interval, before[0], before[0] + length, 1):
                if closed is not None:
                    payload = feeds.kline(market, interval, closed, closed=True, now_us=now_us)
                    self._publish(name.text, payload)
        candle = market.candles.current(interval, second)
        if candle is not None and (candle.start, candle.trades) != before:
            self._last_candle[name.text] = (candle.start, candle.trades)
            self._publish(name.text, feeds.kline(market, interval, candle, closed=False, now_us=now_us))
