"""Acts on what already exists: cancel one order or many, and the panic that flattens an account.

Cancels need no ticket: they are harmless to repeat, and each says what came of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from bot.backpack import AccountClient, BackpackError
from bot.desk.linking import Linking
from bot.desk.placing import Leg, Placing
from bot.desk.queries import Queries
from bot.desk.sessions import AccountSessions
from bot.desk.tracker import Tracker
from bot.domain.account import Position
from bot.domain.intent import CancelIntent
from bot.domain.market import Market, UnknownSymbol
from bot.domain.order import OrderEvent, OrderRequest, OrderSnapshot
from bot.domain.refusal import Refusal, RefusalCode
from bot.domain.values import ZERO, OrderType, Side
from bot.market import Catalogue
from bot.store import Database, orders, tickets
from bot.store.buttons import new_token
from bot.store.tables import Account, Ticket, TicketKind, User
from bot.store.tables import AccountState as KeyState

PANIC_LIFE_MS: Final = 60_000
PANIC_RESUME_MS: Final = 5 * 60_000  # an older one may no longer be what its user wants


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What became of the cancel of one order; `error` None: it is gone, or will be in a moment."""

    order: OrderSnapshot
    error: BackpackError | None = None


@dataclass(frozen=True, slots=True)
class PanicPlan:
    """What a panic would touch now, and the token of its second tap."""

    token: str
    account_id: int
    account_label: str
    orders: int
    positions: tuple[Position, ...]

    def __repr__(self) -> str:
        return f"PanicPlan(orders={self.orders}, positions={len(self.positions)})"


@dataclass(slots=True)
class PanicDone:
    cancelled: int = 0
    closing: list[int] = field(default_factory=list)  # ids of our closing orders
    errors: list[tuple[str, BackpackError]] = field(default_factory=list)  # (symbol, why)


