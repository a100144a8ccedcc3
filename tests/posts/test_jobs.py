"""A post is made once for each of its times: raced for, failed at, edited under way, with clocks set."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.domain.alerts.alert import Loudness
from bot.kernel.jobs import Runs
from bot.kernel.jobs import storage as jobs_storage
from bot.kernel.jobs.tables import Run
from bot.kernel.recurrence import DAY_MS, HOUR_MS, timing_of
from bot.kernel.storage import Database
from bot.notifications import chats
from bot.notifications.tables import OutboxMessage
from bot.people.tables import User
from bot.posts import storage as posts_storage
from bot.posts.jobs import Posts
from bot.posts.tables import PostKind, PostState, ScheduledPost
from tests.kernel.jobs.test_series import NOON, Clock

ALICE = 1001


@dataclass
class Words:
    """A post that says what it was told."""

    message: OutboxMessage
    when: dict[str, Any]

    async def note(self, session: AsyncSession) -> None:
        """Nothing goes with it."""


@dataclass
class Content:
    """Makes posts of what it is told; `before` happens while one is being made."""

    failures: int = 0
    settled: dict[str, Any] = field(default_factory=dict)
    before: Callable[[], Awaitable[None]] | None = None
    made: list[int] = field(default_factory=list)

    async def make(self, post: ScheduledPost, *, due_ms: int, late_ms: int, missed: int) -> Words:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the exchange is away")
        self.made.append(due_ms)
        await asyncio.sleep(0)
        if self.before is not None:
            await self.before()
        hours = (due_ms - NOON) / HOUR_MS
        text = f"{hours:+g} h, late {late_ms // 60_000} min, missed {missed}"
        row = OutboxMessage(chat_id=post.chat_id, thread_id=post.thread_id, text=text, created_ms=due_ms)
        return Words(row, dict(post.when))

    async def settlement(self, lead_ms: int, symbol: str | None) -> dict[str, Any]:
        return {"before_funding_ms": lead_ms, "symbol": symbol, **self.settled}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def content() -> Content:
    return Content()


@pytest.fixture
async def desk(database: Database, clock: Clock, content: Content) -> Posts:
    async with database.write() as session:
        session.add(User(id=ALICE, created_ms=NOON))
        await chats.get_or_create(session, ALICE, NOON)
    return _posts(database, clock, content)


def _posts(database: Database, clock: Clock, content: Content) -> Posts:
    return Posts(Runs(database, clock=clock), content, committed=lambda: None)


async def add(database: Database, when: dict[str, Any], **values: Any) -> ScheduledPost:
    base: dict[str, Any] = {
        "user_id": ALICE,
        "chat_id": ALICE,
        "kind": PostKind.TOP_MOVERS,
        "created_ms": NOON,
    }
    post = ScheduledPost(**(base | values), when=when, due_ms=timing_of(when, "UTC").after(NOON))
    async with database.write() as session:
        return await posts_storage.add(session, post)


async def said(database: Database) -> list[str]:
    async with database.read() as session:
        return list(
            (await session.scalars(select(col(OutboxMessage.text)).order_by(col(OutboxMessage.id)))).all()
        )


HOURLY = {"every_ms": HOUR_MS}


async def test_it_sleeps_until_the_next_time_and_makes_it_once(
    database: Database, clock: Clock, desk: Posts
) -> None:
    await add(database, HOURLY)
    assert await desk.run_due() == NOON + HOUR_MS
    clock.now += HOUR_MS
    for _ in range(3):
        assert await desk.run_due() == NOON + 2 * HOUR_MS
    assert await said(database) == ["+1 h, late 0 min, missed 0"]


async def test_an_absence_owes_the_latest_alone(database: Database, clock: Clock, desk: Posts) -> None:
    await add(database, HOURLY)
    clock.now += 5 * HOUR_MS + 120_000
    assert await desk.run_due() == NOON + 6 * HOUR_MS
    assert await said(database) == ["+5 h, late 2 min, missed 4"]


async def test_two_desks_on_one_database_make_each_post_once(
    database: Database, database_url: str, clock: Clock, content: Content, desk: Posts
) -> None:
    for _ in range(10):
        await add(database, HOURLY)
    door = Database.open(database_url)
    other = _posts(door, clock, content)
    for _ in range(3):
        clock.now += HOUR_MS
        await asyncio.gather(*(one.run_due() for one in (desk, other, desk, other)))
    await door.close()
    heard = await said(database)
    assert len(heard) == 30
    assert len(content.made) == 30  # nobody even made one in vain
    assert all("missed 0" in text for text in heard)


async def test_a_failure_is_tried_again_and_then_late(
    database: Database, clock: Clock, content: Content, desk: Posts
) -> None:
    await add(database, HOURLY)
    content.failures = 2
    clock.now += HOUR_MS
    for _ in range(20):
        clock.now = min(await desk.run_due(), clock.now + 10_000)
        if await said(database):
            break
    (text,) = await said(database)
    assert text == "+1 h, late 0 min, missed 0"
    assert await desk.run_due() == NOON + 2 * HOUR_MS


@pytest.mark.parametrize(
    "change",
    [{"state": PostState.DELETED}, {"state": PostState.PAUSED}, {"due_ms": NOON + 9 * HOUR_MS}],
)
async def test_what_is_changed_while_it_is_made_is_not_said(
    database: Database, clock: Clock, content: Content, desk: Posts, change: dict[str, Any]
) -> None:
    post = await add(database, HOURLY)

    async def meanwhile() -> None:
        async with database.write() as session:
            await posts_storage.change(session, post.id, ALICE, **change)

    content.before = meanwhile
    clock.now += HOUR_MS
    await desk.run_due()
    assert await said(database) == []


async def test_a_clock_set_back_repeats_no_post_and_one_set_forth_silences_none(
    database: Database, clock: Clock, content: Content, desk: Posts
) -> None:
    await add(database, {"at": "13:00"})
    for now in (
        NOON + HOUR_MS,
        NOON,
        NOON + HOUR_MS,  # the same again
        NOON + 400 * DAY_MS,
        NOON + 2 * HOUR_MS,  # a year ahead for a moment
        NOON + DAY_MS + HOUR_MS,
        NOON + 2 * DAY_MS + HOUR_MS,
    ):
        clock.now = now
        for _ in range(2):
            await desk.run_due()
    heard = await said(database)
    hours = [text.split()[0] for text in heard]
    assert len(set(hours)) == len(hours)
    assert hours == ["+1", "+9577", "+25", "+49"]


async def test_a_restart_after_the_clock_was_mended_wakes_what_a_wrong_one_put_off(
    database: Database, clock: Clock, content: Content, desk: Posts
) -> None:
    await add(database, HOURLY)
    clock.now = NOON + 1000 * DAY_MS
    await desk.run_due()
    clock.now = NOON + 60_000
    again = _posts(database, clock, content)
    assert await again.run_due() == NOON + HOUR_MS


async def test_off_and_lost_and_paused_posts_say_nothing(
    database: Database, clock: Clock, content: Content, desk: Posts
) -> None:
    await add(database, HOURLY, loudness=Loudness.OFF)
    await add(database, HOURLY, state=PostState.PAUSED)
    async with database.write() as session:
        await chats.get_or_create(session, -5, NOON)
        await chats.mark_lost(session, -5, "kicked", NOON)
    await add(database, HOURLY, chat_id=-5)
    clock.now += HOUR_MS
    await desk.run_due()
    assert await said(database) == []


async def test_old_runs_are_forgotten_and_nothing_is_said_again(
    database: Database, clock: Clock, desk: Posts
) -> None:
    await add(database, HOURLY)
    clock.now += HOUR_MS
    await desk.run_due()
    clock.now += 40 * DAY_MS
    await desk.tidy()
    async with database.read() as session:
        assert (await session.scalars(select(Run))).all() == []
        assert await jobs_storage.last_due_ms(session, "post", clock.now) is None
    await desk.run_due()
    assert len(await said(database)) == 2
