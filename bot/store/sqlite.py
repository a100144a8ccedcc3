"""A driver connection for SQLAlchemy's asynchronous SQLite dialect that does not send each step to a thread.

A point query takes SQLite some ten microseconds; to hand it to another thread and back, four times for each
statement, takes twenty times that. Here statements run where they are asked for. Only a commit, which waits
for the disk, leaves the event loop, and waiting for another process's lock is a sleep of the loop.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

_FIRST_WAIT_S = 0.001
_LONGEST_WAIT_S = 0.05
Parameters = Sequence[Any]


async def connect(database: str, *, timeout: float, **_: Any) -> Connection:
    """Open `database`; a transaction waits up to `timeout` seconds for another process's."""
    # No implicit transactions: they would begin as deferred. Two threads, but only ever one at a time.
    raw = sqlite3.connect(database, timeout=0, isolation_level=None, check_same_thread=False)
    return Connection(raw, timeout)


class Cursor:
    """Runs a statement at once and keeps its rows."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._raw = connection.raw.cursor()
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    @property
    def description(self) -> Any:
        return self._raw.description

    @property
    def rowcount(self) -> int:
        return self._raw.rowcount

    @property
    def lastrowid(self) -> int | None:
        return self._raw.lastrowid

    async def execute(self, statement: str, parameters: Parameters = ()) -> Self:
        await self._connection.patiently(lambda: self._raw.execute(statement, parameters))
        return self

    async def executemany(self, statement: str, parameters: Iterable[Parameters]) -> Self:
        rows = list(parameters)
        await self._connection.patiently(lambda: self._raw.executemany(statement, rows))
        return self

    async def fetchall(self) -> list[Any]:
        return self._raw.fetchall()

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        return self._raw.fetchmany(self.arraysize if size is None else size)

    async def fetchone(self) -> Any:
        return self._raw.fetchone()

    async def close(self) -> None:
        self._raw.close()


class Connection:
    """What SQLAlchemy's dialect asks of an aiosqlite connection, and no more."""

    def __init__(self, raw: sqlite3.Connection, timeout: float) -> None:
        self.raw = raw
        self._timeout = timeout
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="sqlite-disk")
        self._busy: asyncio.Future[Any] | None = (
            None  # what the disk thread does, even for a cancelled caller
        )
        self._changes = 0

    @property
    def _connection(self) -> sqlite3.Connection:
        """Where the dialect looks whether there is a connection."""
        return self.raw

    def cursor(self) -> Cursor:
        return Cursor(self)

    async def create_function(self, name: str, arity: int, function: Callable[..., Any], **how: Any) -> None:
        self.raw.create_function(name, arity, function, **how)

    async def patiently(self, act: Callable[[], Any]) -> None:
        """`act` now, or as soon as nobody else holds the lock it needs. Raises sqlite3.OperationalError."""
        await self._idle()
        if not self.raw.in_transaction:
            self._changes = self.raw.total_changes
        pause, waited = _FIRST_WAIT_S, 0.0
        while True:
            try:
                act()
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or waited >= self._timeout:
                    raise
            else:
                return
            await asyncio.sleep(pause)
            waited += pause
            pause = min(2 * pause, _LONGEST_WAIT_S)

    async def commit(self) -> None:
        await self._idle()
        if self.raw.total_changes == self._changes:
            self.raw.commit()  # nothing to wait for
        else:
            await self.on_disk(self.raw.commit)

    async def rollback(self) -> None:
        await self._idle()
        self.raw.rollback()

    async def close(self) -> None:
        await self._idle()
        await self.on_disk(self.raw.close)
        self._disk.shutdown(wait=False)

    def stop(self) -> None:
        """Close without waiting: for a connection nobody can await any more."""
        self._disk.submit(self.raw.close)
        self._disk.shutdown(wait=False)

    async def on_disk(self, act: Callable[[], Any]) -> None:
        """What waits for the disk, off the event loop. Once begun it is finished, cancelled or not."""
        self._busy = asyncio.get_running_loop().run_in_executor(self._disk, act)
        await asyncio.shield(self._busy)

    async def _idle(self) -> None:
        if self._busy is not None:
            busy, self._busy = self._busy, None
            if not busy.done():
                await asyncio.wait({busy})
