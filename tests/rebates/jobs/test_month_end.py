"""The month is told once: by two processes that race, by the heir of one that was killed, and if late."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlmodel import col

from bot.domain.values import Language
from bot.kernel.jobs import Runs, storage
from bot.kernel.jobs.runs import MAX_RETRY_MS
from bot.kernel.jobs.tables import Run
from bot.kernel.recurrence import DAY_MS, HOUR_MS, MINUTE_MS
from bot.kernel.storage import Database
from bot.notifications.tables import OutboxMessage
from bot.people import users
from bot.rebates.chat.monthly import MonthlyReport
from bot.rebates.jobs.monthly import ATTEMPTS, MonthEnd, key_of
from bot.rebates.model.rebate import Month, TierBasis
from bot.rebates.summary import Summaries
from bot.trading.storage.tables import FillRow
from tests.rebates.jobs.month_racer import OPERATORS
from tests.rebates.rows import a_ledger_fill, a_person
from tests.support.rows import a_fill, an_account

ROOT = Path(__file__).resolve().parents[3]
OCTOBER = Month(2026, 10)
FIRST_MS = OCTOBER.end_ms  # the first of November, 00:00
PARTS = ["words", "picture", "csv", "xlsx"]
LEASE_MS = 30_000


@pytest.fixture
async def october(database: Database) -> Database:
    """One fill in October, a series that ran until the twentieth, and a second operator who reads Chinese."""
    async with database.write() as session:
        await users.get_or_create(session, OPERATORS[1], OCTOBER.start_ms, language=Language.CHINESE)
        person = await a_person(session, 1003)
        session.add(a_ledger_fill(person, at_ms=OCTOBER.start_ms))
        await storage.begin_series(session, "rebate", OCTOBER.start_ms + 20 * DAY_MS)
    return database


async def told(database: Database) -> list[OutboxMessage]:
    async with database.read() as session:
        return list((await session.scalars(select(OutboxMessage).order_by(col(OutboxMessage.id)))).all())


async def run_of(database: Database) -> Run:
    async with database.read() as session:
        return await session.get_one(Run, "rebate:2026-10")


def is_told_once(messages: list[OutboxMessage]) -> bool:
    keys = [f"rebate:2026-10:{operator}:{part}" for operator in OPERATORS for part in PARTS]
    return [message.dedupe_key for message in messages] == keys


@contextlib.asynccontextmanager
async def racer(url: str, now_ms: int, *how: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process at work, ended in any case. `how` may be `hang`."""
    process = await asyncio.create_subprocess_exec(
        *(
            sys.executable,
            "-m",
            "tests.rebates.jobs.month_racer",
            url,
            str(now_ms),
            str(LEASE_MS),
            "60",
            *how,
        ),
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    try:
        await hears(process, "ready")
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def hears(process: asyncio.subprocess.Process, word: str) -> None:
    assert process.stdout is not None
    async with asyncio.timeout(30):
        while (line := (await process.stdout.readline()).decode().strip()) != word:
            assert line, f"the process ended before it said {word}"


async def test_two_processes_race_and_the_month_is_told_once(october: Database, database_url: str) -> None:
    now_ms = FIRST_MS + 15 * MINUTE_MS
    async with racer(database_url, now_ms) as one, racer(database_url, now_ms) as other:
        tellers = [asyncio.create_task(hears(process, "told")) for process in (one, other)]
        done, waiting = await asyncio.wait(tellers, return_when=asyncio.FIRST_COMPLETED, timeout=30)
        for task in done:
            task.result()
        for task in waiting:
            task.cancel()
    messages = await told(october)
    assert is_told_once(messages)
    run = await run_of(october)
    assert (run.done_ms is not None, run.attempts) == (True, 1)
    assert "The month 2026-10 is over" in messages[0].text
    assert "2026-10 月度已结束" in messages[4].text
    assert messages[1].photo is not None
    assert [message.document_name for message in messages[2:4]] == [
        "rebate-2026-10.csv",
        "rebate-2026-10.xlsx",
    ]


async def test_the_heir_of_a_killed_process_tells_the_month_once_and_late(
    october: Database, database_url: str
) -> None:
    now_ms = FIRST_MS + 2 * DAY_MS + 3 * HOUR_MS
    async with racer(database_url, now_ms, "hang") as dying:
        await hears(dying, "claimed")
    assert await told(october) == []
    async with racer(database_url, now_ms + LEASE_MS) as heir:
        await hears(heir, "told")
    messages = await told(october)
    assert is_told_once(messages)
    assert "Late by 2 d 2 h" in messages[0].text
    assert (await run_of(october)).attempts == 2


async def test_a_month_waits_for_its_fills_but_not_for_ever(october: Database) -> None:
    """One fill is never booked: the month is told without it, and says so."""
    async with october.write() as session:
        account = await an_account(session)
        session.add(FillRow(account_id=account.id, **asdict(a_fill(timestamp_ms=OCTOBER.end_ms - 1))))
    now = [FIRST_MS + 15 * MINUTE_MS]
    looked = []

    async def book() -> None:
        looked.append(now[0])

    async def is_checked(month: Month) -> bool:
        return True

    def clock() -> int:
        return now[0]

    report = MonthlyReport(october, Summaries(october, TierBasis.MONTH, clock=clock), OPERATORS, clock=clock)
    series = MonthEnd(report, is_checked=is_checked, book=book, committed=lambda: None).series()
    ledger = Runs(october, clock=clock)
    while len(looked) < ATTEMPTS:
        assert await told(october) == []
        await series.run_owed(ledger)
        now[0] += MAX_RETRY_MS
    messages = await told(october)
    assert is_told_once(messages)
    assert "not booked yet: 1." in messages[0].text
    assert await series.run_owed(ledger) == Month(2026, 11).end_ms + 15 * MINUTE_MS
    assert len(looked) == ATTEMPTS


def test_a_run_is_named_by_the_month_it_is_for() -> None:
    assert key_of(FIRST_MS + 15 * MINUTE_MS) == "rebate:2026-10"
    assert key_of(Month(2027, 1).start_ms) == "rebate:2026-12"


async def test_a_month_waits_for_the_check_of_its_last_day(october: Database) -> None:
    now, checked = [FIRST_MS + 15 * MINUTE_MS], []

    async def is_checked(month: Month) -> bool:
        return month in checked

    async def book() -> None:
        """There is nothing to book."""

    report = MonthlyReport(
        october, Summaries(october, TierBasis.MONTH, clock=lambda: now[0]), OPERATORS, clock=lambda: now[0]
    )
    series = MonthEnd(report, is_checked=is_checked, book=book, committed=lambda: None).series()
    ledger = Runs(october, clock=lambda: now[0])
    for _ in range(3):
        now[0] = await series.run_owed(ledger)
        assert await told(october) == []
    checked.append(OCTOBER)
    await series.run_owed(ledger)
    assert is_told_once(await told(october))
