"""Statements run on the event loop; nothing that waits, for the disk or for another process, may stop it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from bot.store import Database
from bot.store.sqlite import Connection, connect
from tests.store.builders import a_user


@pytest.fixture
def path(sqlite_template: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "shared.sqlite3"
    copy.write_bytes(sqlite_template.read_bytes())
    return copy


@pytest.fixture
async def connection(tmp_path: Path) -> AsyncIterator[Connection]:
    opened = await connect(str(tmp_path / "one.sqlite3"), timeout=0.2)
    await run(opened, "PRAGMA journal_mode = WAL")
    await run(opened, "CREATE TABLE number (value INTEGER)")
    yield opened
    await opened.close()


async def run(connection: Connection, statement: str) -> list[tuple[object, ...]]:
    cursor = connection.cursor()
    await cursor.execute(statement)
    return await cursor.fetchall()


def another_process(path: Path) -> sqlite3.Connection:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return other


async def test_a_writer_waits_for_another_process_while_the_loop_goes_on(path: Path) -> None:
    database = Database.open(f"sqlite:///{path}")
    async with database.read() as session:
        await session.execute(text("SELECT 1"))
    other = another_process(path)

    async def write() -> None:
        async with database.write() as session:
            await a_user(session)

    writing = asyncio.create_task(write())
    async with database.read() as session:
        for _ in range(3):  # the loop turns, and readers read, while the writer waits
            await asyncio.sleep(0.01)
            assert await session.scalar(text("SELECT count(*) FROM desk_user")) == 0
    assert not writing.done()
    other.execute("COMMIT")
    other.close()
    await writing
    async with database.read() as session:
        assert await session.scalar(text("SELECT count(*) FROM desk_user")) == 1
    await database.close()


async def test_a_writer_waits_no_longer_than_agreed(connection: Connection, tmp_path: Path) -> None:
    other = another_process(tmp_path / "one.sqlite3")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        await run(connection, "BEGIN IMMEDIATE")
    other.close()
    await run(connection, "BEGIN IMMEDIATE")
    await connection.rollback()


async def test_a_commit_once_begun_is_finished_though_its_caller_is_cancelled(
    connection: Connection, tmp_path: Path
) -> None:
    await run(connection, "BEGIN IMMEDIATE")
    await run(connection, "INSERT INTO number VALUES (1)")
    committing = asyncio.create_task(connection.commit())
    await asyncio.sleep(0)
    committing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await committing
    await connection.rollback()  # what SQLAlchemy does next: it must neither race with the commit nor undo it
    assert await run(connection, "SELECT value FROM number") == [(1,)]


async def test_what_is_rolled_back_leaves_no_trace_for_the_next_transaction(connection: Connection) -> None:
    await run(connection, "BEGIN IMMEDIATE")
    await run(connection, "INSERT INTO number VALUES (1)")
    await connection.rollback()
    await run(connection, "BEGIN")
    assert await run(connection, "SELECT value FROM number") == []
    await connection.commit()
    assert not connection.raw.in_transaction


async def test_a_mistake_in_a_statement_is_told_at_once(sqlite_template: Path) -> None:
    database = Database.open(f"sqlite:///{sqlite_template}")
    with pytest.raises(OperationalError, match="no such table"):
        async with database.read() as session:
            await session.execute(text("SELECT * FROM nothing_of_the_kind"))
    await database.close()
