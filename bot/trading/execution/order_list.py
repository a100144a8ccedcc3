"""Chains: several statements confirmed by one tap, one step each, and one account of what became of them.

What a crash leaves unsent is never sent: its user reads what was done and what was not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.execution.operation import Next
from bot.domain.execution.order_list import (
    Begun,
    Failure,
    Outcome,
    PlannedStatement,
    StatementAct,
    next_step,
    of_failures,
    outcome_of,
    outcomes,
    worst,
)
from bot.domain.orders.order import OrderSnapshot
from bot.exchange.backpack import BackpackError, UnknownOutcome
from bot.trading.execution.cancellation import Cancellation
from bot.trading.storage.operation_tables import StepRow
from bot.trading.storage.operations import OperationRecord
from bot.trading.storage.tables import Order, Ticket

ORDER_LIST: Final = "order_list"
STANDS_TRIES: Final = 4  # a new order is in the list of those that rest within a moment
STANDS_PAUSE_S: Final = 0.3


@dataclass(frozen=True, slots=True)
class StatementDone:
    """What became of one statement; `orders` are its attempts as they are known now."""

    statement: PlannedStatement
    outcome: Outcome
    orders: tuple[Order, ...] = ()
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderListDone:
    """What a chain came to. `late`: it was found unfinished, so nobody is looking at its card."""

    statements: tuple[StatementDone, ...]
    late: bool

    @property
    def unsent(self) -> str:
        """The line that would do what was not sent; empty when everything was."""
        return "; ".join(done.statement.line for done in self.statements if done.outcome is Outcome.UNSENT)


Tell = Callable[[AsyncSession, Ticket, OrderListDone], Awaitable[None]]


def pack_statements(statements: Sequence[PlannedStatement]) -> list[dict[str, Any]]:
    """JSON for `Ticket.legs` of a chain."""
    return [msgspec.to_builtins(statement) for statement in statements]


def unpack_statements(stored: list[dict[str, Any]]) -> list[PlannedStatement]:
    """What `pack_statements` wrote."""
    return [msgspec.convert(statement, PlannedStatement) for statement in stored]


class OrderLists:
    """The kind of operation that a chain is. `tell` writes what came of it."""

    name = ORDER_LIST
    resumes = False
    resume_ms: int | None = None

    def __init__(self, cancellation: Cancellation, tell: Tell) -> None:
        self._cancellation = cancellation
        self._tell = tell

    async def next(self, record: OperationRecord) -> Next:
        return next_step(unpack_statements(record.ticket.legs), [_begun(record, one) for one in record.steps])

    async def perform(self, record: OperationRecord, step: StepRow) -> dict[str, Any]:
        if step.what == StatementAct.CHECK:
            return {"stands": await self._stands(record)}
        ticket = record.ticket
        cancels = unpack_statements(ticket.legs)[step.plan["statement"]].cancels
        results = await self._cancellation.withdraw(ticket.user_id, ticket.account_id, cancels)
        failed = [_failure(result.order, result.error) for result in results if result.error is not None]
        return {"failures": [msgspec.to_builtins(failure) for failure in failed]}

    async def tell(self, session: AsyncSession, record: OperationRecord) -> None:
        done = OrderListDone(_results(record), late=record.operation.attempts > 1)
        await self._tell(session, record.ticket, done)

    async def tell_too_old(self, session: AsyncSession, record: OperationRecord) -> None:
        await self.tell(session, record)  # it says what was not sent, however old

    async def _stands(self, record: OperationRecord) -> bool:
        """Whether the exchange has what was sent to take the place of others; no answer is no yes."""
        ticket = record.ticket
        for _ in range(STANDS_TRIES):
            try:
                resting = await self._cancellation.resting_ids(ticket.user_id, ticket.account_id)
            except BackpackError:
                resting = set()
            if record.orders and all(order.exchange_id in resting for order in record.orders):
                return True
            await asyncio.sleep(STANDS_PAUSE_S)
        return False


def _begun(record: OperationRecord, step: StepRow) -> Begun:
    act = StatementAct(step.what)
    if act is StatementAct.SEND:
        sent = record.orders_of(step)
        outcome = worst(outcome_of(order.state, order.executed) for order in sent)
    elif act is StatementAct.CHECK:
        outcome = Outcome.DONE if step.result.get("stands") else Outcome.UNSENT
    elif step.ended_ms is None:
        outcome = Outcome.UNKNOWN
    else:
        outcome = of_failures(_failures(step))
    return Begun(step.plan["statement"], act, outcome)


def _failures(step: StepRow) -> tuple[Failure, ...]:
    return tuple(msgspec.convert(one, Failure) for one in step.result.get("failures", ()))


def _results(record: OperationRecord) -> tuple[StatementDone, ...]:
    statements = unpack_statements(record.ticket.legs)
    known = outcomes(statements, [_begun(record, step) for step in record.steps])
    steps = {step.plan["statement"]: step for step in record.steps}
    results = []
    for number, (statement, outcome) in enumerate(zip(statements, known, strict=True)):
        step = steps.get(number)
        sent = () if step is None else tuple(record.orders_of(step))
        failures = () if step is None else _failures(step)
        results.append(StatementDone(statement, outcome, sent, failures))
    return tuple(results)


def _failure(order: OrderSnapshot, error: BackpackError) -> Failure:
    if isinstance(error, UnknownOutcome):
        return Failure(order)
    return Failure(order, error.code or type(error).__name__, error.message)
