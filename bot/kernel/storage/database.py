"""Sessions on SQLite or PostgreSQL with one promise: `write` is one transaction, `read` cannot write.

A PostgreSQL server is spoken to asynchronously. An SQLite file is read and written in the loop's own thread:
a look at a few rows takes less time than handing it to another thread would. What may wait (another process's
lock, the disk at a commit, a look at very many rows) never holds the loop up.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, Self, TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import Session

from bot.kernel.storage.engines import (
    BUSY_TIMEOUT_MS,
    LEASE_OPTIONS,
    READERS,
    WRITERS,
    BadDatabaseUrl,
    NotActive,
    begin_with,
    file_engine,
    normalise,
    secure_file,
    server_engine,
    survey_engine,
)

__all__ = ["BadDatabaseUrl", "Database", "Fence", "NotActive"]

SHORTEST_PAUSE_S: Final = 0.001  # between two tries for a lock another process holds
LONGEST_PAUSE_S: Final = 0.05

Found = TypeVar("Found")

_HELD: Final = (
    "SELECT 1 FROM lease WHERE name = ? AND epoch = ?"  # in SQLite's words: every write waits for it
)


@dataclass(frozen=True, slots=True)
class Fence:
    """What every transaction of the active process proves: nobody has taken the lease since."""

    name: str  # of ours: a word, for it stands in a statement
    epoch: int


class _Door(Protocol):
    fence: Fence | None

    def read(self) -> contextlib.AbstractAsyncContextManager[AsyncSession]: ...
    def write(self) -> contextlib.AbstractAsyncContextManager[AsyncSession]: ...
    def aside(self) -> contextlib.AbstractAsyncContextManager[AsyncSession]: ...
    async def scrub(self) -> bool: ...
    async def close(self) -> None: ...


class Database:
    """A door to one database. Open it once, close it at the end."""

    def __init__(self, door: _Door, surveyor: Engine) -> None:
        self._door = door
        self._surveyor = surveyor
        self._scrub_owed = True  # what a former process could not scrub is not known

    @classmethod
    def open(cls, url: str) -> Self:
        """Prepare pools; the first session connects. Raises BadDatabaseUrl, also for an unusable file."""
        target = normalise(url)
        if target.get_backend_name() == "sqlite":
            secure_file(Path(str(target.database)))
            return cls(_File(file_engine(target, readonly=True), file_engine(target)), survey_engine(target))
        readers = server_engine(target, size=READERS, readonly=True)
        lease = server_engine(target, size=1, options=LEASE_OPTIONS)
        return cls(_Server(readers, server_engine(target, size=WRITERS), lease), survey_engine(target))

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._surveyor.dialect.name

    def read(self) -> contextlib.AbstractAsyncContextManager[AsyncSession]:
        """A look at a few rows; the database refuses a write in it. On SQLite it is one consistent view."""
        return self._door.read()

    def write(self) -> contextlib.AbstractAsyncContextManager[AsyncSession]:
        """One transaction: committed when the block ends, rolled back when it raises.

        Do no slow work inside: on SQLite every other writer waits, and a server ends a transaction in which
        nothing is asked for four seconds. Raises NotActive once `prove` was called and another process has
        taken the lease.
        """
        return self._door.write()

    def aside(self) -> contextlib.AbstractAsyncContextManager[AsyncSession]:
        """As `write`, for the lease itself: proves nothing, and waits for no other transaction of ours."""
        return self._door.aside()

    def prove(self, fence: Fence) -> None:
        """From now on each `write` proves `fence` inside its transaction, at no round trip of its own."""
        self._door.fence = fence

    async def survey(self, work: Callable[[Session], Found]) -> Found:
        """What `work` makes of one consistent look at very many rows, in another thread."""

        def look() -> Found:
            with Session(self._surveyor, expire_on_commit=False, autoflush=False) as session:
                return work(session)

        return await asyncio.to_thread(look)

    async def scrub(self) -> bool:
        """Empty SQLite's write-ahead log, which still holds pages as they were before a deletion.

        False where a reader still needs one: then it is owed, and `scrub_owed` does it.
        """
        self._scrub_owed = not await self._door.scrub()
        return not self._scrub_owed

    async def scrub_owed(self) -> None:
        """Scrub again where it could not be done; to be called every few seconds, from the start on."""
        if self._scrub_owed:
            await self.scrub()

    async def close(self) -> None:
        await self._door.close()
        self._surveyor.dispose()


class _File:
    """SQLite. It has one writer at a time: ours queue here instead of failing in the file."""

    def __init__(self, reader: Engine, writer: Engine) -> None:
        self.fence: Fence | None = None
        self._reader = reader
        self._writer = writer
        self._turn = asyncio.Lock()
        self._disk = ThreadPoolExecutor(1, "commit")

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        async with _FileSession(self._reader, autoflush=False) as session:
            yield session

    def write(self) -> contextlib.AbstractAsyncContextManager[AsyncSession]:
        return self._transaction(self.fence)

    def aside(self) -> contextlib.AbstractAsyncContextManager[AsyncSession]:
        return self._transaction(None)

    @contextlib.asynccontextmanager
    async def _transaction(self, fence: Fence | None) -> AsyncIterator[AsyncSession]:
        async with self._turn, _FileSession(self._writer) as session:
            await _begin(session)
            if fence is not None:
                connection = session.sync_session.connection()
                if connection.exec_driver_sql(_HELD, (fence.name, fence.epoch)).first() is None:
                    raise NotActive
            yield session
            await session.flush()
            await self._to_the_end(session.sync_session.commit)

    async def _to_the_end(self, work: Callable[[], None]) -> None:
        """`work` in the disk's thread. A cancellation waits for it: no session is closed under it."""
        done = asyncio.get_running_loop().run_in_executor(self._disk, work)
        cancelled: asyncio.CancelledError | None = None
        while not done.done():
            try:
                await asyncio.wait([done])
            except asyncio.CancelledError as error:
                cancelled = error
        done.result()
        if cancelled is not None:
            raise cancelled

    async def scrub(self) -> bool:
        async with self._turn:
            try:
                with self._writer.connect() as connection:
                    raw = connection.connection.driver_connection
                    assert isinstance(raw, sqlite3.Connection)
                    (is_busy, *_) = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                    return not is_busy
            except (OperationalError, sqlite3.OperationalError):  # another process writes
                return False

    async def close(self) -> None:
        async with self._turn:
            self._reader.dispose()
            self._writer.dispose()
        self._disk.shutdown()


