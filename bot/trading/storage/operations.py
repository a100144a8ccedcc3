"""Operations and their steps: opened once, taken up after a crash, ended once; one UPDATE decides each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.domain.execution.operation import OperationState, Step
from bot.kernel.storage.upsert import insert_or_ignore
from bot.trading.storage import orders
from bot.trading.storage.operation_tables import Operation, StepRow
from bot.trading.storage.tables import Order, Ticket


@dataclass(frozen=True, slots=True)
class OperationRecord:
    """All that is stored of one operation. `orders`: what was sent for its ticket, first to last."""

    operation: Operation
    ticket: Ticket
    steps: Sequence[StepRow]
    orders: Sequence[Order]

    @property
    def current(self) -> list[StepRow]:
        """The steps begun since the operation was last taken up."""
        return [step for step in self.steps if step.attempt == self.operation.attempts]

    def orders_of(self, step: StepRow) -> list[Order]:
        return [order for order in self.orders if order.step_id == step.id]


def key_of(ticket: Ticket) -> str:
    """The key of the operation a ticket is for."""
    return f"ticket:{ticket.id}"


async def open_for(session: AsyncSession, ticket: Ticket, kind: str, now_ms: int) -> Operation:
    """Begin what a ticket was claimed for, in the transaction that claims it.

    Raises ValueError when it has been begun before.
    """
    operation = Operation(
        key=key_of(ticket),
        kind=kind,
        user_id=ticket.user_id,
        account_id=ticket.account_id,
        ticket_id=ticket.id,
        created_ms=now_ms,
    )
    opened = await insert_or_ignore(session, operation)
    if opened is None:
        raise ValueError(f"the operation of ticket {ticket.id} has begun before")
    return opened


async def load(session: AsyncSession, operation_id: int) -> OperationRecord:
    """Raises LookupError when there is none, or its ticket is gone."""
    operation = await session.get(Operation, operation_id)
    ticket = None if operation is None else await session.get(Ticket, operation.ticket_id)
    if operation is None or ticket is None:
        raise LookupError(f"operation {operation_id} is not there")
    steps = select(StepRow).where(col(StepRow.operation_id) == operation_id).order_by(col(StepRow.number))
    return OperationRecord(
        operation,
        ticket,
        (await session.scalars(steps)).all(),
        await orders.of_ticket(session, ticket.id),
    )


async def running(session: AsyncSession) -> Sequence[Operation]:
    """Everything that is not over, oldest first."""
    statement = select(Operation).where(col(Operation.state) == OperationState.RUNNING)
    return (await session.scalars(statement.order_by(col(Operation.id)))).all()


async def hold(session: AsyncSession, ticket_id: int) -> Operation | None:
    """The operation of a ticket, which nobody changes before this transaction ends."""
    statement = (
        select(Operation)
        .where(col(Operation.ticket_id) == ticket_id)
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(statement)).one_or_none()


async def take_up(session: AsyncSession, operation_id: int) -> bool:
    """Carry on what was cut short; False when it is over."""
    return await _change(session, operation_id, attempts=Operation.attempts + 1)


async def end(session: AsyncSession, operation_id: int, now_ms: int) -> bool:
    """Nobody carries it on; False when it is over already."""
    return await _change(session, operation_id, state=OperationState.ENDED, done_ms=now_ms)


async def finish(session: AsyncSession, operation: Operation, now_ms: int) -> bool:
    """It has come to its end as it was when `operation` was read; False when somebody else ended it, or
    has taken it up since."""
    return await _change(
        session,
        operation.id,
        col(Operation.attempts) == operation.attempts,
        state=OperationState.DONE,
        done_ms=now_ms,
    )


async def keep(session: AsyncSession, operation_id: int, data: dict[str, Any]) -> None:
    """Store what its kind must know later."""
    await session.execute(
        update(Operation)
        .where(col(Operation.id) == operation_id)
        .values(data=data)
        .execution_options(synchronize_session=False)
    )


async def begin_step(session: AsyncSession, operation: Operation, step: Step, now_ms: int) -> int | None:
    """Write the next step, in the transaction that writes its orders; its id.

    None when the operation is over, or is not as it was when `operation` was read: then nothing may be done.
    """
    is_next = await _change(
        session,
        operation.id,
        col(Operation.attempts) == operation.attempts,
        col(Operation.steps) == operation.steps,
        steps=operation.steps + 1,
    )
    if not is_next:
        return None
    row = StepRow(
        operation_id=operation.id,
        number=operation.steps + 1,
        attempt=operation.attempts,
        what=step.what,
        plan=dict(step.plan),
        begun_ms=now_ms,
    )
    session.add(row)
    await session.flush()
    return row.id


async def end_step(session: AsyncSession, step_id: int, result: dict[str, Any], now_ms: int) -> None:
    """The step is over: its orders are answered, or its act is done."""
    await session.execute(
        update(StepRow)
        .where(col(StepRow.id) == step_id)
        .values(result=result, ended_ms=now_ms)
        .execution_options(synchronize_session=False)
    )


async def _change(session: AsyncSession, operation_id: int, *conditions: Any, **values: Any) -> bool:
    """Change an operation that is running; whether it was."""
    statement = (
        update(Operation)
        .where(col(Operation.id) == operation_id, col(Operation.state) == OperationState.RUNNING, *conditions)
        .values(**values)
        .returning(col(Operation.id))
        .execution_options(synchronize_session=False)
    )
    return (await session.execute(statement)).one_or_none() is not None
