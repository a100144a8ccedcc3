"""Several statements confirmed by one tap: sent one after the other, and stopped by the first that fails.

The tap claims the ticket. Each step then begins in one transaction that writes its attempts, so that nothing
is sent twice; the end, and what is told of it, is another. What a crash leaves between the two is never sent:
the next start finishes the ticket, and its user reads what was done and what was not sent.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.orders.order import OrderSnapshot, OrderState
from bot.domain.refusal import Refusal
from bot.domain.values import ZERO
from bot.exchange.backpack import BackpackError, UnknownOutcome
from bot.kernel.storage import Database
from bot.trading.execution.cancellation import Cancellation
from bot.trading.execution.submission import Leg, Submission
from bot.trading.storage import orders, tickets
from bot.trading.storage.tables import Order, Ticket, TicketKind

STANDS_TRIES: Final = 4  # a new order is in the list of those that rest within a moment
STANDS_PAUSE_S: Final = 0.3
OTHERS_MS: Final = 180_000  # a chain of another process is over by then, or its process is


@dataclass(frozen=True, slots=True)
class Step:
    """One statement of a chain as it was previewed: the orders it sends, or those it cancels."""

    line: str
    legs: tuple[Leg, ...] = ()
    cancels: tuple[OrderSnapshot, ...] = ()
    is_replacement: bool = False  # it cancels what the step before it takes the place of


class StepOutcome(StrEnum):
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"  # perhaps done: being looked up
    UNSENT = "unsent"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why one order was not cancelled; without a code or a message, no answer came."""

    order: OrderSnapshot
    code: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class StepDone:
    """What became of one step; `orders` are its attempts as they are known now."""

    step: Step
    outcome: StepOutcome
    orders: tuple[Order, ...] = ()
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderListDone:
    """What a chain came to. `late`: it was found unfinished, so nobody is looking at its card."""

    steps: tuple[StepDone, ...]
    late: bool

    @property
    def unsent(self) -> str:
        """The line that would do what was not sent; empty when everything was."""
        return "; ".join(done.step.line for done in self.steps if done.outcome is StepOutcome.UNSENT)


Tell = Callable[[AsyncSession, Ticket, OrderListDone], Awaitable[None]]


