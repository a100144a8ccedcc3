"""A series of runs with one name: which of its due times are owed, also after an absence of hours.

The database remembers up to when the series was run. Time that jumped back owes nothing twice, because the
keys are done; and what a wrong clock ran of the future does not silence the series until then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from itertools import islice
from typing import Final

from bot.kernel.jobs import storage as rows
from bot.kernel.jobs.runs import Runs, Work
from bot.kernel.recurrence import DAY_MS, Timing, between, stamp

BATCH: Final = 500  # due times caught up in one go
_COUNTED_MS: Final = 400 * DAY_MS  # how far back missed due times are counted


class CatchUp(Enum):
    """What an absence over several due times owes."""

    EVERY = auto()  # each of them, in order
    LATEST = auto()  # the last one, which says how many it stands for


@dataclass(frozen=True, slots=True)
class RunSeries:
    """`key_of` names a run by its due time; by default the name and the due time."""

    name: str
    timing: Timing
    work: Work
    catch_up: CatchUp = CatchUp.EVERY
    key_of: Callable[[int], str] | None = None

    def key(self, due_ms: int) -> str:
        """What the run at `due_ms` is for, such as `rebate:2026-10`; begins with the name."""
        return f"{self.name}:{stamp(due_ms)}" if self.key_of is None else self.key_of(due_ms)

    async def run_owed(self, runs: Runs) -> int:
        """Do all that is owed; returns when to look again."""
        now = runs.clock()
        done_until = await self._done_until(runs, now)
        async with runs.database.read() as session:
            left = {run.due_ms: run for run in await rows.unfinished(session, self.name)}
        if self.catch_up is CatchUp.LATEST:
            await self._run_latest(runs, done_until, now, [run.due_ms for run in left.values()])
        else:
            while await self._run_every(runs, done_until, now, list(left)) == BATCH:
                done_until = await self._done_until(runs, now)
        return await self._next(runs)

    async def _done_until(self, runs: Runs, now: int) -> int:
        async with runs.database.read() as session:
            last = await rows.last_due_ms(session, self.name, now)
        if last is None:
            async with runs.database.write() as session:
                await rows.begin_series(session, self.name, now)
        return now if last is None else last

    async def _run_every(self, runs: Runs, done_until: int, now: int, left: list[int]) -> int:
        """Run what was left and the next due times; returns how many these were."""
        new = list(islice(between(self.timing, done_until, now), BATCH))
        for due in sorted({*left, *new}):
            await runs.once(self.key(due), due, self.work)
        return len(new)

    async def _run_latest(self, runs: Runs, done_until: int, now: int, left: list[int]) -> None:
        owed = sorted({*left, *between(self.timing, max(done_until, now - _COUNTED_MS), now)})
        if not owed:
            return
        *missed, latest = owed
        if await runs.once(self.key(latest), latest, self.work, missed=len(missed)) and missed:
            async with runs.database.write() as session:
                await rows.skip(session, [self.key(due) for due in missed if due in left], now, "missed")

    async def _next(self, runs: Runs) -> int:
        """The next due time, or the end of a lease on a run that is not done, whichever comes first."""
        now = runs.clock()
        async with runs.database.read() as session:
            leases = [run.lease_until_ms for run in await rows.unfinished(session, self.name)]
        return min([self.timing.after(now), *leases])