class Manage:
    """Cancels and panics of one user's accounts. Reads raise BackpackError; acts report it."""

    def __init__(
        self,
        database: Database,
        catalogue: Catalogue,
        sessions: AccountSessions,
        linking: Linking,
        queries: Queries,
        placing: Placing,
        tracker: Tracker,
        *,
        clock: Callable[[], int],
    ) -> None:
        self._database = database
        self._catalogue = catalogue
        self._sessions = sessions
        self._linking = linking
        self._queries = queries
        self._placing = placing
        self._tracker = tracker
        self._clock = clock

    async def cancel(self, user: User, intent: CancelIntent) -> list[Cancelled] | Refusal:
        """Cancel what the intent names: one order by its code, a market's, a side's, or all."""
        account = await self._trading(user, intent.account)
        if isinstance(account, Refusal):
            return account
        account_id, wanted = account.id or 0, await self.resting(user, intent)
        if isinstance(wanted, Refusal):
            return wanted
        if intent.order_id is not None:
            account_id = await self._account_of(user, intent.order_id) or account_id
        line = await self._sessions.get(user.id, account_id)
        return list(await asyncio.gather(*(self._withdraw(account_id, line, order) for order in wanted)))

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
            if isinstance(resolved, UnknownSymbol):
                params = {"symbol": intent.symbol, "suggestions": ", ".join(resolved.suggestions)}
                return Refusal(RefusalCode.UNKNOWN_SYMBOL, params)
            base = resolved.market.base
            found = [order for order in found if order.base == base]
        if intent.scope in {"buys", "sells"}:
            side = Side.BUY if intent.scope == "buys" else Side.SELL
            found = [order for order in found if order.side is side]
        return found or Refusal(RefusalCode.NO_ORDER, {"symbol": base})

    async def _account_of(self, user: User, code: str) -> int | None:
        async with self._database.read() as session:
            order = await orders.by_code(session, user.id, code)
        return order.account_id if order is not None else None

    async def _withdraw(self, account_id: int, line: AccountClient, order: OrderSnapshot) -> Cancelled:
        """Cancel one order and let the tracker know what the exchange answered."""
        try:
            report = await line.cancel(order.symbol, order_id=order.exchange_id)
        except BackpackError as error:
            return Cancelled(order, error)
        if report is not None:
            ended = (
                report if report.event is OrderEvent.FILLED else replace(report, event=OrderEvent.CANCELLED)
            )
            await self._tracker.apply(account_id, ended)
        return Cancelled(order)

    async def _trading(self, user: User, label: str | None) -> Account | Refusal:
        account = await self._linking.choose(user.id, label)
        if isinstance(account, Account) and account.state is KeyState.READ_ONLY:
            return Refusal(RefusalCode.READ_ONLY_KEY)
        return account

    # --- panic -------------------------------------------------------------------------------------

    async def look_around(self, user: User) -> PanicPlan | Refusal:
        """What a panic would touch now, before anything is asked twice."""
        account = await self._trading(user, None)
        if isinstance(account, Refusal):
            return account
        line = await self._sessions.get(user.id, account.id or 0)
        resting, held = await asyncio.gather(line.open_orders(), line.positions())
        return PanicPlan("", account.id or 0, account.label, len(resting), tuple(held.values()))

    async def plan_panic(self, user: User, chat_id: int) -> PanicPlan | Refusal:
        """What would be cancelled and closed, and the ticket for the second tap."""
        plan = await self.look_around(user)
        if isinstance(plan, Refusal):
            return plan
        token, now = new_token(), self._clock()
        ticket = Ticket(
            token_hash=tickets.hash_token(token),
            user_id=user.id,
            chat_id=chat_id,
            account_id=plan.account_id,
            kind=TicketKind.PANIC,
            line="panic",
            legs=[],
            preview={"references": []},
            created_ms=now,
            expires_ms=now + PANIC_LIFE_MS,
        )
        async with self._database.write() as session:
            await tickets.offer(session, ticket)
        return replace(plan, token=token)

    async def panic(self, token: str, user: User) -> PanicDone | Refusal:
        """Cancel every order, then close every position as it stands now. Each leg reports for itself."""
        ticket = await self._placing.claim(token, user.id)
        return ticket if isinstance(ticket, Refusal) else await self._flatten(ticket)

    async def interrupted(self) -> list[Ticket]:
        """Panics of the last minutes that a crash cut short."""
        async with self._database.read() as session:
            return await tickets.unfinished(session, TicketKind.PANIC, self._clock() - PANIC_RESUME_MS)

    async def resume(self, ticket: Ticket) -> PanicDone:
        """Finish an interrupted panic; what was done already is not there to be done again."""
        return await self._flatten(ticket)

    async def _flatten(self, ticket: Ticket) -> PanicDone:
        line = await self._sessions.get(ticket.user_id, ticket.account_id or 0)
        done = PanicDone()
        await self._cancel_everything(ticket, line, done)
        try:
            held = await line.positions()
            markets = await self._catalogue.markets()
        except BackpackError as error:
            done.errors.append(("*", error))
            return done
        legs = [
            Leg.of(request, markets[position.symbol])
            for position in held.values()
            if position.symbol in markets
            for request in _closing(position, markets[position.symbol])
        ]
        done.closing = await self._placing.place_now(ticket, legs)
        async with self._database.write() as session:
            await tickets.finish(session, ticket.id or 0, self._clock())
        return done

    async def _cancel_everything(self, ticket: Ticket, line: AccountClient, done: PanicDone) -> None:
        try:
            resting = await line.open_orders()
            running = await line.open_strategies()
        except BackpackError as error:
            done.errors.append(("*", error))
            return
        for symbol in sorted({order.symbol for order in resting}):
            try:
                gone = await line.cancel_all(symbol)
            except BackpackError as error:
                done.errors.append((symbol, error))
                continue
            done.cancelled += sum(order.symbol == symbol for order in resting)
            for report in gone:
                if ticket.account_id is not None:
                    await self._tracker.apply(ticket.account_id, replace(report, event=OrderEvent.CANCELLED))
        for symbol in sorted({strategy.symbol for strategy in running}):
            try:
                await line.cancel_all_strategies(symbol)
            except BackpackError as error:
                done.errors.append((symbol, error))


def _closing(position: Position, market: Market) -> list[OrderRequest]:
    """Market orders for the whole position, each within the market's largest quantity.

    Reduce-only, so that a second one cannot open the other side.
    """
    requests, left = [], abs(position.quantity)
    while left > ZERO:
        part = min(left, market.max_quantity or left)
        requests.append(
            OrderRequest(
                symbol=position.symbol,
                side=position.closing_side,
                order_type=OrderType.MARKET,
                quantity=part,
                reduce_only=True,
            )
        )
        left -= part
    return requests
