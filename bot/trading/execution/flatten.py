"""The panic: cancel everything, close everything, and say of each what was seen to become of it.

It starts from what the account holds, not from the market list, and is done only when orders and positions
were read again and there are none.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.buttons import new_token
from bot.domain.accounts.account import Position
from bot.domain.accounts.holdings import PositionClosing, closing_orders
from bot.domain.markets.market import Market, named
from bot.domain.orders.order import OrderEvent, OrderRequest, OrderState
from bot.domain.orders.roles import OrderRole
from bot.domain.refusal import Refusal, RefusalCode
from bot.domain.values import ZERO
from bot.exchange.backpack import AccountClient, BackpackError
from bot.exchange.backpack.errors import CLOCK_DIFFERS
from bot.exchange.backpack.outcomes import RULES
from bot.kernel.storage import Database
from bot.marketdata import Catalogue
from bot.people.tables import KeyState, User
from bot.trading.account_clients import AccountClients
from bot.trading.events import PANIC_DOUBTS, PANIC_RESUME_MS
from bot.trading.execution.flatten_report import Left, PanicDone, close_of
from bot.trading.execution.submission import Leg, Submission
from bot.trading.linking import Linking
from bot.trading.storage import orders, tickets
from bot.trading.storage.tables import Order, Ticket, TicketKind
from bot.trading.tracking.tracker import Tracker

PANIC_LIFE_MS: Final = 60_000
SETTLE_MS: Final = 10_000  # what the exchange took at the market ends sooner, or its news was lost
POLL_S: Final = 0.25
LOOKS: Final = 12  # at what is left, while it contradicts what was answered

_AGAIN: Final = RULES | {CLOCK_DIFFERS}  # refusals that new rules, or a new clock, may mend


@dataclass(frozen=True, slots=True)
class PanicPlan:
    """What a panic would touch now, and the token of its second tap.

    `orders` counts running strategies too; `unread` are positions of which nothing can be read.
    """

    ticket_id: int
    token: str
    account_id: int
    account_label: str
    others: tuple[str, ...]  # accounts that are not touched
    orders: int
    positions: tuple[Position, ...]
    unread: int = 0

    def __repr__(self) -> str:
        return f"PanicPlan(orders={self.orders}, positions={len(self.positions)})"


Tell = Callable[[AsyncSession, Ticket, PanicDone], Awaitable[None]]


class Panics:
    """Panics of one user's accounts. Reads raise BackpackError; acts report it."""

    def __init__(
        self,
        database: Database,
        catalogue: Catalogue,
        clients: AccountClients,
        linking: Linking,
        submission: Submission,
        tracker: Tracker,
        *,
        clock: Callable[[], int],
    ) -> None:
        self._database = database
        self._catalogue = catalogue
        self._clients = clients
        self._linking = linking
        self._submission = submission
        self._tracker = tracker
        self._clock = clock
        self._at_work: Counter[int] = Counter()  # taps of a panic: all but one of them are refused

    async def look_around(self, user: User) -> PanicPlan | Refusal:
        """What a panic would touch now, before anything is asked twice."""
        account = await self._linking.choose(user.id, None)
        if isinstance(account, Refusal):
            return account
        if account.state is KeyState.READ_ONLY:
            return Refusal(RefusalCode.READ_ONLY_KEY)
        known, _ = await self._linking.list(user.id)
        others = tuple(one.label for one in known if one.state is KeyState.ACTIVE and one.id != account.id)
        line = await self._clients.get(user.id, account.id)
        resting, running, held = await asyncio.gather(line.resting(), line.open_strategies(), line.held())
        waiting = len(resting.orders) + len(resting.odd) + len(running)
        positions = tuple(held.positions.values())
        return PanicPlan(0, "", account.id, account.label, others, waiting, positions, held.unread)

    async def plan(self, user: User, chat_id: int, group_id: int | None = None) -> PanicPlan | Refusal:
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
        return replace(plan, ticket_id=ticket.id, token=token)

    async def run(self, token: str, user: User, message_id: int | None, tell: Tell) -> Refusal | None:
        """Cancel every order, then close every position as it stands now.

        `message_id` is the question that was tapped: who asked it may have died before that was noted. `tell`
        writes what came of each leg in the transaction that finishes the ticket: what a crash leaves
        unfinished, `resume` does and tells.
        """
        ticket = await self._submission.on_offer(token, user.id)
        if isinstance(ticket, Refusal):
            return ticket
        with self._working(ticket):  # before it is claimed: a claimed one that nobody carries out is resumed
            refusal = await self._submission.claim(ticket, user.id, message_id)
            if refusal is None:
                await self._flatten(ticket, tell)
            return refusal

    @contextlib.contextmanager
    def _working(self, ticket: Ticket) -> Iterator[None]:
        self._at_work[ticket.id] += 1
        try:
            yield
        finally:
            self._at_work -= Counter([ticket.id])

    async def interrupted(self) -> list[Ticket]:
        """Panics of the last minutes that a crash or an error of ours cut short: nobody carries them out."""
        since_ms, at_work = self._clock() - PANIC_RESUME_MS, set(self._at_work)  # some may end meanwhile
        async with self._database.read() as session:
            found = await tickets.unfinished(session, TicketKind.PANIC, since_ms)
        return [ticket for ticket in found if ticket.id not in at_work | self._at_work.keys()]

    async def resume(self, ticket: Ticket, tell: Tell) -> None:
        """Finish an interrupted panic. Closes that may have been sent are looked up before others are."""
        if ticket.id not in self._at_work:
            with self._working(ticket):
                await self._flatten(ticket, tell)

    async def _flatten(self, ticket: Ticket, tell: Tell) -> None:
        line = await self._clients.get(ticket.user_id, ticket.account_id)
        done = PanicDone()
        gone = await self._cancel_everything(ticket, line, done)
        await self._until(ticket, orders.IN_DOUBT, (ticket.claimed_ms or 0) + PANIC_RESUME_MS)
        rests = await self._close_everything(ticket, line, done)
        sent = await self._sent(ticket)
        left = await self._look_again(line, done, rests, sent)
        done.cancelled = len(gone if left is None else gone - left.order_ids)
        before = {symbol: Decimal(held) for symbol, held in ticket.preview.get("held", {}).items()}
        now = {} if left is None else left.held
        async with self._database.write() as session:
            await tickets.finish(session, ticket.id, self._clock())
            # Read after the ticket is finished: what changes from here on is told by the order's own card.
            sent = list(await orders.of_ticket(session, ticket.id))
            ticket.preview = {
                **ticket.preview,
                PANIC_DOUBTS: [one.id for one in sent if one.state in orders.OPEN],
            }
            await tickets.remember(session, ticket.id, ticket.preview)
            done.closes = [
                close_of(symbol, held, None if left is None else now.get(symbol, ZERO), rests, sent)
                for symbol, held in (now | before).items()
            ]
            await tell(session, ticket, done)

    async def _sent(self, ticket: Ticket) -> list[Order]:
        async with self._database.read() as session:
            return list(await orders.of_ticket(session, ticket.id))

    async def _until(self, ticket: Ticket, waiting: Collection[OrderState], deadline_ms: int) -> None:
        """Wait until no order of the ticket is in one of these states, or it is too late."""
        while self._clock() < deadline_ms:
            if all(order.state not in waiting for order in await self._sent(ticket)):
                return
            await asyncio.sleep(POLL_S)

    async def _remember(self, ticket: Ticket, name: str, found: dict[str, str]) -> dict[str, str]:
        """Keep what this panic found with what it had found before a crash."""
        known = found | dict(ticket.preview.get(name, {}))
        ticket.preview = {**ticket.preview, name: known}
        async with self._database.write() as session:
            await tickets.remember(session, ticket.id, ticket.preview)
        return known

    # --- cancelling --------------------------------------------------------------------------------

    async def _cancel_everything(self, ticket: Ticket, line: AccountClient, done: PanicDone) -> set[str]:
        """Ids of the orders that are gone by the exchange's word; those gone before a crash included."""
        try:
            resting, running = await asyncio.gather(line.resting(), line.open_strategies())
        except BackpackError as error:
            done.orders_unread = error
            return set()
        now = {one.exchange_id: one.symbol for one in resting.orders if one.exchange_id is not None}
        now |= {one.exchange_id: one.symbol for one in resting.odd if one.exchange_id and one.symbol}
        found = await self._remember(ticket, "found", now)
        gone = found.keys() - now.keys()
        for symbol in sorted(set(now.values())):
            ids = {one for one, where in now.items() if where == symbol}
            gone |= await self._cancel(ticket.account_id, line, symbol, ids, done)
        for symbol in sorted({strategy.symbol for strategy in running}):
            try:
                await line.cancel_all_strategies(symbol)
            except BackpackError as error:
                done.errors[symbol] = error
        return gone

    async def _cancel(
        self, account_id: int, line: AccountClient, symbol: str, ids: set[str], done: PanicDone
    ) -> set[str]:
        """Cancel all of one market; which of `ids` are gone. An answer that is no yes is looked into."""
        with self._tracker.withdrawing(account_id, ids):
            for _ in range(2):
                try:
                    for report in await line.cancel_all(symbol):
                        await self._tracker.apply(account_id, replace(report, event=OrderEvent.CANCELLED))
                except BackpackError as error:
                    done.errors[symbol] = error
                else:
                    done.errors.pop(symbol, None)
                    return ids
                try:
                    still = {one.exchange_id for one in (await line.resting(symbol)).orders}
                except BackpackError:
                    return set()
                if not ids & still:
                    done.errors.pop(symbol, None)
                    return ids
            return ids - still

    # --- closing -----------------------------------------------------------------------------------

    async def _close_everything(
        self, ticket: Ticket, line: AccountClient, done: PanicDone
    ) -> dict[str, Decimal]:
        """Close all that can be closed; by symbol what cannot. What the rules of a market were refused for is
        tried once more by those that hold now."""
        try:
            held = await line.held()
        except BackpackError as error:
            done.positions_unread = error
            return {}
        await self._remember(ticket, "held", {s: str(abs(one.quantity)) for s, one in held.positions.items()})
        with contextlib.suppress(BackpackError):
            await self._catalogue.markets()
        plans = {
            symbol: closing_orders(one, self._catalogue.known(symbol))
            for symbol, one in held.positions.items()
        }
        before = await self._sent(ticket)
        first = await self._place(ticket, plans, 0)
        refused = {
            one.symbol
            for one in (await self._sent(ticket))[len(before) :]
            if one.state is OrderState.REJECTED and one.error_code in _AGAIN
        }
        if refused:
            plans |= await self._place_again(ticket, line, refused, first)
        return {symbol: plan.rest for symbol, plan in plans.items() if plan.rest}

    async def _place(self, ticket: Ticket, plans: dict[str, PositionClosing], first: int) -> int:
        """Send the closes and wait for their ends; the number of the leg after them."""
        legs = [
            _leg(request, self._catalogue.known(symbol))
            for symbol, plan in plans.items()
            for request in plan.requests
        ]
        if legs:
            await self._submission.place_now(ticket, legs, first=first)
            await self._until(ticket, orders.LIVE, self._clock() + SETTLE_MS)  # none of them rests
        return first + len(legs)

    async def _place_again(
        self, ticket: Ticket, line: AccountClient, symbols: Collection[str], first: int
    ) -> dict[str, PositionClosing]:
        try:
            held = (await line.held()).positions
        except BackpackError:
            return {}
        plans = {
            symbol: closing_orders(held[symbol], await self._catalogue.rules(symbol, anew=True))
            for symbol in sorted(symbols)
            if symbol in held
        }
        await self._place(ticket, plans, first)
        return plans

    # --- what is left ------------------------------------------------------------------------------

    async def _look_again(
        self, line: AccountClient, done: PanicDone, rests: dict[str, Decimal], sent: Sequence[Order]
    ) -> Left | None:
        """What is held and rests now. What was answered to be done may take a moment to be seen."""
        failed = {one.symbol for one in sent if one.state is not OrderState.FILLED}
        excused = failed | rests.keys() | done.errors.keys()
        left = None
        for _ in range(LOOKS):
            try:
                resting, running, held = await asyncio.gather(
                    line.resting(), line.open_strategies(), line.held()
                )
            except BackpackError as error:
                done.left_unread = error
                return None
            left = Left.of(held, resting, {one.symbol for one in running})
            if not (left.held.keys() | left.waiting) - excused:
                break
            await asyncio.sleep(POLL_S)
        if left is not None:
            done.errors = {symbol: done.errors.get(symbol) for symbol in sorted(left.waiting)}
            done.odd_orders, done.odd_positions = left.odd_orders, left.odd_positions
        return left


def _leg(request: OrderRequest, market: Market | None) -> Leg:
    if market is not None:
        return Leg.of(request, market, OrderRole.CLOSE)
    own = named(request.symbol)
    return Leg(request, own.base, own.quote or "USDC", OrderRole.CLOSE)
