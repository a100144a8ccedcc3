"""What runs when: periodic repairs, for which late is fine and twice is harmless, and runs that happen once.

APScheduler does the waking; whether something is owed is decided from the database (`kernel.jobs.series`).
Its traps are closed here: no grace after which a late run is dropped, no list of every missed moment of a
long absence, no standing still for an hour because the clock of the machine was set back by one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from bot.kernel.jobs.runs import Runs
from bot.kernel.jobs.series import RunSeries

_log = logging.getLogger(__name__)

FLOOR_S: Final = 30.0  # a series is looked at this often, whatever the clock said before
LEAST_S: Final = 0.02
CLOCK_CHECK_S: Final = 5.0
CLOCK_JUMP_S: Final = 1.0


class Pace(BaseTrigger):  # type: ignore[misc]
    """So long after now, not after the last time: an absence leaves one wake-up, not thousands."""

    def __init__(self, seconds: float) -> None:
        self._pace = timedelta(seconds=seconds)

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        return now + self._pace


class Schedule:
    """APScheduler with its traps closed. A job's error is logged, and its next time comes all the same."""

    def __init__(self, *, wall: Callable[[], float] = time.time) -> None:
        self._scheduler = AsyncIOScheduler(
            timezone="UTC",
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        self._wall = wall
        self._watch: asyncio.Task[None] | None = None
        self._looking: set[str] = set()
        self._again: set[str] = set()  # looks asked for while one was under way

    def every(
        self, seconds: float, name: str, work: Callable[[], Awaitable[Any]], *, at_once: int = 1
    ) -> None:
        """Run `work` every so often; one time too many is left out while `at_once` earlier ones go on."""

        async def guarded() -> None:
            try:
                await work()
            except Exception:
                _log.exception("job %s failed", name)

        self._add(guarded, Pace(seconds), name, max_instances=at_once)

    def durable(self, series: RunSeries, runs: Runs) -> None:
        """Run each due time of `series` once among all processes, late if need be."""

        async def look() -> int:
            return await series.run_owed(runs)

        self.when_due(series.name, look, runs.clock)

    def when_due(self, name: str, look: Callable[[], Awaitable[int]], clock: Callable[[], int]) -> None:
        """Call `look` at once and then at the moment it returns (unix ms), at the latest after `FLOOR_S`."""

        async def looked() -> None:
            delay_s = FLOOR_S
            self._looking.add(name)
            try:
                due_ms = await look()
                delay_s = min(FLOOR_S, max(0.0, (due_ms - clock()) / 1000))
            except Exception:
                _log.exception("job %s failed", name)
            self._looking.discard(name)
            if name in self._again:
                self._again.discard(name)
                delay_s = 0.0
            self._move(name, delay_s)

        self._add(looked, Pace(FLOOR_S), name, next_run_time=_now())

    def _add(self, work: Callable[[], Awaitable[None]], pace: Pace, name: str, **options: Any) -> None:
        async def until_stopped() -> None:
            try:
                await work()
            except asyncio.CancelledError:  # of a stop, which APScheduler would call an error of each job
                if self._scheduler.running:
                    raise

        self._scheduler.add_job(until_stopped, pace, id=name, name=name, **options)

    def look_again(self, name: str) -> None:
        """Something of `name` may be due earlier than thought."""
        if name in self._looking:
            self._again.add(name)
        else:
            self._move(name, 0.0)

    def start(self) -> None:
        self._scheduler.start()
        self._watch = asyncio.create_task(self._watch_clock(), name="clock-watch")

    def stop(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    async def _watch_clock(self) -> None:
        """Wake everything when the machine's clock was set: APScheduler would wait by the old one."""
        offset = self._wall() - time.monotonic()
        while True:
            await asyncio.sleep(CLOCK_CHECK_S)
            now_offset = self._wall() - time.monotonic()
            if abs(now_offset - offset) > CLOCK_JUMP_S:
                _log.warning("the clock was set by %.1f s: everything is looked at anew", now_offset - offset)
                for job in self._scheduler.get_jobs():
                    self._move(job.id, 0.0)
            offset = now_offset

    def _move(self, name: str, delay_s: float) -> None:
        """Wake `name` then; a moment later than at once, because a job that still runs is not started."""
        with contextlib.suppress(JobLookupError):  # the schedule has stopped
            at = _now() + timedelta(seconds=max(LEAST_S, delay_s))
            self._scheduler.modify_job(name, next_run_time=at)


def _now() -> datetime:
    return datetime.now(UTC)
