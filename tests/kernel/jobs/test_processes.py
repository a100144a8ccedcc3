"""Real processes on one database: frozen over due times, killed in the middle of a run, racing for all."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from sqlalchemy import select
from sqlmodel import col

from bot.kernel.jobs.tables import Run
from bot.kernel.storage import Database
from bot.notifications.tables import OutboxMessage
from tests.kernel.jobs.racer import NAME

ROOT = Path(__file__).resolve().parents[3]
PERIOD = 200


@dataclass(frozen=True)
class Said:
    due_ms: int
    late_ms: int
    missed: int
    by: str


@contextlib.asynccontextmanager
async def racer(
    url: str, name: str, *how: str, **options: object
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process at work, ended in any case. `how` may be `hang`."""
    settings = {"catch_up": "EVERY", "period": PERIOD, "lease": 2_000, "life": 60} | options
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.kernel.jobs.racer", url, name, *map(str, settings.values()), *how),
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    try:
        assert await line(process) == "ready"
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def line(process: asyncio.subprocess.Process, timeout: float = 30) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(timeout):
        return (await process.stdout.readline()).decode().strip()


async def claims(process: asyncio.subprocess.Process, count: int) -> list[str]:
    return [(await line(process)).removeprefix("claimed ") for _ in range(count)]


async def said(database: Database) -> list[Said]:
    async with database.read() as session:
        texts = (await session.scalars(select(OutboxMessage.text).order_by(col(OutboxMessage.id)))).all()  # type: ignore[call-overload]
    rows = [text.split() for text in texts]
    return [Said(int(due), int(late), int(missed), by) for due, late, missed, by in rows]


async def runs_of(database: Database) -> list[Run]:
    async with database.read() as session:
        statement = select(Run).where(col(Run.key) != f"{NAME}:since").order_by(col(Run.due_ms))
        return list((await session.scalars(statement)).all())


def no_gaps(dues: list[int]) -> bool:
    return dues == list(range(dues[0], dues[-1] + 1, PERIOD))


async def test_a_frozen_process_runs_every_missed_time_once_and_says_it_is_late(
    database: Database, database_url: str
) -> None:
    async with racer(database_url, "a") as process:
        await claims(process, 2)
        process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(8 * PERIOD / 1000)
        process.send_signal(signal.SIGCONT)
        await claims(process, 12)
    heard = await said(database)
    dues = [one.due_ms for one in heard]
    assert len(set(dues)) == len(dues) >= 13
    assert no_gaps(dues)
    assert sum(one.late_ms >= PERIOD for one in heard) >= 5
    assert {one.missed for one in heard} == {0}


async def test_a_frozen_process_that_owes_only_the_latest_says_how_many_it_stands_for(
    database: Database, database_url: str
) -> None:
    async with racer(database_url, "a", catch_up="LATEST") as process:
        await claims(process, 2)
        process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(8 * PERIOD / 1000)
        process.send_signal(signal.SIGCONT)
        await claims(process, 4)
    heard = await said(database)
    gaps = [(later.due_ms - earlier.due_ms) // PERIOD - 1 for earlier, later in pairwise(heard)]
    assert gaps == [one.missed for one in heard[1:]]
    assert max(gaps) >= 5


async def test_two_processes_race_and_each_run_is_done_once(database: Database, database_url: str) -> None:
    async with racer(database_url, "a", period=40) as one, racer(database_url, "b", period=40) as other:
        await asyncio.gather(claims(one, 25), claims(other, 25))
    heard = await said(database)
    dues = [one.due_ms for one in heard]
    assert len(dues) == len(set(dues))
    assert {one.by for one in heard} == {"a", "b"}
    done = [run for run in await runs_of(database) if run.done_ms is not None]
    assert sorted(dues) == [run.due_ms for run in done]


async def test_a_run_whose_process_was_killed_is_taken_over_and_said_once(
    database: Database, database_url: str
) -> None:
    async with racer(database_url, "dying", "hang", lease=1_000) as process:
        (key,) = await claims(process, 1)
        process.kill()
        await process.wait()
    (left,) = await runs_of(database)
    assert (left.key, left.done_ms) == (key, None)
    async with racer(database_url, "heir", lease=1_000) as process:
        while await line(process) != f"claimed {key}":
            pass
        await claims(process, 1)
    heard = await said(database)
    assert [one.by for one in heard if one.due_ms == left.due_ms] == ["heir"]
    assert len({one.due_ms for one in heard}) == len(heard)


async def test_who_thaws_after_its_run_was_taken_over_says_nothing(
    database: Database, database_url: str
) -> None:
    """The first process stands still in the middle of its run for longer than its lease."""
    async with racer(database_url, "frozen", "hang", lease=800) as frozen:
        (key,) = await claims(frozen, 1)
        frozen.send_signal(signal.SIGSTOP)
        async with racer(database_url, "heir", lease=800) as heir:
            while await line(heir) != f"claimed {key}":
                pass
            await claims(heir, 1)
            frozen.send_signal(signal.SIGCONT)
            await claims(heir, 3)
    heard = await said(database)
    assert {one.by for one in heard} == {"heir"}
    assert len({one.due_ms for one in heard}) == len(heard)
