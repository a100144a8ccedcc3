"""Acts on what already exists: cancel one order or many.

Cancels need no ticket: they are harmless to repeat, and each says what came of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bot.domain.intent import CancelIntent
from bot.domain.markets.market import UnknownSymbol, named
from bot.domain.orders.order import OrderSnapshot
from bot.domain.refusal import Refusal, RefusalCode
from bot.domain.values import Side
from bot.kernel.storage import Database
from bot.marketdata import Catalogue
from bot.people.tables import User
from bot.trading.account_clients import AccountClients
from bot.trading.execution.cancel_outcome import Cancelled, withdraw
from bot.trading.queries import Queries
from bot.trading.storage import promises
from bot.trading.tracking.tracker import Tracker


class Cancellation:
    """Cancels of one user's accounts. Reads raise BackpackError; acts report it."""

    def __init__(
        self,
        database: Database,
        catalogue: Catalogue,
        clients: AccountClients,
        queries: Queries,
        tracker: Tracker,
    ) -> None:
        self._database = database
        self._catalogue = catalogue
        self._clients = clients
        self._queries = queries
        self._tracker = tracker

    async def withdraw(
        self, user_id: int, account_id: int, wanted: Sequence[OrderSnapshot]
    ) -> list[Cancelled]:
        """Cancel exactly these orders of one account."""
        line = await self._clients.get(user_id, account_id)
        with self._tracker.withdrawing(account_id, (order.exchange_id for order in wanted)):
            results = await asyncio.gather(
                *(withdraw(line, self._tracker, account_id, order) for order in wanted)
            )
        gone = [one.order for one in results if one.error is None and one.order.trigger_price is not None]
        if gone:
            async with self._database.write() as session:
                for symbol in {order.symbol for order in gone}:
                    ids = {order.exchange_id for order in gone}
                    await promises.release_of(session, account_id, symbol, ids)
        return list(results)

    async def resting_ids(self, user_id: int, account_id: int) -> set[str | None]:
        """Exchange ids of everything that rests on one account now."""
        line = await self._clients.get(user_id, account_id)
        return {report.exchange_id for report in await line.open_orders()}

    async def resting(self, user: User, intent: CancelIntent) -> list[OrderSnapshot] | Refusal:
        """The open orders an intent names; a refusal when there is none."""
        if intent.order_id is not None:
            order = await self._queries.order(user, intent.order_id)
            if isinstance(order, Refusal):
                return order
            known = order.state.is_live and order.exchange_id is not None
            return [order] if known else Refusal(RefusalCode.NO_ORDER, {"id": intent.order_id})
        found = await self._queries.open_orders(user, intent.account)
        if isinstance(found, Refusal):
            return found
        base = ""
        if intent.symbol is not None:
            resolved = await self._catalogue.resolve(intent.symbol, None)
            base = named(intent.symbol).base if isinstance(resolved, UnknownSymbol) else resolved.market.base
            found = [order for order in found if named(order.symbol).base == base.upper()]
            if isinstance(resolved, UnknownSymbol) and not found:
                params = {"symbol": intent.symbol, "suggestions": ", ".join(resolved.suggestions)}
                return Refusal(RefusalCode.UNKNOWN_SYMBOL, params)
        if intent.scope in {"buys", "sells"}:
            side = Side.BUY if intent.scope == "buys" else Side.SELL
            found = [order for order in found if order.side is side]
        return found or Refusal(RefusalCode.NO_ORDER, {"symbol": base})
