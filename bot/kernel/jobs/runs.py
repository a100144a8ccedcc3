"""One run of something that must happen once: claimed, done and marked done, or left for whoever comes next.

Late is fine, never is impossible, and twice is impossible where the effect is a row of the database
(`RunContext.finishing` writes it together with the mark). An effect elsewhere happens at least once: a crash
between it and the mark repeats it, so it needs a key of its own at the other side.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.kernel.jobs import storage
from bot.kernel.jobs.tables import Run
from bot.kernel.storage import Database

_log = logging.getLogger(__name__)

LEASE_MS: Final = 120_000  # longer than any work may take; after a crash it is what the next one waits
LATE_MS: Final = 60_000  # from here on a run says that it is late
FIRST_RETRY_MS: Final = 5_000
MAX_RETRY_MS: Final = 300_000

Clock = Callable[[], int]
Work = Callable[["RunContext"], Awaitable[Any]]


class LeaseLost(Exception):
    """Another process took the run over: what this transaction wrote must not stay."""


@dataclass(slots=True)
class RunContext:
    """What a run is for, and the way to end it. `missed`: earlier due times nobody ran, and nobody will."""

    key: str
    due_ms: int
    started_ms: int
    missed: int
    database: Database = field(repr=False)
    run: Run = field(repr=False)
    clock: Clock = field(repr=False)
    is_done: bool = False

    @property
    def late_ms(self) -> int:
        """How long after its time the run began."""
        return max(0, self.started_ms - self.due_ms)

    @property
    def is_late(self) -> bool:
        return self.late_ms >= LATE_MS

    @contextlib.asynccontextmanager
    async def finishing(self) -> AsyncIterator[AsyncSession]:
        """One transaction for the run's effect and its mark. Raises LeaseLost, and then neither happened."""
        async with self.database.write() as session:
            yield session
            if not await storage.finish(session, self.run, self.clock()):
                raise LeaseLost(self.key)
        self.is_done = True


class Runs:
    """Does runs, one after another or many at once, in this process and in others."""

    def __init__(self, database: Database, *, clock: Clock, lease_ms: int = LEASE_MS) -> None:
        self.database = database
        self.clock = clock
        self._lease_ms = lease_ms

    async def is_done(self, key: str) -> bool:
        """Whether somebody has done the run."""
        async with self.database.read() as session:
            return await storage.is_done(session, key)

    async def once(self, key: str, due_ms: int, work: Work, *, missed: int = 0) -> bool:
        """Do `work` for `key` unless it was done or is being done. True when it is done now, by us.

        Its failure is logged and noted; the run can be claimed again after a pause that grows.
        """
        now = self.clock()
        async with self.database.write() as session:
            run = await storage.claim(session, key, due_ms, now, self._lease_ms)
        if run is None:
            return False
        context = RunContext(key, due_ms, now, missed, self.database, run, self.clock)
        try:
            async with asyncio.timeout(self._lease_ms * 0.9 / 1000):  # nothing goes on after its lease
                await work(context)
                if not context.is_done:
                    async with context.finishing():
                        pass
        except LeaseLost:
            _log.warning("run %s was taken over by another process", key)
            return False
        except Exception as error:
            _log.exception("run %s failed, attempt %d", key, run.attempts)
            await self._fail(run, type(error).__name__)
            return False
        return True

    async def _fail(self, run: Run, error: str) -> None:
        pause_ms = min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** min(run.attempts - 1, 10))
        async with self.database.write() as session:
            await storage.fail(session, run, error, self.clock() + pause_ms)
