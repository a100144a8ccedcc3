"""A write is one transaction, a read writes nothing, and nobody's failure is anybody else's."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from bot.kernel.storage import BadDatabaseUrl, Database
from bot.kernel.storage.engines import normalise
from bot.people import users
from tests.support.rows import NOW, a_ticket, a_user


async def test_a_read_cannot_write(database: Database) -> None:
    async with database.write() as session:
        await a_user(session)

    async def write_while_reading() -> None:
        async with database.read() as session:
            await session.execute(text("DELETE FROM desk_user"))

    with pytest.raises(DBAPIError):
        await write_while_reading()
    async with database.read() as session:
        assert await session.scalar(text("SELECT count(*) FROM desk_user")) == 1


async def test_an_exception_undoes_the_whole_block(database: Database) -> None:
    async def fail_halfway() -> None:
        async with database.write() as session:
            await a_user(session)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_halfway()
    async with database.read() as session:
        assert await users.count(session) == 0


async def test_a_hundred_writers_at_once_all_succeed(database: Database) -> None:
    async def write(user_id: int) -> None:
        async with database.write() as session:
            await users.get_or_create(session, user_id, NOW)

    await asyncio.gather(*(write(number) for number in range(100)))
    async with database.read() as session:
        assert await users.count(session) == 100


@pytest.mark.parametrize(
    "database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
async def test_connections_the_server_ended_are_replaced_unseen(database_url: str) -> None:
    database = Database.open(database_url)

    async def use(user_id: int) -> None:
        async with database.write() as session:
            await users.get_or_create(session, user_id, NOW)
        async with database.read() as session:
            assert await users.get(session, user_id) is not None

    await asyncio.gather(*(use(number) for number in range(5)))
    with psycopg.connect(database_url, autocommit=True) as operator:
        ended = operator.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchall()
    assert len(ended) > 2
    assert all(gone for (gone,) in ended)
    await asyncio.gather(*(use(number) for number in range(5, 10)))
    await database.close()


async def test_a_cancelled_writer_leaves_the_door_open(database: Database) -> None:
    entered = asyncio.Event()

    async def hang() -> None:
        async with database.write() as session:
            await a_user(session)
            entered.set()
            await asyncio.Event().wait()

    for _ in range(3):
        entered.clear()
        task = asyncio.create_task(hang())
        await entered.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    async with database.write() as session:
        assert await users.count(session) == 0
        await a_user(session)


async def test_a_cancelled_queue_of_writers_leaves_the_door_open(database: Database) -> None:
    async def write(user_id: int) -> None:
        async with database.write() as session:
            await users.get_or_create(session, user_id, NOW)

    tasks = [asyncio.create_task(write(number)) for number in range(30)]
    for turns, task in enumerate(tasks[::2]):
        for _ in range(turns % 5):
            await asyncio.sleep(0)
        task.cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    written = sum(outcome is None for outcome in outcomes)
    async with database.read() as session:
        # A cancel that arrives during the commit may find it done: never less than what was reported.
        assert written <= await users.count(session) <= len(tasks)
        assert written >= 15
    await write(1_000)


async def test_two_doors_to_one_database_take_turns(database: Database, database_url: str) -> None:
    other = Database.open(database_url)

    async def add_one(door: Database) -> None:
        async with door.write() as session:
            await bump(session)

    async with database.write() as session:
        await a_user(session)
        await session.execute(text("UPDATE desk_user SET created_ms = 0"))
    await asyncio.gather(*(add_one(door) for _ in range(20) for door in (database, other)))
    await other.close()
    async with database.read() as session:
        assert await session.scalar(text("SELECT created_ms FROM desk_user")) == 40


async def test_a_writer_that_waits_for_another_process_holds_nobody_up(sqlite_template: Path) -> None:
    database, other = (Database.open(f"sqlite:///{sqlite_template}") for _ in range(2))
    order: list[str] = []

    async def write() -> None:
        async with other.write() as session:
            await session.execute(text("UPDATE desk_user SET created_ms = 1"))
        order.append("written")

    async with database.write() as session:
        await session.execute(text("UPDATE desk_user SET created_ms = 0"))
        waiting = asyncio.create_task(write())
        for _ in range(20):
            await asyncio.sleep(0.001)
        order.append("the loop went on")
    await waiting
    for door in (database, other):
        await door.close()
    assert order == ["the loop went on", "written"]


async def test_a_survey_reads_everything_elsewhere_and_writes_nothing(database: Database) -> None:
    async with database.write() as session:
        await a_user(session)
    thread = threading.get_ident()

    def look(session: Session) -> tuple[int, bool]:
        number = session.scalar(text("SELECT count(*) FROM desk_user")) or 0
        return number, threading.get_ident() != thread

    assert await database.survey(look) == (1, True)
    with pytest.raises(DBAPIError):
        await database.survey(lambda session: session.execute(text("DELETE FROM desk_user")))


async def bump(session: AsyncSession) -> None:
    """Looks before it writes: on SQLite a lock taken only at the write would come too late."""
    await session.execute(text("SELECT created_ms FROM desk_user"))
    await session.execute(text("UPDATE desk_user SET created_ms = created_ms + 1"))


async def test_a_row_without_its_user_is_refused_and_the_error_quotes_no_values(database: Database) -> None:
    async def orphan() -> None:
        async with database.write() as session:
            await a_ticket(session, "token")
            await session.execute(text("UPDATE ticket SET user_id = :u"), {"u": 424_242_424})

    with pytest.raises(IntegrityError) as caught:
        await orphan()
    assert "parameters" in str(caught.value)
    assert "hidden" in str(caught.value)


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("sqlite:///var/a.sqlite3", "sqlite:///var/a.sqlite3"),
        ("sqlite:////var/a.sqlite3", "sqlite:////var/a.sqlite3"),
        ("postgresql://u@h/n", "postgresql+psycopg://u@h/n"),
        ("postgres://u@h/n", "postgresql+psycopg://u@h/n"),
        ("postgresql+psycopg://u@h/n", "postgresql+psycopg://u@h/n"),
    ],
)
def test_plain_urls_get_our_driver(given: str, used: str) -> None:
    assert normalise(given).render_as_string() == used


@pytest.mark.parametrize(
    "url", ["", "nonsense", "sqlite://", "sqlite:///:memory:", "mysql://root:hunter2@h/n", "://hunter2@h"]
)
def test_an_unusable_url_is_refused_without_repeating_a_password(url: str) -> None:
    with pytest.raises(BadDatabaseUrl) as caught:
        Database.open(url)
    assert "hunter2" not in str(caught.value)


async def test_sqlite_survives_power_loss_and_checks_foreign_keys(sqlite_template: Path) -> None:
    database = Database.open(f"sqlite:///{sqlite_template}")
    async with database.write() as session:
        settings = {
            name: await session.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "busy_timeout")
        }
    await database.close()
    assert settings == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
        "busy_timeout": 0,  # the loop waits for the lock, not the driver
    }
