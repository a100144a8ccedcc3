"""Acts on what already exists: cancel one order or many, and the panic that flattens an account.

Cancels need no ticket: they are harmless to repeat, and each says what came of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.backpack import AccountClient, BackpackError
from bot.desk.linking import Linking
from bot.desk.placing import Leg, Placing
from bot.desk.queries import Queries
from bot.desk.sessions import AccountSessions
from bot.desk.tracker import Tracker
from bot.desk.withdrawing import Cancelled, withdraw
from bot.domain.account import Position
from bot.domain.intent import CancelIntent
from bot.domain.market import Market, UnknownSymbol
from bot.domain.order import OrderEvent, OrderReport, OrderRequest, OrderSnapshot, OrderState
from bot.domain.refusal import Refusal, RefusalCode
from bot.domain.values import ZERO, OrderType, Side
from bot.market import Catalogue
from bot.store import Database, orders, promises, tickets
from bot.store.buttons import new_token
from bot.store.tables import Account, Order, Ticket, TicketKind, User
from bot.store.tables import AccountState as KeyState

PANIC_LIFE_MS: Final = 60_000
PANIC_RESUME_MS: Final = 5 * 60_000  # an older one may no longer be what its user wants
SETTLE_MS: Final = 10_000  # what the exchange took at the market ends sooner, or its news was lost
DOUBT_POLL_S: Final = 0.25


@dataclass(frozen=True, slots=True)
class PanicPlan:
    """What a panic would touch now, and the token of its second tap."""

    ticket_id: int
    token: str
    account_id: int
    account_label: str
    orders: int
    positions: tuple[Position, ...]

    def __repr__(self) -> str:
        return f"PanicPlan(orders={self.orders}, positions={len(self.positions)})"


@dataclass(slots=True)
class PanicDone:
    """What a panic came to, whatever crashes it took to get there."""

    cancelled: int = 0
    closing: list[Order] = field(default_factory=list)  # our closing orders as they are known now
    errors: list[tuple[str, BackpackError]] = field(default_factory=list)  # (symbol, why)
    orders_unread: BackpackError | None = None  # why nothing was cancelled
    positions_unread: BackpackError | None = None  # why nothing was closed


Tell = Callable[[AsyncSession, Ticket, PanicDone], Awaitable[None]]


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

    async def withdraw(
        self, user_id: int, account_id: int, wanted: Sequence[OrderSnapshot]
    ) -> list[Cancelled]:
        """Cancel exactly these orders of one account."""
        line = await self._sessions.get(user_id, account_id)
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
        line = await self._sessions.get(user_id, account_id)
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
            if isinstance(resolved, UnknownSymbol):
                params = {"symbol": intent.symbol, "suggestions": ", ".join(resolved.suggestions)}
                return Refusal(RefusalCode.UNKNOWN_SYMBOL, params)
            base = resolved.market.base
            found = [order for order in found if order.base == base]
        if intent.scope in {"buys", "sells"}:
            side = Side.BUY if intent.scope == "buys" else Side.SELL
            found = [order for order in found if order.side is side]
        return found or Refusal(RefusalCode.NO_ORDER, {"symbol": base})

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
        return PanicPlan(0, "", account.id or 0, account.label, len(resting), tuple(held.values()))

    async def plan_panic(self, user: User, chat_id: int, group_id: int | None = None) -> PanicPlan | Refusal:
        """What would be cancelled and closed, and the ticket for the second tap."""
        plan = await self.look_around(user)
        if isinstance(plan, Refusal):
            return plan
        token, now = new_token(), self._clock()
        ticket = Ticket(
            token_hash=tickets.hash_token(token),
            user_id=user.id,
            chat_id=chat_id,
            group_id=group_id,
            account_id=plan.account_id,
            kind=TicketKind.PANIC,
            line="panic",
            legs=[],
            preview={"references": []},
            created_ms=now,
            expires_ms=now + PANIC_LIFE_MS,
        )
        async with self._database.write() as session:
            ticket = await tickets.offer(session, ticket)
        return replace(plan, ticket_id=ticket.id or 0, token=token)

    async def panic(self, token: str, user: User, tell: Tell) -> Refusal | None:
        """Cancel every order, then close every position as it stands now.

        `tell` writes what came of each leg in the transaction that finishes the ticket: what a crash leaves
        unfinished, `resume` does and tells.
        """
        ticket = await self._placing.on_offer(token, user.id)
        if isinstance(ticket, Refusal):
            return ticket
        refusal = await self._placing.claim(ticket, user.id)
        if refusal is not None:
            return refusal
        await self._flatten(ticket, tell)
        return None

    async def interrupted(self) -> list[Ticket]:
        """Panics of the last minutes that a crash cut short."""
        async with self._database.read() as session:
            return await tickets.unfinished(session, TicketKind.PANIC, self._clock() - PANIC_RESUME_MS)

    async def resume(self, ticket: Ticket, tell: Tell) -> None:
        """Finish an interrupted panic. Closes that may have been sent are looked up before others are."""
        await self._flatten(ticket, tell)

    async def _flatten(self, ticket: Ticket, tell: Tell) -> None:
        line = await self._sessions.get(ticket.user_id, ticket.account_id or 0)
        done = PanicDone()
        await self._cancel_everything(ticket, line, done)
        await self._out_of_doubt(ticket)
        try:
            held = await line.positions()
            markets = await self._catalogue.markets()
        except BackpackError as error:
            done.positions_unread = error
        else:
            legs = [
                Leg.of(request, markets[position.symbol])
                for position in held.values()
                if position.symbol in markets
                for request in _closing(position, markets[position.symbol])
            ]
            await self._placing.place_now(ticket, legs)
        await self._until(ticket, orders.LIVE, self._clock() + SETTLE_MS)  # none of them rests
        async with self._database.write() as session:
            done.closing = _telling(await orders.of_ticket(session, ticket.id or 0))
            await tickets.finish(session, ticket.id or 0, self._clock())
            await tell(session, ticket, done)

    async def _out_of_doubt(self, ticket: Ticket) -> None:
        """Wait until it is known what became of the closes a crash cut short."""
        await self._until(ticket, orders.IN_DOUBT, (ticket.claimed_ms or 0) + PANIC_RESUME_MS)

    async def _until(self, ticket: Ticket, waiting: Collection[OrderState], deadline_ms: int) -> None:
        """Wait until no order of the ticket is in one of these states, or it is too late."""
        while self._clock() < deadline_ms:
            async with self._database.read() as session:
                sent = await orders.of_ticket(session, ticket.id or 0)
            if all(order.state not in waiting for order in sent):
                return
            await asyncio.sleep(DOUBT_POLL_S)

    async def _cancel_everything(self, ticket: Ticket, line: AccountClient, done: PanicDone) -> None:
        try:
            resting = await line.open_orders()
            running = await line.open_strategies()
        except BackpackError as error:
            done.orders_unread = error
            return
        found = await self._remember(ticket, resting)
        for symbol in sorted({order.symbol for order in resting}):
            ids = [order.exchange_id for order in resting if order.symbol == symbol]
            with self._tracker.withdrawing(ticket.account_id or 0, ids):
                try:
                    gone = await line.cancel_all(symbol)
                except BackpackError as error:
                    done.errors.append((symbol, error))
                    continue
                for report in gone:
                    if ticket.account_id is not None:
                        await self._tracker.apply(
                            ticket.account_id, replace(report, event=OrderEvent.CANCELLED)
                        )
        failed = {symbol for symbol, _ in done.errors}
        done.cancelled = sum(symbol not in failed for symbol in found.values())
        for symbol in sorted({strategy.symbol for strategy in running}):
            try:
                await line.cancel_all_strategies(symbol)
            except BackpackError as error:
                done.errors.append((symbol, error))

    async def _remember(self, ticket: Ticket, resting: Sequence[OrderReport]) -> dict[str, str]:
        """Id and symbol of every order this panic found, those before a crash included."""
        found = dict(ticket.preview.get("found", {}))
        found |= {order.exchange_id: order.symbol for order in resting if order.exchange_id is not None}
        ticket.preview = {**ticket.preview, "found": found}
        async with self._database.write() as session:
            await tickets.remember(session, ticket.id or 0, ticket.preview)
        return found


def _telling(sent: Sequence[Order]) -> list[Order]:
    """Of the closes of a panic those that say how it stands: the last try, and what earlier ones executed."""
    starts = [number for number, order in enumerate(sent) if order.leg == 0]
    last = starts[-1] if starts else 0
    return [order for number, order in enumerate(sent) if number >= last or order.executed]


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
