"""One active process: it proves its lease in every transaction, and once that is lost it writes nothing."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.app.lease import MARGIN_S, NAME, ActiveLease
from bot.kernel.storage import Database, audit
from bot.kernel.storage.database import NotActive
from tests.support.rows import NOW, USER

LIFE_S = 1.5


@contextlib.asynccontextmanager
async def another(database_url: str, **options: object) -> AsyncIterator[tuple[Database, ActiveLease]]:
    """What a second process has."""
    door = Database.open(database_url)
    try:
        yield door, ActiveLease(door, owner="another", life_s=LIFE_S, **options)  # type: ignore[arg-type]
    finally:
        await door.close()


async def write(database: Database) -> None:
    async with database.write() as session:
        await audit.append(session, NOW, USER, "test", {})


async def rows(database: Database) -> int:
    async with database.read() as session:
        return (await audit.verify(session)).rows


async def test_the_second_waits_and_hears_for_whom(database: Database, database_url: str) -> None:
    first, told = ActiveLease(database, owner="the first", life_s=LIFE_S), list[str]()
    await first.wait()
    async with another(database_url) as (door, second):
        waiting = asyncio.create_task(second.wait(told.append))
        keeping = asyncio.create_task(first.keep())
        await asyncio.sleep(2 * LIFE_S)
        assert (first.holds(), second.holds(), waiting.done(), told) == (True, False, False, ["the first"])
        await write(database)
        keeping.cancel()
        await first.hand_back()
        await asyncio.wait_for(waiting, 1.0)
        assert (first.holds(), second.holds()) == (False, True)
        await write(door)
        with pytest.raises(NotActive):
            await write(database)
        assert await rows(door) == 2


async def test_who_does_not_renew_is_succeeded_and_writes_nothing_more(
    database: Database, database_url: str
) -> None:
    first = ActiveLease(database, owner="the first", life_s=LIFE_S)
    await first.wait()
    async with another(database_url) as (_, second):
        begun = asyncio.get_running_loop().time()
        await second.wait()
        waited = asyncio.get_running_loop().time() - begun
        assert not first.holds()
        assert waited > LIFE_S * 0.9
        with pytest.raises(NotActive):
            await write(database)
        assert not first.lost.is_set()
        await asyncio.wait_for(first.keep(), 5)  # ends by finding that another has it
        assert first.lost.is_set()
        assert second.holds()


async def test_a_lease_nobody_took_is_renewed_after_its_end(database: Database) -> None:
    """One process alone was frozen: it acts again as soon as the database says that nobody came."""
    now = [100.0]
    alone = ActiveLease(database, life_s=LIFE_S, clock=lambda: now[0])
    await alone.wait()
    now[0] += LIFE_S
    assert not alone.holds()
    await write(database)  # of its own database it is still the only writer
    keeping = asyncio.create_task(alone.keep())
    for _ in range(100):
        if not alone.holds():
            await asyncio.sleep(0.05)
    keeping.cancel()
    assert alone.holds()
    assert not alone.lost.is_set()


async def test_nobody_acts_within_a_margin_of_the_end(database: Database) -> None:
    now = [100.0]
    lease = ActiveLease(database, life_s=5.0, clock=lambda: now[0])
    assert not lease.holds()
    await lease.wait()
    now[0] += 5.0 - MARGIN_S - 0.01
    assert lease.holds()
    now[0] += 0.02
    assert not lease.holds()


async def test_a_process_frozen_in_the_middle_of_a_question_is_succeeded(
    database: Database, database_url: str
) -> None:
    """The server's own limits count only between questions: what was half asked would stand for ever."""
    if database.dialect == "sqlite":
        return
    first = ActiveLease(database, owner="the first", life_s=LIFE_S)
    await first.wait()
    frozen = psycopg.connect(database_url, autocommit=True)
    try:
        frozen.execute(f"BEGIN; SELECT prove_lease('{NAME}', 1)")
        frozen.pgconn.enter_pipeline_mode()
        frozen.pgconn.send_query_params(b"SELECT 1", None)  # and no word that this is all
        frozen.pgconn.send_flush_request()
        while frozen.pgconn.flush():
            pass
        async with another(database_url) as (_, second), asyncio.timeout(10):
            await second.wait()
            assert second.holds()
    finally:
        frozen.close()


async def test_a_standby_outlives_a_lease_it_cannot_take(database: Database, database_url: str) -> None:
    first = ActiveLease(database, owner="the first", life_s=LIFE_S)
    await first.wait()
    async with another(database_url) as (_, second):
        waiting = asyncio.create_task(second.wait())
        if database.dialect == "postgresql":
            with psycopg.connect(database_url) as holding:
                holding.execute("LOCK TABLE lease IN ACCESS EXCLUSIVE MODE")
                await asyncio.sleep(LIFE_S + 4)
        await asyncio.wait_for(waiting, 5)
        assert second.holds()


async def test_a_transaction_under_way_is_waited_for_or_ended(database: Database, database_url: str) -> None:
    """A process frozen in the middle of one: the server ends it, and nothing of it stays."""
    if database.dialect == "sqlite":
        return  # there a taking waits for the file's lock, as every writer does
    first = ActiveLease(database, owner="the first", life_s=LIFE_S)
    await first.wait()
    async with another(database_url) as (door, second):

        async def frozen() -> None:
            async with database.write() as session:
                await audit.append(session, NOW, USER, "frozen", {})
                await second.wait()

        async with asyncio.timeout(8):
            with pytest.raises(DBAPIError):
                await frozen()
        assert second.holds()
        assert await rows(door) == 0


async def test_a_process_has_few_connections(database: Database, database_url: str) -> None:
    """4 that read, 4 that write, one of them for the lease; however much is asked for at once."""
    if database.dialect == "sqlite":
        return
    lease = ActiveLease(database)
    await lease.wait()

    async def look() -> None:
        async with database.read() as session:
            await session.execute(text("SELECT pg_sleep(0.02)"))

    async def busy() -> int:
        counted = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        async with Database.open(database_url).read() as session:
            return int(await session.scalar(counted) or 0) - 1

    work = [asyncio.create_task(one()) for _ in range(40) for one in (look, lambda: write(database))]
    await database.survey(lambda session: session.execute(text("SELECT 1")))
    assert await busy() <= 8
    await asyncio.gather(*work)
    assert await rows(database) == 40
