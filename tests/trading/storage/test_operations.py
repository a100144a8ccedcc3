"""Operations: opened once, each step begun once, by whoever took it up last, and ended once."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.execution.operation import OperationState, Step
from bot.kernel.storage import Database, erasure
from bot.people import users
from bot.people.tables import Account
from bot.trading.storage import operations, orders
from bot.trading.storage.operation_tables import Operation, StepRow
from bot.trading.storage.tables import Ticket
from tests.support.rows import NOW, USER, a_ticket, an_attempt

STEP = Step("send", {"statement": 0})


async def an_operation(session: AsyncSession, token: str = "a-token", kind: str = "flatten") -> Operation:
    ticket = await a_ticket(session, token)
    return await operations.open_for(session, ticket, kind, NOW)


async def read(database: Database, operation_id: int) -> operations.OperationRecord:
    async with database.read() as session:
        return await operations.load(session, operation_id)


async def test_a_ticket_is_carried_out_once(database: Database) -> None:
    async with database.write() as session:
        operation = await an_operation(session)
        ticket = await session.get_one(Ticket, operation.ticket_id)
        with pytest.raises(ValueError, match="begun before"):
            await operations.open_for(session, ticket, "flatten", NOW)
    async with database.read() as session:
        assert [one.key for one in await operations.running(session)] == [f"ticket:{ticket.id}"]


async def test_work_cut_short_by_a_crash_is_found(database: Database) -> None:
    async with database.write() as session:
        cut_short, done, ended = [await an_operation(session, token) for token in ("one", "two", "three")]
        assert await operations.finish(session, done, NOW)
        assert await operations.end(session, ended.id, NOW)
    async with database.read() as session:
        assert [one.id for one in await operations.running(session)] == [cut_short.id]


async def test_a_step_is_written_with_its_orders_and_remembers_what_came_of_it(database: Database) -> None:
    async with database.write() as session:
        operation = await an_operation(session)
        ticket = await session.get_one(Ticket, operation.ticket_id)
        account = await session.get_one(Account, ticket.account_id)
        step_id = await operations.begin_step(session, operation, STEP, NOW)
        attempt = an_attempt(account, ticket_id=ticket.id, step_id=step_id)
        written = await orders.insert_attempt(session, attempt)
        await orders.insert_attempt(session, an_attempt(account, ticket_id=ticket.id))
    record = await read(database, operation.id)
    (step,) = record.steps
    assert (step.number, step.what, step.plan, step.ended_ms) == (1, "send", {"statement": 0}, None)
    assert [order.id for order in record.orders_of(step)] == [written.id]
    assert len(record.orders) == 2
    async with database.write() as session:
        await operations.end_step(session, step.id, {"stands": True}, NOW + 1)
    (step,) = (await read(database, operation.id)).steps
    assert (step.result, step.ended_ms) == ({"stands": True}, NOW + 1)


async def test_of_two_who_read_the_same_only_one_begins_the_next_step(database: Database) -> None:
    async with database.write() as session:
        operation = await an_operation(session)

    async def begin() -> int | None:
        seen = (await read(database, operation.id)).operation
        await asyncio.sleep(0.01)
        async with database.write() as session:
            return await operations.begin_step(session, seen, STEP, NOW)

    begun = await asyncio.gather(*(begin() for _ in range(5)))
    assert sum(one is not None for one in begun) == 1
    assert len((await read(database, operation.id)).steps) == 1


async def test_whoever_was_succeeded_neither_begins_a_step_nor_ends_it(database: Database) -> None:
    async with database.write() as session:
        operation = await an_operation(session)
    before = (await read(database, operation.id)).operation
    async with database.write() as session:
        assert await operations.take_up(session, operation.id)
    async with database.write() as session:
        assert await operations.begin_step(session, before, STEP, NOW) is None
        assert not await operations.finish(session, before, NOW)
        now = (await operations.load(session, operation.id)).operation
        assert await operations.begin_step(session, now, STEP, NOW)
    record = await read(database, operation.id)
    assert record.operation.attempts == 2
    assert [step.attempt for step in record.current] == [2]


@pytest.mark.parametrize("how", ["finished", "ended", "forgotten", "unlinked"])
async def test_what_is_over_goes_no_step_further(database: Database, how: str) -> None:
    async with database.write() as session:
        operation = await an_operation(session)
    async with database.write() as session:
        if how == "finished":
            assert await operations.finish(session, operation, NOW)
        elif how == "ended":
            assert await operations.end(session, operation.id, NOW)
        elif how == "forgotten":
            await users.forget(session, USER, NOW)
        else:
            assert operation.account_id is not None
            await erasure.unlink(session, operation.account_id, NOW)
    now = (await read(database, operation.id)).operation
    assert now.state is (OperationState.DONE if how == "finished" else OperationState.ENDED)
    assert now.done_ms == NOW
    async with database.write() as session:
        assert await operations.begin_step(session, now, STEP, NOW) is None
        assert not await operations.take_up(session, now.id)
        assert not await operations.finish(session, now, NOW)
        assert not await operations.end(session, now.id, NOW)
        assert await operations.running(session) == []


async def test_a_list_of_statements_outlives_its_key_and_says_what_was_not_sent(database: Database) -> None:
    """Its next step is refused where its orders would be written; a panic has nothing left to say."""
    async with database.write() as session:
        operation = await an_operation(session, kind="order_list")
        assert operation.account_id is not None
        await erasure.unlink(session, operation.account_id, NOW)
    async with database.read() as session:
        assert [one.id for one in await operations.running(session)] == [operation.id]


async def test_nothing_that_was_learnt_of_a_forgotten_person_is_left(database: Database) -> None:
    async with database.write() as session:
        mine = await an_operation(session)
        step_id = await operations.begin_step(session, mine, STEP, NOW)
        assert step_id is not None
        await operations.end_step(session, step_id, {"gone": ["1"]}, NOW)
        await operations.keep(session, mine.id, {"doubts": [7]})
        await users.forget(session, USER, NOW)
    record = await read(database, mine.id)
    assert record.operation.data == {}
    assert [(step.plan, step.result) for step in record.steps] == [({}, {})]


async def test_steps_are_numbered_for_each_operation(database: Database) -> None:
    async with database.write() as session:
        for token in ("one", "two"):
            operation = await an_operation(session, token)
            assert await operations.begin_step(session, operation, STEP, NOW)
            again = await session.get_one(Operation, operation.id, populate_existing=True)
            assert await operations.begin_step(session, again, STEP, NOW)
    async with database.read() as session:
        steps = (await session.scalars(select(StepRow))).all()
    assert sorted((step.operation_id, step.number) for step in steps)[:2] == [
        (steps[0].operation_id, 1),
        (steps[0].operation_id, 2),
    ]
