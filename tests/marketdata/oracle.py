"""The sandbox's own engine as a witness: every book, mark price and trade it ever had, and until when."""

from __future__ import annotations

import time
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from bot.domain.markets.market import Book
from bot.sandbox.exchange import SandboxExchange
from bot.sandbox.exchange.book import Change
from bot.sandbox.exchange.model import Trade as Printed
from bot.sandbox.exchange.state import MarketState
from bot.sandbox.values import Side

PERPS = ("SOL_USDC_PERP", "BTC_USDC_PERP", "ETH_USDC_PERP")
SYMBOLS = (*PERPS, "SOL_USDC")


def levels_of(market: MarketState) -> tuple[Any, ...]:
    return tuple(market.book.levels(Side.BUY)), tuple(market.book.levels(Side.SELL))


class Oracle:
    """Listens to the engine before anything can go wrong with it."""

    def __init__(self, exchange: SandboxExchange) -> None:
        self._world = exchange.engine.world
        self._next = self._world.listener
        self._world.listener = self
        exchange.engine.settled = self._watch_marks  # no mark price escapes us
        self.versions: dict[str, dict[tuple[Any, ...], float]] = {symbol: {} for symbol in SYMBOLS}
        self.trades: dict[str, list[Printed]] = {symbol: [] for symbol in SYMBOLS}
        self.marks: dict[str, dict[Decimal, float]] = {symbol: {} for symbol in PERPS}
        for symbol in SYMBOLS:
            self.versions[symbol][levels_of(self._world.markets[symbol])] = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._next, name)

    def on_book(self, market: MarketState, changes: Sequence[Change]) -> None:
        symbol = market.spec.symbol
        if symbol in self.versions:
            self.versions[symbol][levels_of(market)] = time.monotonic()
        self._next.on_book(market, changes)

    def on_trade(self, trade: Printed) -> None:
        if trade.symbol in self.trades:
            self.trades[trade.symbol].append(trade)
        self._next.on_trade(trade)

    def age_of_mark(self, symbol: str, mark: Decimal) -> float | None:
        """How long ago a served mark price was true for the last time; None when it never was."""
        if mark == self._world.markets[symbol].mark:
            return 0.0
        until = self.marks[symbol].get(mark)
        return None if until is None else time.monotonic() - until

    def _watch_marks(self) -> None:
        """Remember until when each mark price was true."""
        for symbol in PERPS:
            self.marks[symbol][self._world.markets[symbol].mark] = time.monotonic()

    def age_of_book(self, symbol: str, book: Book) -> float | None:
        """How long a served book has been out of date; None when the exchange never had such a book."""
        held = tuple(book.bids), tuple(book.asks)
        since = self.versions[symbol].get(held)
        if since is None:
            return None
        later = [at for at in self.versions[symbol].values() if at > since]
        return time.monotonic() - min(later) if later else 0.0

    def forget(self) -> None:
        """What is too old to be served by anybody."""
        now = time.monotonic()
        for versions in self.versions.values():
            current = max(versions.values())
            for held in [held for held, at in versions.items() if at < current and now - at > 30]:
                del versions[held]
