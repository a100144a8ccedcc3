"""Once, though late: over restarts, clocks that jump, failures, and processes that lose their claim."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from bot.kernel.jobs import CatchUp, RunContext, Runs, RunSeries, Schedule, storage
from bot.kernel.jobs.tables import Run
from bot.kernel.recurrence import DAY_MS, HOUR_MS, Daily, Every, Monthly
from bot.kernel.storage import Database
from bot.notifications import outbox_rows
from bot.notifications.tables import OutboxMessage

NOON = 1_795_262_400_000  # 2026-11-21T12:00Z
LEASE = 120_000


class Clock:
    """Stands still unless it is set."""

    def __init__(self, now: int = NOON) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


class Diary:
    """Work that writes down, with the end of its run, what the run was told."""

    def __init__(self) -> None:
        self.failures = 0

    async def work(self, run: RunContext) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the exchange is away")
        async with run.finishing() as session:
            text = f"{run.key.partition(':')[2]} late {run.late_ms // 1000} missed {run.missed}"
            await outbox_rows.enqueue(session, OutboxMessage(chat_id=1, text=text, created_ms=run.started_ms))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def diary() -> Diary:
    return Diary()


@pytest.fixture
def ledger(database: Database, clock: Clock) -> Runs:
    return Runs(database, clock=clock)


def hourly(diary: Diary, catch_up: CatchUp = CatchUp.EVERY) -> RunSeries:
    return RunSeries("hourly", Every(HOUR_MS), diary.work, catch_up)


async def written(database: Database) -> list[str]:
    async with database.read() as session:
        return list(
            (await session.scalars(select(col(OutboxMessage.text)).order_by(col(OutboxMessage.id)))).all()
        )


async def open_runs(database: Database) -> list[Run]:
    async with database.read() as session:
        return list((await session.scalars(select(Run).where(col(Run.done_ms).is_(None)))).all())


async def test_what_was_due_before_the_series_began_is_owed_to_nobody(
    database: Database, clock: Clock, ledger: Runs, diary: Diary
) -> None:
    assert await hourly(diary).run_owed(ledger) == NOON + HOUR_MS
    clock.now += HOUR_MS - 1
    assert await hourly(diary).run_owed(ledger) == NOON + HOUR_MS
    assert await written(database) == []
    clock.now += 1
    assert await hourly(diary).run_owed(ledger) == NOON + 2 * HOUR_MS
    assert await written(database) == ["2026-11-21T13:00Z late 0 missed 0"]


async def test_an_absence_owes_every_due_time_and_a_restart_changes_nothing(
    database: Database, clock: Clock, ledger: Runs, diary: Diary
) -> None:
    await hourly(diary).run_owed(ledger)
    clock.now += 3 * HOUR_MS + 60_000
    for _ in range(2):
        await hourly(diary).run_owed(Runs(database, clock=clock))
    assert await written(database) == [
        "2026-11-21T13:00Z late 7260 missed 0",
        "2026-11-21T14:00Z late 3660 missed 0",
        "2026-11-21T15:00Z late 60 missed 0",
    ]


async def test_an_absence_of_a_year_owes_the_latest_alone_which_counts_the_rest(
    database: Database, clock: Clock, ledger: Runs, diary: Diary
) -> None:
    series = hourly(diary, CatchUp.LATEST)
    await series.run_owed(ledger)
    clock.now += 365 * DAY_MS + 1_000
    await series.run_owed(ledger)
    assert await written(database) == [f"2027-11-21T12:00Z late 1 missed {365 * 24 - 1}"]


async def test_thousands_of_due_times_are_caught_up_in_one_look(
    database: Database, clock: Clock, ledger: Runs
) -> None:
    seen: list[int] = []

    async def work(run: RunContext) -> None:
        seen.append(run.due_ms)

    series = RunSeries("minutes", Every(60_000), work)
    await series.run_owed(ledger)
    clock.now += 1_100 * 60_000
    await series.run_owed(ledger)
    assert seen == [NOON + n * 60_000 for n in range(1, 1_101)]


@pytest.mark.parametrize("catch_up", list(CatchUp))
async def test_a_clock_set_back_repeats_nothing_and_silences_nothing(
    database: Database, clock: Clock, ledger: Runs, diary: Diary, catch_up: CatchUp
) -> None:
    series = hourly(diary, catch_up)
    for hour in (0, 1, 2, 3, 4, 1, 2, 3, 4, 5, 6):
        clock.now = NOON + hour * HOUR_MS
        assert await series.run_owed(ledger) == clock.now + HOUR_MS
    heard = [text.split()[0] for text in await written(database)]
    assert heard == [f"2026-11-21T{12 + hour}:00Z" for hour in range(1, 7)]


async def test_a_clock_that_was_a_year_ahead_for_a_moment_silences_nothing_until_then(
    database: Database, clock: Clock, ledger: Runs, diary: Diary
) -> None:
    series = hourly(diary, CatchUp.LATEST)
    await series.run_owed(ledger)
    clock.now = NOON + 365 * DAY_MS
    await series.run_owed(ledger)
    clock.now = NOON + 60_000
    assert await series.run_owed(ledger) == NOON + HOUR_MS
    clock.now = NOON + 2 * HOUR_MS
    await series.run_owed(ledger)
    assert (await written(database))[1:] == ["2026-11-21T14:00Z late 0 missed 1"]


async def test_a_series_begun_by_a_clock_ahead_begins_anew(
    database: Database, clock: Clock, ledger: Runs, diary: Diary
) -> None:
    clock.now = NOON + 365 * DAY_MS
    await hourly(diary).run_owed(ledger)
    clock.now = NOON
    await hourly(diary).run_owed(ledger)
    clock.now = NOON + HOUR_MS
    await hourly(diary).run_owed(ledger)
    assert await written(database) == ["2026-11-21T13:00Z late 0 missed 0"]


async def test_a_failure_is_tried_again_after_a_growing_pause(
    database: Database, clock: Clock, ledger: Runs, diary: Diary
) -> None:
    series = hourly(diary)
    await series.run_owed(ledger)
    clock.now += HOUR_MS
    diary.failures = 2
    assert await series.run_owed(ledger) == clock.now + 5_000
    (run,) = await open_runs(database)
    assert run.error == "ConnectionError"
    clock.now += 4_999
    assert await series.run_owed(ledger) == clock.now + 1
    clock.now += 1
    assert await series.run_owed(ledger) == clock.now + 10_000
    clock.now += 10_000
    await series.run_owed(ledger)
    assert await written(database) == ["2026-11-21T13:00Z late 15 missed 0"]
    assert await open_runs(database) == []


async def test_a_failed_run_gives_way_to_a_later_one_where_only_the_latest_counts(
    database: Database, clock: Clock, ledger: Runs, diary: Diary
) -> None:
    series = hourly(diary, CatchUp.LATEST)
    await series.run_owed(ledger)
    diary.failures = 1
    clock.now += HOUR_MS
    await series.run_owed(ledger)
    clock.now += HOUR_MS
    await series.run_owed(ledger)
    assert await written(database) == ["2026-11-21T14:00Z late 0 missed 1"]
    assert await open_runs(database) == []


async def test_who_lost_its_claim_writes_nothing(database: Database, clock: Clock, ledger: Runs) -> None:
    async def overtaken(run: RunContext) -> None:
        clock.now += LEASE  # as long as the process stood still
        assert await Runs(database, clock=clock).once(run.key, run.due_ms, Diary().work)
        async with run.finishing() as session:
            await outbox_rows.enqueue(session, OutboxMessage(chat_id=1, text="twice", created_ms=clock.now))

    assert not await ledger.once("a:1", NOON, overtaken)
    assert await written(database) == ["1 late 120 missed 0"]


async def test_a_claim_holds_for_its_lease_and_no_longer(
    database: Database, clock: Clock, ledger: Runs, diary: Diary
) -> None:
    async def claim(now: int) -> Run | None:
        async with database.write() as session:
            return await storage.claim(session, "a:1", NOON, now, LEASE)

    first = await claim(NOON)
    assert first is not None
    assert await claim(NOON + LEASE - 1) is None
    second = await claim(NOON + LEASE)
    assert second is not None
    assert second.attempts == 2
    async with database.write() as session:
        assert not await storage.finish(session, first, NOON)
        assert not await storage.fail(session, first, "late", NOON)
        assert await storage.finish(session, second, NOON)
    assert await claim(NOON + 10 * LEASE) is None


async def test_a_claim_by_a_clock_far_ahead_is_not_waited_for(database: Database) -> None:
    async with database.write() as session:
        await storage.claim(session, "a:1", NOON, NOON + 365 * DAY_MS, LEASE)
    async with database.write() as session:
        assert await storage.claim(session, "a:1", NOON, NOON, LEASE) is not None


async def test_of_twenty_claims_at_once_one_is_granted(database: Database, database_url: str) -> None:
    other = Database.open(database_url)

    async def claim(door: Database) -> bool:
        async with door.write() as session:
            return await storage.claim(session, "a:1", NOON, NOON, LEASE) is not None

    granted = await asyncio.gather(*(claim(door) for _ in range(10) for door in (database, other)))
    await other.close()
    assert granted.count(True) == 1


async def test_names_are_not_mixed_up(database: Database, clock: Clock, ledger: Runs, diary: Diary) -> None:
    for name in ("a", "a_", "ab", "a%"):
        await RunSeries(name, Every(HOUR_MS), diary.work).run_owed(ledger)
    async with database.read() as session:
        for name in ("a", "a_", "ab", "a%"):
            assert await storage.last_due_ms(session, name, clock.now) == NOON
        assert await storage.last_due_ms(session, "a_b", clock.now) is None
    async with database.write() as session:
        await storage.purge(session, "a_", NOON + 1)
    async with database.read() as session:
        assert await storage.last_due_ms(session, "ab", clock.now) == NOON


async def test_a_month_is_named_by_what_it_is_for(
    database: Database, clock: Clock, ledger: Runs, diary: Diary
) -> None:
    def month_before(due_ms: int) -> str:
        return f"rebate:{datetime.fromtimestamp(due_ms / 1000, UTC) - timedelta(days=1):%Y-%m}"

    series = RunSeries("rebate", Monthly(1), diary.work, key_of=month_before)
    await series.run_owed(ledger)
    clock.now += 45 * DAY_MS
    for _ in range(2):
        await series.run_owed(ledger)
    assert [text.split()[0] for text in await written(database)] == ["2026-11", "2026-12"]


async def test_a_time_a_night_has_twice_runs_once(
    database: Database, clock: Clock, ledger: Runs, diary: Diary
) -> None:
    clock.now = 1_793_448_000_000  # 2026-10-31T12:00Z, New York turns its clocks back in the night
    series = RunSeries("night", Daily(90, "America/New_York"), diary.work)
    await series.run_owed(ledger)
    for _ in range(48):
        clock.now += HOUR_MS // 2
        await series.run_owed(ledger)
    assert await written(database) == ["2026-11-01T05:30Z late 0 missed 0"]


# --- the waking ----------------------------------------------------------------------------------


async def test_the_schedule_sleeps_until_the_next_due_time_and_can_be_woken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[int] = []
    woken = asyncio.Event()
    clock = Clock()

    async def look() -> int:
        looks.append(clock.now)
        woken.set()
        return clock.now + (100 if len(looks) < 3 else 10**9)

    schedule = Schedule()
    schedule.when_due("posts", look, clock)
    schedule.start()
    for count in (1, 2, 3):
        await _until(lambda count=count: len(looks) >= count)  # type: ignore[misc]
    await asyncio.sleep(0.3)
    assert len(looks) == 3
    schedule.look_again("posts")
    await _until(lambda: len(looks) == 4)
    schedule.stop()
    schedule.look_again("posts")


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)
