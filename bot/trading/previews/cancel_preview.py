"""What a cancel would take away, told before it is done: orders, and the stops under open positions."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.domain.intent import CancelIntent
from bot.domain.orders.order import OrderReport, OrderSnapshot
from bot.domain.orders.stops import Bare, Exposure, bared, stops_of
from bot.domain.refusal import Refusal, RefusalCode
from bot.exchange.backpack import AccountClient, BackpackError
from bot.marketdata import Catalogue
from bot.people.tables import Account, KeyState, User
from bot.trading.account_clients import AccountClients
from bot.trading.execution.cancel_outcome import Cancelled
from bot.trading.execution.cancellation import Cancellation
from bot.trading.linking import Linking


@dataclass(frozen=True, slots=True)
class CancelPlan:
    """The orders an intent names, and what is left without a stop when they go.

    `stops` are those whose going leaves something open. `is_read` False: what is held could not be read, and
    every trigger order may be somebody's protection.
    """

    account: Account
    intent: CancelIntent  # with the account named
    orders: tuple[OrderSnapshot, ...]
    bare: tuple[Bare, ...] = ()
    stops: tuple[OrderSnapshot, ...] = ()
    is_read: bool = True

    @property
    def is_harmless(self) -> bool:
        """Whether no open position loses a stop."""
        return self.is_read and not self.bare

    @property
    def others(self) -> tuple[OrderSnapshot, ...]:
        """What can go while every stop stays."""
        kept = {order.exchange_id for order in self.stops}
        return tuple(order for order in self.orders if order.exchange_id not in kept)


class Cancels:
    """Plans cancels and carries them out. Reads of what rests raise BackpackError."""

    def __init__(
        self, cancellation: Cancellation, linking: Linking, clients: AccountClients, catalogue: Catalogue
    ) -> None:
        self._cancellation = cancellation
        self._catalogue = catalogue
        self._linking = linking
        self._clients = clients

    async def plan(self, user: User, intent: CancelIntent) -> CancelPlan | Refusal:
        """What the intent would cancel now; a refusal when there is nothing."""
        account = await self._linking.choose(user.id, intent.account)
        if isinstance(account, Refusal):
            return account
        if account.state is KeyState.READ_ONLY:
            return Refusal(RefusalCode.READ_ONLY_KEY)
        wanted = await self._cancellation.resting(user, intent)
        if isinstance(wanted, Refusal):
            return wanted
        if intent.order_id is not None:
            account = await self._linking.choose(user.id, wanted[0].account_label)
            if isinstance(account, Refusal):
                return account
        plan = CancelPlan(account, replace(intent, account=account.label), tuple(wanted))
        if all(order.trigger_price is None for order in wanted):
            return plan
        line = await self._clients.get(user.id, account.id)
        return await self._weighed(plan, line)

    async def _weighed(self, plan: CancelPlan, line: AccountClient) -> CancelPlan:
        triggers = tuple(order for order in plan.orders if order.trigger_price is not None)
        try:
            resting, held = await asyncio.gather(
                line.open_orders(), exposures(line, self._catalogue, triggers)
            )
        except BackpackError:
            return replace(plan, stops=triggers, is_read=False)
        leaving = {order.exchange_id for order in plan.orders}
        bare = bared(held, resting, leaving)
        protecting = _ids(bare, resting)
        stops = tuple(order for order in triggers if order.exchange_id in protecting)
        return replace(plan, bare=bare, stops=stops)

    async def carry_out(
        self, user: User, account_id: int, intent: CancelIntent, ids: Sequence[str]
    ) -> list[Cancelled] | Refusal:
        """Cancel those of the previewed orders that still rest."""
        found = await self._cancellation.resting(user, intent)
        if isinstance(found, Refusal):
            return found
        wanted = [order for order in found if order.exchange_id in ids]
        if not wanted:
            return Refusal(RefusalCode.NO_ORDER)
        return await self._cancellation.withdraw(user.id, account_id, wanted)


def _ids(bare: Sequence[Bare], resting: Sequence[OrderReport]) -> set[str | None]:
    return {order.exchange_id for one in bare for order in stops_of(one.exposure, resting)}


async def exposures(
    line: AccountClient, catalogue: Catalogue, orders: Sequence[OrderSnapshot]
) -> list[Exposure]:
    """What is held of the markets of `orders`: net positions, and on spot the coins."""
    coins = {order.symbol: order.base for order in orders if order.symbol == f"{order.base}_{order.quote}"}
    positions = await line.positions_in({order.symbol for order in orders} - coins.keys())
    held = [Exposure(one.symbol, one.quantity, one.mark_price) for one in positions.values()]
    if not coins:
        return held
    balances, markets = (await line.state()).balances, await catalogue.markets()
    for symbol, base in coins.items():
        balance, market = balances.get(base), markets.get(symbol)
        if market is not None and balance is not None and balance.total:
            price = (await catalogue.moment(market)).last
            held.append(Exposure(symbol, balance.total, price, is_perp=False))
    return held
