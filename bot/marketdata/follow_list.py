"""Which markets' books are kept for previews: those looked at lately, the longest unseen going first."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Final

from bot.domain.markets.market import Market
from bot.marketdata.feed import Feed
from bot.marketdata.subscriptions import Stream, Subscription

MOST: Final = 50  # books at once: each costs its share of every second
KEPT_S: Final = 600.0  # after the last look


class FollowList:
    """`look` at a market and its book, mark and open interest are there for the next look."""

    def __init__(self, feed: Feed, *, most: int = MOST, kept_seconds: float = KEPT_S) -> None:
        self._feed = feed
        self._most = most
        self._kept = kept_seconds
        self._held: OrderedDict[str, tuple[Subscription, float]] = OrderedDict()
        self._sweeping: asyncio.TimerHandle | None = None

    def look(self, market: Market) -> None:
        """Follow the market from now on, for a while."""
        loop = asyncio.get_running_loop()
        held = self._held.pop(market.symbol, None)
        subscription = held[0] if held is not None else self._feed.subscribe(*_streams(market))
        self._held[market.symbol] = (subscription, loop.time() + self._kept)
        while len(self._held) > self._most:
            self._let_go()
        if self._sweeping is None:
            self._sweeping = loop.call_later(self._kept, self._sweep)

    @property
    def symbols(self) -> list[str]:
        """Longest unseen first."""
        return list(self._held)

    def looked_at(self, seconds: float) -> list[str]:
        """Those looked at within the last `seconds`, the newest first."""
        since = asyncio.get_running_loop().time() + self._kept - seconds
        return [symbol for symbol, (_, until) in reversed(self._held.items()) if until >= since]

    def _let_go(self) -> None:
        _, (subscription, _) = self._held.popitem(last=False)
        subscription.close()

    def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        self._sweeping = None
        while self._held:
            _, until = next(iter(self._held.values()))
            if until > loop.time():
                self._sweeping = loop.call_at(until, self._sweep)
                return
            self._let_go()


def _streams(market: Market) -> tuple[Stream, ...]:
    book = Stream.depth(market.symbol)
    if not market.is_perp:
        return (book,)
    return book, Stream.mark_price(market.symbol), Stream.open_interest(market.symbol)
