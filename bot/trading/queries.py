"""What people ask to see: positions, orders, balances, prices, fees. Reads only; raises BackpackError."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.accounts.account import AccountState, Position
from bot.domain.markets.market import Market, ResolvedSymbol, UnknownSymbol, named
from bot.domain.orders.order import OddOrder, OrderReport, OrderSnapshot, OrderState
from bot.domain.refusal import Refusal, RefusalCode
from bot.domain.values import MarketKind, OrderType
from bot.exchange.backpack import BackpackError
from bot.kernel.storage import Database
from bot.marketdata import Catalogue, Moment, Ticker
from bot.people.tables import Account, User
from bot.trading.account_clients import AccountClients
from bot.trading.linking import Linking
from bot.trading.storage import orders


@dataclass(frozen=True, slots=True)
class Shown:
    """An account and what it holds."""

    account: Account
    state: AccountState
    markets: dict[str, Market]

    @property
    def positions(self) -> list[Position]:
        return sorted(self.state.positions.values(), key=lambda one: one.notional, reverse=True)


@dataclass(frozen=True, slots=True)
class RestingOrders:
    """What rests, and what cannot be read of it."""

    orders: list[OrderSnapshot]
    odd: tuple[OddOrder, ...]


class Queries:
    """Answers to questions; every one is about the asker's own account or about public markets."""

    def __init__(
        self, database: Database, catalogue: Catalogue, clients: AccountClients, linking: Linking
    ) -> None:
        self._database = database
        self._catalogue = catalogue
        self._clients = clients
        self._linking = linking

    async def account(self, user: User, label: str | None = None) -> Shown | Refusal:
        """Balances, positions, margin and fees of one account."""
        account = await self._linking.choose(user.id, label)
        if isinstance(account, Refusal):
            return account
        line = await self._clients.get(user.id, account.id)
        state = await line.state()
        with contextlib.suppress(BackpackError):  # what is held is shown without any list of markets
            await self._catalogue.markets()
        markets = {symbol: self._catalogue.known(symbol) for symbol in state.positions}
        return Shown(account, state, {symbol: one for symbol, one in markets.items() if one is not None})

    async def open_orders(self, user: User, label: str | None = None) -> list[OrderSnapshot] | Refusal:
        """Everything resting at the exchange that can be read (`resting`)."""
        found = await self.resting(user, label)
        return found if isinstance(found, Refusal) else found.orders

    async def resting(self, user: User, label: str | None = None) -> RestingOrders | Refusal:
        """Everything resting at the exchange; orders placed elsewhere too, without a code of ours."""
        account = await self._linking.choose(user.id, label)
        if isinstance(account, Refusal):
            return account
        line = await self._clients.get(user.id, account.id)
        resting = await line.resting()
        async with self._database.read() as session:
            ours = {o.exchange_id: o for o in await orders.open_orders(session, account.id)}
        shown = [
            orders.snapshot(known, account.label)
            if (known := ours.get(report.exchange_id)) is not None
            else _foreign(report, account, self._catalogue.known(report.symbol))
            for report in resting.orders
        ]
        return RestingOrders(shown, resting.odd)

    async def order(self, user: User, code: str) -> OrderSnapshot | Refusal:
        """One order of ours by its code."""
        async with self._database.read() as session:
            order = await orders.by_code(session, user.id, code)
        if order is None:
            return Refusal(RefusalCode.NO_ORDER, {"id": code})
        account = await self._linking.get(user.id, order.account_id)
        return orders.snapshot(order, account.label if account is not None else "")

    async def moment(self, mention: str, kind: MarketKind | None = None) -> Moment | Refusal:
        """Price and book of the market a word means; the exchange's own name of one means just that one."""
        own = (await self._catalogue.markets()).get(mention.upper())
        kind = own.kind if own is not None and own.visible else kind
        resolved = await self._catalogue.resolve(mention, kind)
        if isinstance(resolved, UnknownSymbol):
            suggestions = ", ".join(resolved.suggestions)
            return Refusal(RefusalCode.UNKNOWN_SYMBOL, {"symbol": mention, "suggestions": suggestions})
        return await self._catalogue.moment(resolved.market)

    async def day(self, symbol: str) -> Ticker | None:
        """The last 24 hours of a market; None when it did not trade or the exchange is slow to say."""
        return await self._catalogue.day(symbol)

    async def symbols(self, kind: MarketKind) -> Sequence[str]:
        """Assets that can be traded, for the buttons."""
        markets = await self._catalogue.markets()
        return [market.base for market in markets.values() if market.kind is kind and market.visible]

    async def resolve(self, mention: str, kind: MarketKind | None) -> ResolvedSymbol | UnknownSymbol:
        return await self._catalogue.resolve(mention, kind)


def _foreign(report: OrderReport, account: Account, market: Market | None) -> OrderSnapshot:
    return OrderSnapshot(
        code="",
        symbol=report.symbol,
        base=market.base if market else named(report.symbol).base,
        quote=market.quote if market else named(report.symbol).quote or "USDC",
        side=report.side,
        order_type=OrderType.LIMIT if report.price is not None else OrderType.MARKET,
        state=OrderState.TRIGGER_PENDING if report.trigger_price is not None else OrderState.NEW,
        account_label=account.label,
        created_ms=report.created_ms or 0,
        updated_ms=report.created_ms or 0,
        quantity=report.quantity,
        price=report.price,
        trigger_price=report.trigger_price,
        reduce_only=report.reduce_only,
        executed=report.executed,
        executed_quote=report.executed_quote,
        exchange_id=report.exchange_id,
        client_id=report.client_id,
    )
