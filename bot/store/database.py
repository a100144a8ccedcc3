"""Sessions on SQLite or PostgreSQL with one promise: `write` is one transaction, `read` cannot write.

SQLite has one writer at a time, so writers queue here instead of failing in the file.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Self

from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from bot.store.columns import dump_json, load_json

BUSY_TIMEOUT_MS = 5_000  # how long a writer waits for another process
CONNECT_TIMEOUT_S = 10
POSTGRES_OPTIONS = "-c statement_timeout=15000 -c idle_in_transaction_session_timeout=60000"  # ms
SQLITE_READERS = 4


class BadDatabaseUrl(ValueError):
    """The URL names no database we know; the message says what would do, never the URL's password."""


def normalise(url: str) -> URL:
    """`url` with the driver we use: `sqlite:///path` or `postgresql://…` (also `postgres://…`).

    Raises BadDatabaseUrl.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise BadDatabaseUrl(
            "not a database URL; use sqlite:///path or postgresql://user@host/name"
        ) from None
    match parsed.get_backend_name():
        case "sqlite":
            if parsed.database in {None, "", ":memory:"}:
                raise BadDatabaseUrl("an SQLite database needs a file: sqlite:///path")
            return parsed.set(drivername="sqlite+aiosqlite")
        case "postgresql" | "postgres":
            return parsed.set(drivername="postgresql+psycopg")
        case other:
            raise BadDatabaseUrl(
                f"{other} is not supported; use sqlite:///path or postgresql://user@host/name"
            )


def secure_file(path: Path) -> None:
    """Make the SQLite file (and a missing folder) ours alone; its -wal and -shm inherit the mode."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


class Database:
    """A door to one database. Open it once, close it at the end."""

    def __init__(self, reader: AsyncEngine, writer: AsyncEngine, write_lock: asyncio.Lock | None) -> None:
        self._reader = reader
        self._writer = writer
        self._write_lock = write_lock

    @classmethod
    def open(cls, url: str) -> Self:
        """Prepare pools; the first session connects. Raises BadDatabaseUrl, OSError for an unusable file."""
        target = normalise(url)
        if target.get_backend_name() == "sqlite":
            secure_file(Path(str(target.database)))
            reader = _sqlite_engine(target, "BEGIN", pool_size=SQLITE_READERS, query_only=True)
            writer = _sqlite_engine(target, "BEGIN IMMEDIATE", pool_size=1, query_only=False)
            return cls(reader, writer, asyncio.Lock())
        engine = _postgres_engine(target)
        return cls(engine.execution_options(postgresql_readonly=True), engine, None)

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._writer.dialect.name

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """One consistent look; the database refuses a write in it."""
        async with AsyncSession(self._reader, expire_on_commit=False, autoflush=False) as session:
            yield session

    @contextlib.asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """One transaction: committed when the block ends, rolled back when it raises.

        Do no slow work inside: on SQLite every other writer waits.
        """
        async with (
            self._write_lock or contextlib.nullcontext(),
            AsyncSession(self._writer, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    async def scrub(self) -> None:
        """Empty SQLite's write-ahead log, which still holds pages as they were before a deletion.

        As far as it gets without waiting: pages a reader still needs stay until the next checkpoint.
        """
        if self._write_lock is None:
            return
        async with self._write_lock, self._writer.connect() as connection:
            raw = await connection.get_raw_connection()
            assert raw.driver_connection is not None
            execute = raw.driver_connection.execute_fetchall
            await execute("PRAGMA busy_timeout = 0")
            with contextlib.suppress(sqlite3.OperationalError):
                await execute("PRAGMA wal_checkpoint(TRUNCATE)")
            await execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")

    async def close(self) -> None:
        await self._reader.dispose()
        await self._writer.dispose()


def _sqlite_engine(url: URL, begin: str, *, pool_size: int, query_only: bool) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        # The driver must not begin transactions by itself: it would begin them as deferred.
        connect_args={"isolation_level": None, "timeout": BUSY_TIMEOUT_MS / 1000},
        hide_parameters=True,  # a database error must not quote what was being written
        json_serializer=dump_json,
        json_deserializer=load_json,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA secure_delete = ON")  # forgotten ciphertext is overwritten, not just unlinked
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        if query_only:
            cursor.execute("PRAGMA query_only = ON")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _postgres_engine(url: URL) -> AsyncEngine:
    return create_async_engine(
        url,
        pool_size=10,
        max_overflow=10,
        pool_pre_ping=True,
        connect_args={"connect_timeout": CONNECT_TIMEOUT_S, "options": POSTGRES_OPTIONS},
        hide_parameters=True,  # a database error must not quote what was being written
        json_serializer=dump_json,
        json_deserializer=load_json,
    )
