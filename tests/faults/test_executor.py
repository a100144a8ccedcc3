"""The executor: what it writes before it acts, what it carries on, and what it leaves alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.buttons import new_token
from bot.domain.execution.operation import Done, Leg, Next, OperationState, Step, Wait
from bot.domain.orders.order import OrderState
from bot.domain.refusal import Refusal
from bot.kernel.clock import unix_ms
from bot.kernel.events import Events
from bot.kernel.storage import Database
from bot.trading.execution.executor import Executor
from bot.trading.execution.submission import BeginStep
from bot.trading.storage import operations, tickets
from bot.trading.storage.operation_tables import Operation, StepRow
from bot.trading.storage.operations import OperationRecord
from bot.trading.storage.tables import Ticket, TicketKind
from tests.faults.desk import ALICE, Desk, market_order, open_desk

BUY = Leg(market_order(quantity=Decimal("0.1")), "SOL", "USDC")


class Script:
    """A kind whose decisions a test gives it, by how many steps were begun."""

    name = "script"

    def __init__(
        self, decide: Callable[[OperationRecord], Next], *, resumes: bool, resume_ms: int | None = None
    ) -> None:
        self.resumes, self.resume_ms = resumes, resume_ms
        self._decide = decide
        self.performed: list[str] = []
        self.told: list[int] = []  # at which attempt
        self.too_old: list[int] = []
        self.fails = False

    async def next(self, record: OperationRecord) -> Next:
        return self._decide(record)

    async def perform(self, record: OperationRecord, step: StepRow) -> dict[str, Any]:
        self.performed.append(step.what)
        if self.fails:
            raise RuntimeError("an error of ours")
        return {"did": step.what}

    async def tell(self, session: AsyncSession, record: OperationRecord) -> None:
        self.told.append(record.operation.attempts)

    async def tell_too_old(self, session: AsyncSession, record: OperationRecord) -> None:
        self.too_old.append(record.operation.id)


def in_turn(*steps: Step) -> Callable[[OperationRecord], Next]:
    """The steps that were not begun since it was taken up."""
    following: list[Next] = [*steps, Done()]
    return lambda record: following[len(record.current)]


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with open_desk(database) as opened:
        yield opened


async def a_ticket(desk: Desk) -> Ticket:
    now = unix_ms()
    ticket = Ticket(
        token_hash=tickets.hash_token(new_token()),
        user_id=ALICE,
        chat_id=ALICE,
        account_id=desk.account.id,
        kind=TicketKind.CHAIN,
        line="",
        legs=[],
        preview={},
        created_ms=now,
        expires_ms=now + 60_000,
    )
    async with desk.database.write() as session:
        return await tickets.offer(session, ticket)


def an_executor(desk: Desk, kind: Script) -> Executor:
    executor = Executor(desk.database, desk.submission, Events(), clock=unix_ms)
    executor.register(kind)
    return executor


async def record_of(desk: Desk, ticket: Ticket) -> OperationRecord:
    async with desk.database.read() as session:
        statement = select(Operation.id).where(Operation.ticket_id == ticket.id)  # type: ignore[call-overload]
        return await operations.load(session, (await session.scalars(statement)).one())


async def settled() -> None:
    """What was taken up is over."""
    await asyncio.gather(*(task for task in asyncio.all_tasks() if task.get_name().startswith("operation-")))


async def test_orders_are_sent_step_after_step_each_known_by_its_step(desk: Desk) -> None:
    kind = Script(
        in_turn(Step("one", {}, (BUY, BUY)), Step("look"), Step("two", {}, (BUY,), 2)), resumes=True
    )
    ticket = await a_ticket(desk)
    assert await an_executor(desk, kind).confirm("script", ticket, ALICE, None) is None
    record = await record_of(desk, ticket)
    assert record.operation.state is OperationState.DONE
    assert [(step.what, len(record.orders_of(step))) for step in record.steps] == [
        ("one", 2),
        ("look", 0),
        ("two", 1),
    ]
    assert [(order.leg, order.state) for order in record.orders] == [(n, OrderState.FILLED) for n in range(3)]
    assert record.steps[1].result == {"did": "look"}
    assert kind.told == [1]
    assert len(desk.there.orders) == 3


async def test_a_second_tap_carries_nothing_out(desk: Desk) -> None:
    kind = Script(in_turn(Step("one", {}, (BUY,))), resumes=True)
    executor, ticket = an_executor(desk, kind), await a_ticket(desk)
    answers = await asyncio.gather(*(executor.confirm("script", ticket, ALICE, None) for _ in range(5)))
    assert sum(isinstance(one, Refusal) for one in answers) == 4
    assert len(desk.there.orders) == 1


async def test_what_an_error_cut_short_goes_on_and_is_told_once(desk: Desk) -> None:
    kind = Script(in_turn(Step("look")), resumes=True)
    executor, ticket = an_executor(desk, kind), await a_ticket(desk)
    kind.fails = True
    with pytest.raises(RuntimeError):
        await executor.confirm("script", ticket, ALICE, None)
    assert (await record_of(desk, ticket)).operation.state is OperationState.RUNNING
    kind.fails = False
    await executor.take_up()
    await executor.take_up()
    await settled()
    record = await record_of(desk, ticket)
    assert [(step.attempt, step.ended_ms is None) for step in record.steps] == [(1, True), (2, False)]
    assert kind.told == [2]
    await executor.take_up()
    await settled()
    assert kind.performed == ["look", "look"]


async def test_what_does_not_go_on_is_ended_and_told_at_once(desk: Desk) -> None:
    kind = Script(in_turn(Step("one", {}, (BUY,)), Step("look"), Step("two", {}, (BUY,), 1)), resumes=False)
    executor, ticket = an_executor(desk, kind), await a_ticket(desk)
    kind.fails = True
    with pytest.raises(RuntimeError):
        await executor.confirm("script", ticket, ALICE, None)
    assert kind.told == [1]
    assert (await record_of(desk, ticket)).operation.state is OperationState.DONE
    assert len(desk.there.orders) == 1


async def test_after_a_crash_what_does_not_go_on_is_only_told(desk: Desk) -> None:
    kind = Script(in_turn(Step("one", {}, (BUY,))), resumes=False)
    executor, ticket = an_executor(desk, kind), await a_ticket(desk)
    assert isinstance(await desk.submission.claim(ticket, ALICE, None, "script"), int)  # and died
    await executor.take_up()
    await settled()
    assert (kind.told, desk.there.orders) == ([2], [])


async def test_what_is_too_old_is_not_carried_on_and_that_is_told_once(desk: Desk) -> None:
    kind = Script(in_turn(Step("one", {}, (BUY,))), resumes=True, resume_ms=-1)
    executor, ticket = an_executor(desk, kind), await a_ticket(desk)
    opened = await desk.submission.claim(ticket, ALICE, None, "script")
    for _ in range(2):
        await executor.take_up()
        await settled()
    assert (kind.told, kind.too_old, desk.there.orders) == ([], [opened], [])
    assert (await record_of(desk, ticket)).operation.state is OperationState.ENDED


async def test_a_step_may_wait_for_its_time_and_nobody_else_takes_it_up(desk: Desk) -> None:
    due_ms = unix_ms() + 300

    def decide(record: OperationRecord) -> Next:
        if not record.steps:
            return Wait(due_ms) if unix_ms() < due_ms else Step("one", {}, (BUY,))
        return Done()

    kind = Script(decide, resumes=True)
    executor, ticket = an_executor(desk, kind), await a_ticket(desk)
    waiting = asyncio.create_task(executor.confirm("script", ticket, ALICE, None))
    await asyncio.sleep(0.1)
    await executor.take_up()
    await waiting
    await settled()
    record = await record_of(desk, ticket)
    assert record.steps[0].begun_ms >= due_ms
    assert (record.operation.attempts, kind.told, len(desk.there.orders)) == (1, [1], 1)


async def test_an_operation_that_was_ended_meanwhile_sends_nothing_more(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = Script(in_turn(Step("one", {}, (BUY,)), Step("two", {}, (BUY,), 1)), resumes=True)
    executor, ticket = an_executor(desk, kind), await a_ticket(desk)
    place = desk.submission.place_step

    async def placed(of: Ticket, step: Step, begin: BeginStep) -> int | None:
        step_id = await place(of, step, begin)
        async with desk.database.write() as session:
            assert await operations.end(session, (await record_of(desk, ticket)).operation.id, unix_ms())
        return step_id

    monkeypatch.setattr(desk.submission, "place_step", placed)
    assert await executor.confirm("script", ticket, ALICE, None) is None
    assert (kind.told, len(desk.there.orders)) == ([], 1)


async def test_two_kinds_of_one_name_are_an_error(desk: Desk) -> None:
    kind = Script(in_turn(), resumes=True)
    with pytest.raises(ValueError, match="two kinds"):
        an_executor(desk, kind).register(kind)