class _FileSession(AsyncSession):
    """An `AsyncSession` whose file answers at once: nothing in it ever waits."""

    def __init__(self, engine: Engine, **options: Any) -> None:
        def session(**given: Any) -> Session:
            return Session(**{**given, "bind": engine})

        # SQLAlchemy takes any callable here; its annotation knows subclasses only.
        super().__init__(sync_session_class=session, expire_on_commit=False, **options)  # type: ignore[arg-type]

    async def execute(self, *given: Any, **options: Any) -> Any:
        return self.sync_session.execute(*given, **options)

    async def scalar(self, *given: Any, **options: Any) -> Any:
        return self.sync_session.scalar(*given, **options)

    async def scalars(self, *given: Any, **options: Any) -> Any:
        return self.sync_session.scalars(*given, **options)

    async def get(self, *given: Any, **options: Any) -> Any:
        return self.sync_session.get(*given, **options)

    async def flush(self, objects: Any = None) -> None:
        self.sync_session.flush(objects)

    async def rollback(self) -> None:
        self.sync_session.rollback()

    async def close(self) -> None:
        self.sync_session.close()

    async def __aexit__(self, *_: object) -> None:
        self.sync_session.close()


async def _begin(session: AsyncSession) -> None:
    """Take the file's write lock; while another process holds it, let everybody else go on."""
    clock = asyncio.get_running_loop().time
    deadline, pause_s = clock() + BUSY_TIMEOUT_MS / 1000, SHORTEST_PAUSE_S
    while True:
        try:
            session.sync_session.connection()
            return
        except OperationalError as error:
            await session.rollback()
            if not _is_busy(error) or clock() >= deadline:
                raise
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)


def _is_busy(error: OperationalError) -> bool:
    """Any of SQLite's ways to say that another process is at it; the low byte is the family."""
    return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


class _Server:
    """PostgreSQL."""

    def __init__(self, reader: AsyncEngine, writer: AsyncEngine, lease: AsyncEngine) -> None:
        self.fence: Fence | None = None
        self._reader = reader
        self._writer = writer
        self._lease = lease
        begin_with(writer, self._opening)
        begin_with(lease, lambda: "BEGIN")

    def _opening(self) -> str:
        if self.fence is None:
            return "BEGIN"
        return f"BEGIN; SELECT prove_lease('{self.fence.name}', {self.fence.epoch})"

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        async with AsyncSession(self._reader, expire_on_commit=False, autoflush=False) as session:
            yield session

    @contextlib.asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        async with AsyncSession(self._writer, expire_on_commit=False) as session, session.begin():
            await session.connection()
            yield session

    @contextlib.asynccontextmanager
    async def aside(self) -> AsyncIterator[AsyncSession]:
        async with AsyncSession(self._lease, expire_on_commit=False) as session, session.begin():
            yield session

    async def scrub(self) -> bool:
        """Nothing to do: a server keeps its own house."""
        return True

    async def close(self) -> None:
        for engine in (self._reader, self._writer, self._lease):
            await engine.dispose()
