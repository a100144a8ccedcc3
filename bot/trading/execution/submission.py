"""From a tap to the wire, once: claim the ticket and write every attempt in one transaction, then send.

Whatever happens after that commit, a restart included, the reconciler can tell what became of each attempt.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.execution.operation import Leg, Step
from bot.domain.orders.order import OrderEvent, OrderRequest, OrderState
from bot.domain.orders.roles import Contingency, OrderRole
from bot.domain.refusal import Refusal, RefusalCode
from bot.exchange.backpack import AccountClient, BackpackClient
from bot.exchange.backpack.errors import BackpackError, NotSent, RateLimited, UnknownOutcome
from bot.exchange.backpack.outcomes import RULES, Proof, of_order
from bot.kernel.events import Events
from bot.kernel.storage import Database, audit
from bot.people import leave
from bot.people.access import AccessPolicy
from bot.trading.access import requests_of
from bot.trading.account_clients import AccountClients
from bot.trading.events import Announcer, OrderAnswered, OrderInDoubt, OrderSent, RulesRefused, StopPromised
from bot.trading.storage import operations, orders, promises, tickets
from bot.trading.storage.promise_tables import StopPromise
from bot.trading.storage.tables import Ticket, TicketKind, TicketState
from bot.trading.tracking.reports import SKEW_MS
from bot.trading.tracking.tracker import PROMISE_MS, Tracker, Verdict
from bot.vault import VaultError

_log = logging.getLogger(__name__)

PATIENCE_S: Final = 1.5  # "sending" is worth a message only when the answer takes this long


@dataclass(frozen=True, slots=True)
class Attempt:
    """One order as it was written down, and what is about to be signed for it."""

    id: int
    code: str
    account_id: int
    request: OrderRequest
    timestamp_ms: int
    window_ms: int


Begin = Callable[[AsyncSession], Awaitable[bool]]
BeginStep = Callable[[AsyncSession], Awaitable[int | None]]  # the step's id, or that it may not begin

_OWN_CARD: Final = frozenset({TicketKind.PANIC, TicketKind.CHAIN})  # their card goes on being theirs


def pack_legs(legs: Sequence[Leg]) -> list[dict[str, Any]]:
    """JSON for `Ticket.legs`."""
    return [msgspec.to_builtins(leg) for leg in legs]


def unpack_legs(stored: list[dict[str, Any]]) -> list[Leg]:
    """What `pack_legs` wrote."""
    return [msgspec.convert(leg, Leg) for leg in stored]


class Submission:
    """Claims tickets and sends their orders. A ticket is one user's, for 60 seconds, for one tap."""

    def __init__(
        self,
        database: Database,
        client: BackpackClient,
        clients: AccountClients,
        tracker: Tracker,
        announcer: Announcer,
        events: Events,
        *,
        clock: Callable[[], int],
        new_client_id: Callable[[], int],
        window_ms: int,
        broker_id: int,
        access: AccessPolicy,
    ) -> None:
        self._database = database
        self._client = client
        self._clients = clients
        self._tracker = tracker
        self._announcer = announcer
        self._clock = clock
        self._new_client_id = new_client_id
        self._window_ms = window_ms
        self._broker_id = broker_id
        self._access = access
        self.in_flight: set[int] = set()  # attempts this process is still waiting for
        self._events = events

    def usable(self, ticket: Ticket | None, user_id: int) -> Ticket | Refusal:
        """The ticket a tap means if it is still to be had, or why not."""
        if ticket is None:
            return Refusal(RefusalCode.EXPIRED)
        if ticket.user_id != user_id:
            return Refusal(RefusalCode.NOT_YOUR_BUTTON)
        other_way = ticket.state is TicketState.SUPERSEDED and "instead_of" in ticket.preview
        if ticket.state is TicketState.CLAIMED or other_way:
            return Refusal(RefusalCode.USED)
        if ticket.state is not TicketState.OFFERED or ticket.expires_ms <= self._clock():
            return Refusal(RefusalCode.EXPIRED)
        return ticket

    async def past(self, token: str, user_id: int) -> Ticket | None:
        """The user's ticket of a token in whatever state, for its words."""
        ticket = await self._find(token)
        return ticket if ticket is not None and ticket.user_id == user_id else None

    async def on_offer(self, token: str, user_id: int) -> Ticket | Refusal:
        """The ticket a token stands for if this user may still have it, or why not."""
        return self.usable(await self._find(token), user_id)

    async def _find(self, token: str) -> Ticket | None:
        async with self._database.read() as session:
            return await tickets.find(session, tickets.hash_token(token))

    async def cancel(self, token: str, user_id: int) -> Ticket | Refusal:
        """Withdraw an offer."""
        return await self._close(token, user_id, TicketState.CANCELLED)

    async def supersede(self, token: str, user_id: int) -> Ticket | Refusal:
        """Close an offer because a newer preview takes its place."""
        return await self._close(token, user_id, TicketState.SUPERSEDED)

    async def _close(self, token: str, user_id: int, state: TicketState) -> Ticket | Refusal:
        token_hash = tickets.hash_token(token)
        async with self._database.write() as session:
            closed = await tickets.close_ticket(session, token_hash, user_id, state)
            if closed is not None:
                return closed
            found = await tickets.find(session, token_hash)
        outcome = self.usable(found, user_id)
        return outcome if isinstance(outcome, Refusal) else Refusal(RefusalCode.EXPIRED)

    async def claim_and_send(
        self, ticket: Ticket, user_id: int, message_id: int | None = None, *, begin: Begin | None = None
    ) -> list[int] | Refusal:
        """Take a ticket that was read before, write its attempts, send them. Returns the ids of the orders.

        `message_id` is the preview that was tapped: it becomes the card of the first order. `begin` is asked
        in the transaction that claims; when it says no, the ticket is over.
        Raises the vault's errors before anything is claimed.
        """
        account = await self._clients.ready(user_id, ticket.account_id)
        async with self._database.write() as session:
            if begin is not None and not await begin(session):
                return Refusal(RefusalCode.EXPIRED)
            tail = await self._claim(session, ticket, user_id, message_id)
            if tail is not None:
                legs = enumerate(unpack_legs(ticket.legs))
                attempts = [await self._attempt(session, ticket, number, leg) for number, leg in legs]
                await self._audit(session, ticket, attempts, tail)
        if tail is None:
            return await self._why_not(ticket, user_id)
        return await self.send_written(account, attempts)

    async def claim(self, ticket: Ticket, user_id: int, message_id: int | None, kind: str) -> int | Refusal:
        """Take a ticket, whose preview is `message_id`, for an operation of that kind, and open it; its id.

        Nothing is sent yet. Raises the vault's errors when its account is no longer linked.
        """
        opened = 0
        async with self._database.write() as session:
            tail = await self._claim(session, ticket, user_id, message_id)
            if tail is not None:
                opened = (await operations.open_for(session, ticket, kind, self._clock())).id
                await self._audit(session, ticket, [], tail)
        return opened if tail is not None else await self._why_not(ticket, user_id)

    async def _claim(
        self, session: AsyncSession, ticket: Ticket, user_id: int, message_id: int | None
    ) -> audit.Tail | None:
        needed = self._access.leave(ticket.user_id, requests_of(ticket))
        return await tickets.claim(session, ticket, user_id, self._clock(), message_id, leave=needed)

    async def place_step(self, ticket: Ticket, step: Step, begin: BeginStep) -> int | None:
        """Write and send the orders of one step of an operation, whose ticket is claimed; the step's id.

        `begin` writes the step in the transaction that writes its attempts, where it is also asked whether
        their user still has leave and the key. When one of them says no, nothing is written or sent, and None
        comes back.
        """
        account = await self._clients.get(ticket.user_id, ticket.account_id)
        needed = self._access.leave(ticket.user_id, (leg.request for leg in step.legs))
        async with self._database.write() as session:
            if not await leave.has(session, ticket.user_id, ticket.account_id, needed):
                return None
            begun = await begin(session)
            if begun is None:
                return None
            attempts = [
                await self._attempt(session, ticket, number, leg, begun)
                for number, leg in enumerate(step.legs, step.first)
            ]
        await self.send_written(account, attempts)
        return begun

    async def _why_not(self, ticket: Ticket, user_id: int) -> Refusal:
        """Why a ticket was not claimed. Raises the vault's errors when its account is no longer linked."""
        async with self._database.read() as session:
            found = self.usable(await tickets.get(session, ticket.id), user_id)
        if isinstance(found, Refusal):
            return found
        await self._clients.get(user_id, found.account_id)
        needed = self._access.leave(user_id, requests_of(found))
        async with self._database.read() as session:
            may = await leave.has(session, user_id, found.account_id, needed)
        return Refusal(RefusalCode.USED if may else RefusalCode.CLOSING_ONLY)

    async def _audit(
        self, session: AsyncSession, ticket: Ticket, attempts: Sequence[Attempt], tail: audit.Tail
    ) -> None:
        detail = {
            "ticket": ticket.id,
            "orders": [attempt.code for attempt in attempts],
        }
        await audit.append(session, self._clock(), ticket.user_id, "confirm", detail, tail)

    async def send_written(self, account: AccountClient, attempts: Sequence[Attempt]) -> list[int]:
        """Send what a committed transaction wrote; the ids of the attempts."""
        for attempt in attempts:
            if attempt.request.trigger_price is not None:
                self._events.tell(StopPromised(attempt.account_id, attempt.request.symbol))
        # Not before their commit: one that failed halfway must not hide an attempt from the reconciler.
        self.in_flight |= {attempt.id for attempt in attempts}
        waiting = asyncio.create_task(self._say_sending(attempts))
        try:
            await asyncio.gather(*(self._send(account, attempt) for attempt in attempts))
        finally:
            waiting.cancel()
        return [attempt.id for attempt in attempts]

    async def _say_sending(self, attempts: Sequence[Attempt]) -> None:
        """Tell that an order is under way, once its answer takes so long that the person wonders."""
        await asyncio.sleep(PATIENCE_S)
        for sent in attempts:
            async with self._database.write() as session:
                order = await orders.get(session, sent.id, lock=True)
                if order is not None and order.state is OrderState.SENDING:
                    await self._announcer.order_changed(session, order, surprising=False)
        self._announcer.committed()

    async def _attempt(
        self, session: AsyncSession, ticket: Ticket, number: int, leg: Leg, step_id: int | None = None
    ) -> Attempt:
        """Insert one attempt, with the very bytes' content that will be signed."""
        now = self._clock()
        request = replace(leg.request, client_id=self._new_client_id())
        timestamp = self._client.now_ms()
        written = await orders.insert_attempt(
            session,
            {
                "ticket_id": ticket.id,
                "step_id": step_id,
                "leg": number,
                "user_id": ticket.user_id,
                "account_id": ticket.account_id,
                "symbol": request.symbol,
                "base": leg.base,
                "quote": leg.quote,
                "side": request.side,
                "order_type": request.order_type,
                "role": leg.role,
                "contingency": Contingency.OTO if request.attaches_exits else Contingency.NONE,
                "group": request.client_id if request.attaches_exits else None,
                "client_id": request.client_id,
                "broker_id": self._broker_id,
                "request": request.payload(),
                "quantity": request.trigger_quantity or request.quantity,
                "quote_quantity": request.quote_quantity,
                "price": request.price,
                "trigger_price": request.trigger_price,
                "timestamp_ms": timestamp,
                "window_ms": self._window_ms,
                "deadline_ms": timestamp + self._window_ms,
                "chat_id": ticket.chat_id,
                "message_id": ticket.message_id if number == 0 and ticket.kind not in _OWN_CARD else None,
                "created_ms": now,
                "updated_ms": now,
            },
        )
        if leg.role is OrderRole.STOP and request.reduce_only and request.trigger_price is not None:
            promise = StopPromise(
                order_id=written.id,
                account_id=ticket.account_id,
                symbol=request.symbol,
                side=request.side,
                trigger=request.trigger_price,
                is_whole=leg.is_whole,
                due_ms=now + PROMISE_MS,
            )
            await promises.make(session, promise)
        return Attempt(written.id, written.code, ticket.account_id, request, timestamp, self._window_ms)

    async def _send(self, account: AccountClient, order: Attempt) -> None:
        """One request, never repeated. Every way it can end is written down."""
        self._events.tell(OrderSent(order.account_id))
        answered = OrderAnswered(order.account_id, doubt_ms=order.timestamp_ms + order.window_ms)
        try:
            prepared = account.prepare_order(
                order.request, timestamp_ms=order.timestamp_ms, window_ms=order.window_ms
            )
            report = await account.send(prepared)
        except VaultError:  # the key went between the tap and the signature: nothing left
            answered = OrderAnswered(order.account_id)
            await self._tracker.conclude(order.id, Verdict(OrderEvent.NOT_FOUND_AFTER_DEADLINE))
        except BackpackError as error:
            if await self._refused(account, order, error):
                answered = OrderAnswered(order.account_id)
        else:
            answered = OrderAnswered(order.account_id, report)
            await self._tracker.apply(order.account_id, report)
        finally:
            self.in_flight.discard(order.id)
            self._events.tell(answered)

    async def _refused(self, account: AccountClient, order: Attempt, error: BackpackError) -> bool:
        """Believe the engine's no after one look for the order; after any other look until it is dead.

        Whether it is certain that there is no order.
        """
        proof = of_order(error)
        if proof is Proof.REFUSED:
            try:
                if await self._stands(account, order):
                    return False
            except BackpackError:
                proof = Proof.NOTHING
        event = {
            Proof.UNSENT: OrderEvent.NOT_FOUND_AFTER_DEADLINE,
            Proof.REFUSED: OrderEvent.REJECTED,
            Proof.NOTHING: OrderEvent.NO_ANSWER,
        }[proof]
        if isinstance(error, RateLimited) and proof is Proof.UNSENT:
            event = OrderEvent.REJECTED  # our own limiter says why, and when to come again
        await self._tracker.conclude(order.id, Verdict(event, _code(error), error.message))
        if event is OrderEvent.NO_ANSWER:
            self._events.tell(OrderInDoubt())
        elif error.code in RULES:
            self._events.tell(RulesRefused(order.request.symbol))
        return event is not OrderEvent.NO_ANSWER

    async def _stands(self, account: AccountClient, order: Attempt) -> bool:
        """Whether the exchange has an order it just refused: a copy of the request may have come first."""
        symbol, client_id = order.request.symbol, order.request.client_id
        if client_id is None:
            return False
        found = await account.find_order(symbol, client_id=client_id)
        if found is None:
            since_ms = order.timestamp_ms - SKEW_MS
            found = await account.find_past_order(symbol, client_id, since_ms=since_ms, pages=1)
        return found is not None and await self._tracker.apply(order.account_id, found)


def _code(error: BackpackError) -> str | None:
    """What to remember of a no; an answer that never came has nothing to say."""
    if isinstance(error, UnknownOutcome | NotSent):
        return error.code if isinstance(error, NotSent) else None
    return error.code or ("TOO_MANY_REQUESTS" if isinstance(error, RateLimited) else type(error).__name__)