def pack_steps(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """JSON for `Ticket.legs` of a chain."""
    return [msgspec.to_builtins(step) for step in steps]


def unpack_steps(stored: list[dict[str, Any]]) -> list[Step]:
    """What `pack_steps` wrote."""
    return [msgspec.convert(step, Step) for step in stored]


class OrderLists:
    """Carries out chains whose preview was confirmed."""

    def __init__(
        self,
        database: Database,
        submission: Submission,
        cancellation: Cancellation,
        *,
        clock: Callable[[], int],
    ) -> None:
        self._database = database
        self._submission = submission
        self._cancellation = cancellation
        self._clock = clock
        self._running: Counter[int] = Counter()  # taps of a chain: all but one of them are refused

    async def run(self, ticket: Ticket, user_id: int, message_id: int | None, tell: Tell) -> Refusal | None:
        """Take the ticket and do its steps. `tell` writes what came of them in the transaction that ends it.

        Raises the vault's errors before anything is sent.
        """
        self._running[ticket.id] += (
            1  # before it is claimed: at a start, a claimed one that nobody runs is ended
        )
        try:
            refusal = await self._submission.claim(ticket, user_id, message_id)
            if refusal is not None:
                return refusal
            try:
                await self._do(ticket)
            finally:
                # Even after a failure of ours: what was not sent by now never is, and that is told.
                await self._finish(ticket, tell, late=False)
        finally:
            self._running -= Counter([ticket.id])
        return None

    async def finish_interrupted(self, tell: Tell, *, at_start: bool) -> None:
        """End the chains a crash cut short: what they did not send is not sent any more."""
        async with self._database.read() as session:
            found = await tickets.unfinished(session, TicketKind.CHAIN, 0)
        latest_ms = self._clock() - (0 if at_start else OTHERS_MS)
        for ticket in found:
            if ticket.id not in self._running and (ticket.claimed_ms or 0) <= latest_ms:
                await self._finish(ticket, tell, late=True)

    async def _do(self, ticket: Ticket) -> None:
        first = 0
        for number, step in enumerate(unpack_steps(ticket.legs)):
            if not await self._step(ticket, number, step, first):
                return
            first += len(step.legs)

    async def _step(self, ticket: Ticket, number: int, step: Step, first: int) -> bool:
        """Do one step; False when the rest must not be sent."""
        if step.legs:
            sent = await self._submission.place_now(
                ticket, step.legs, first=first, begin=lambda session: self._begin(session, ticket, number)
            )
            if sent is None:
                return False
            async with self._database.read() as session:
                attempts = await orders.of_ticket(session, ticket.id)
            return _worst(order for order in attempts if order.id in sent) is StepOutcome.DONE
        if step.is_replacement and not await self._stands(ticket):
            return False
        async with self._database.write() as session:
            if not await self._begin(session, ticket, number):
                return False
        results = await self._cancellation.withdraw(ticket.user_id, ticket.account_id, step.cancels)
        failures = [_failure(result.order, result.error) for result in results if result.error is not None]
        return await self._cancelled(ticket, number, failures)

    async def _stands(self, ticket: Ticket) -> bool:
        """Whether the exchange has what was sent to take the place of others; no answer is no yes."""
        async with self._database.read() as session:
            sent = await orders.of_ticket(session, ticket.id)
        for _ in range(STANDS_TRIES):
            try:
                resting = await self._cancellation.resting_ids(ticket.user_id, ticket.account_id)
            except BackpackError:
                resting = set()
            if sent and all(order.exchange_id in resting for order in sent):
                return True
            await asyncio.sleep(STANDS_PAUSE_S)
        return False

    async def _begin(self, session: AsyncSession, ticket: Ticket, number: int) -> bool:
        """Whether the step may be done: nobody has ended the chain meanwhile."""
        ticket.preview = {**ticket.preview, "begun": number}
        return await tickets.progress(session, ticket.id, ticket.preview)

    async def _cancelled(self, ticket: Ticket, number: int, failures: Sequence[Failure]) -> bool:
        known = ticket.preview.get("cancelled", {})
        cancelled = {**known, str(number): [msgspec.to_builtins(failure) for failure in failures]}
        ticket.preview = {**ticket.preview, "cancelled": cancelled}
        async with self._database.write() as session:
            in_time = await tickets.progress(session, ticket.id, ticket.preview)
        return in_time and not failures

    async def _finish(self, ticket: Ticket, tell: Tell, *, late: bool) -> None:
        async with self._database.write() as session:
            ended = await tickets.finish_once(session, ticket.id, self._clock())
            if ended is not None:
                attempts = await orders.of_ticket(session, ticket.id)
                await tell(session, ended, OrderListDone(_results(ended, attempts), late))


def _results(ticket: Ticket, attempts: Sequence[Order]) -> tuple[StepDone, ...]:
    begun = ticket.preview.get("begun", -1)
    cancelled = ticket.preview.get("cancelled", {})
    results, first = [], 0
    for number, step in enumerate(unpack_steps(ticket.legs)):
        sent = tuple(order for order in attempts if first <= order.leg < first + len(step.legs))
        first += len(step.legs)
        stored = cancelled.get(str(number))
        failures = tuple(msgspec.convert(one, Failure) for one in stored or ())
        if number > begun:
            outcome = StepOutcome.UNSENT
        elif step.legs:
            outcome = _worst(sent)
        elif stored is None:
            outcome = StepOutcome.UNKNOWN
        else:
            outcome = _of_failures(failures)
        results.append(StepDone(step, outcome, sent, failures))
    return tuple(results)


def _of_failures(failures: Sequence[Failure]) -> StepOutcome:
    if not failures:
        return StepOutcome.DONE
    answered = any(one.code is not None or one.message is not None for one in failures)
    return StepOutcome.FAILED if answered else StepOutcome.UNKNOWN


def _failure(order: OrderSnapshot, error: BackpackError) -> Failure:
    if isinstance(error, UnknownOutcome):
        return Failure(order)
    return Failure(order, error.code or type(error).__name__, error.message)


def _worst(sent: Any) -> StepOutcome:
    outcomes = [outcome_of(order) for order in sent]
    for outcome in (StepOutcome.FAILED, StepOutcome.UNKNOWN):
        if outcome in outcomes:
            return outcome
    return StepOutcome.DONE if outcomes else StepOutcome.UNSENT


def outcome_of(order: Order) -> StepOutcome:
    """What an order means for the steps after it: one that ended without any fill failed."""
    if order.state in orders.IN_DOUBT:
        return StepOutcome.UNKNOWN
    if order.state.is_terminal and order.state is not OrderState.FILLED and order.executed == ZERO:
        return StepOutcome.FAILED
    return StepOutcome.DONE
