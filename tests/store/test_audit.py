"""The chain holds under concurrency, and shows the first row that was touched."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from sqlalchemy import text

from bot.store import Database, audit
from tests.store.builders import NOW, USER


async def append(database: Database, number: int) -> None:
    async with database.write() as session:
        detail = {"number": number, "size": Decimal("0.10"), "词": "买"}
        await audit.append(session, NOW + number, USER, "test", detail)


async def lift_the_guard(database: Database) -> None:
    guards = (
        ["DROP TRIGGER audit_refuses_update", "DROP TRIGGER audit_refuses_delete"]
        if database.dialect == "sqlite"
        else ["DROP TRIGGER audit_is_append_only ON audit"]
    )
    async with database.write() as session:
        for guard in guards:
            await session.execute(text(guard))


async def test_an_empty_chain_is_intact(database: Database) -> None:
    async with database.read() as session:
        assert await audit.verify(session) == audit.Verdict(0, audit.GENESIS)


async def test_concurrent_writers_make_one_unbroken_chain(database: Database) -> None:
    await asyncio.gather(*(append(database, number) for number in range(30)))
    async with database.read() as session:
        verdict = await audit.verify(session)
    assert (verdict.rows, verdict.intact) == (30, True)


async def test_two_processes_may_append_twice_in_a_transaction(database: Database, database_url: str) -> None:
    """Whoever waits for a row holds none that its writer needs: no deadlock."""

    async def append_twice(door: Database) -> None:
        async with door.write() as session:
            for number in range(2):
                await audit.append(session, NOW, USER, "test", {"number": number})

    other = Database.open(database_url)
    await asyncio.gather(*(append_twice(door) for _ in range(15) for door in (database, other)))
    await other.close()
    async with database.read() as session:
        verdict = await audit.verify(session)
    assert (verdict.rows, verdict.intact) == (60, True)


async def test_who_knew_an_older_end_still_follows_the_newest(database: Database) -> None:
    """What a claim saw at the chain's end may be history when the claim's own row is written."""
    async with database.write() as session:
        none_yet = audit.Tail.of(None, None)
        for number in range(3):
            await audit.append(session, NOW + number, USER, "test", {}, none_yet)
    await append(database, 3)
    async with database.write() as session:
        await audit.append(session, NOW, USER, "test", {}, none_yet)
    async with database.read() as session:
        verdict = await audit.verify(session)
    assert (verdict.rows, verdict.intact) == (5, True)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit SET action = 'other' WHERE seq = 3",
        "UPDATE audit SET detail = '{}' WHERE seq = 3",
        "UPDATE audit SET user_id = NULL WHERE seq = 3",
        "UPDATE audit SET at_ms = at_ms + 1 WHERE seq = 3",
        "UPDATE audit SET hash = previous_hash WHERE seq = 3",
    ],
)
async def test_a_changed_row_breaks_the_chain_where_it_stands(database: Database, change: str) -> None:
    for number in range(5):
        await append(database, number)
    await lift_the_guard(database)
    async with database.write() as session:
        await session.execute(text(change))
    async with database.read() as session:
        verdict = await audit.verify(session)
    assert (verdict.rows, verdict.broken_at) == (2, 3)


async def test_a_removed_row_breaks_the_chain_at_the_next(database: Database) -> None:
    for number in range(5):
        await append(database, number)
    await lift_the_guard(database)
    async with database.write() as session:
        await session.execute(text("DELETE FROM audit WHERE seq = 2"))
    async with database.read() as session:
        assert (await audit.verify(session)).broken_at == 3


async def test_a_rolled_back_row_leaves_no_gap(database: Database) -> None:
    async def fail() -> None:
        async with database.write() as session:
            await audit.append(session, NOW, USER, "lost", {})
            raise ZeroDivisionError

    await append(database, 1)
    with pytest.raises(ZeroDivisionError):
        await fail()
    await append(database, 2)
    async with database.read() as session:
        assert (await audit.verify(session)).rows == 2
