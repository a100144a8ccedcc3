"""What the engine tells the world: order, position and balance changes, trades, book changes.

The listener decides who hears it; the engine neither knows nor waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from bot.sandbox.exchange.book import Change
from bot.sandbox.exchange.model import Account, Fill, Order, Position, Trade

if TYPE_CHECKING:
    from bot.sandbox.exchange.state import MarketState


class Listener(Protocol):
    """Called inside the engine's command, in order; must return at once."""

    def on_order(self, order: Order, event: str, fill: Fill | None) -> None: ...

    def on_position(self, account: Account, position: Position, event: str) -> None: ...

    def on_balance(self, account_id: int, asset: str) -> None: ...

    def on_trade(self, trade: Trade) -> None: ...

    def on_liquidation(self, fill: Fill) -> None: ...

    def on_book(self, market: MarketState, changes: Sequence[Change]) -> None: ...


class Silent:
    """Nobody listens."""

    def on_order(self, order: Order, event: str, fill: Fill | None) -> None:
        pass

    def on_position(self, account: Account, position: Position, event: str) -> None:
        pass

    def on_balance(self, account_id: int, asset: str) -> None:
        pass

    def on_trade(self, trade: Trade) -> None:
        pass

    def on_liquidation(self, fill: Fill) -> None:
        pass

    def on_book(self, market: MarketState, changes: Sequence[Change]) -> None:
        pass
