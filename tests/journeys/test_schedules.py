"""Posts that come by themselves: set by sentence and by button, in private and in a topic; once, if late."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlmodel import col

from bot.notifications.tables import OutboxMessage, OutboxState
from bot.posts.events import PostsChanged
from bot.posts.tables import ScheduledPost
from bot.sandbox.telegram.config import Group
from bot.sandbox.telegram.driver import ChatMessage
from tests.support.world import ALICE, BOB, CAROL, DESK, Person, World, open_world

pytestmark = pytest.mark.both_databases

BASIC = -4711


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    roles = {ALICE: "creator", BOB: "member", CAROL: "administrator"}
    groups = (
        Group(DESK, "Desk", roles, topics=("Trades", "Signals")),  # type: ignore[arg-type]
        Group(BASIC, "Basics", roles, kind="group"),  # type: ignore[arg-type]
    )
    async with open_world(database_url, groups=groups) as opened:
        yield opened


def skip_to(world: World, hour: int, minute: int = 0, *, days: int = 0) -> None:
    """Let the world's clock show the next `hour:minute` UTC, and the schedule look."""
    now = datetime.fromtimestamp(world.clock() / 1000, UTC)
    passed = now.hour * 3600 + now.minute * 60 + now.second
    wait = (hour * 3600 + minute * 60 - passed) % 86_400 + 86_400 * days
    world.clock.skip(wait + 1)
    world.bot.services.events.tell(PostsChanged())


async def posts(world: World) -> list[ScheduledPost]:
    async with world.bot.database.read() as session:
        return list((await session.scalars(select(ScheduledPost).order_by(col(ScheduledPost.id)))).all())


async def sent_post(world: World, event: str) -> OutboxMessage:
    """The post of this kind, once it is known to be sent: a moment after Telegram shows it."""
    async with asyncio.timeout(10):
        while True:
            for row in await said(world, OutboxState.SENT):
                if row.event == event:
                    return row
            await asyncio.sleep(0.02)


async def said(world: World, state: OutboxState) -> list[OutboxMessage]:
    async with world.bot.database.read() as session:
        statement = (
            select(OutboxMessage).where(col(OutboxMessage.state) == state).order_by(col(OutboxMessage.id))
        )
        return list((await session.scalars(statement)).all())


async def comes_again(world: World, message: ChatMessage) -> None:
    """Telegram delivers a message once more, under another update id."""
    arrival = world.bot.telegram.intake.take({"update_id": next(_updates), "message": message.raw})
    assert arrival is not None
    await arrival.ended


_updates = itertools.count(10**9)


async def topics(world: World) -> list[int]:
    """The ids of the desk's topics."""
    chats = (await world.chats.get("chats", user_id=ALICE))["chats"]
    desk = next(chat for chat in chats if chat["id"] == DESK)
    return [topic["id"] for topic in desk["topics"]]


async def test_a_digest_by_sentence_comes_every_evening_once(world: World) -> None:
    alice = world.person(ALICE)
    await alice.says("/start", "Rucksack")
    assert "/schedule digest 20:00" in (await alice.says("/schedule", "None yet")).text
    listed = await alice.says("/schedule digest 20:00", "Saved")
    assert "#1 Daily digest daily at 20:00 (UTC)" in listed.text
    for _ in range(2):
        skip_to(world, 20)
        post = await alice.sees("The day", after=listed.revision)
        assert "Movers, 24 h" in post.text
        assert "a year" in post.text  # who moved most depends on the day
        assert "Late" not in post.text
        listed = post
    world.bot.services.events.tell(PostsChanged())
    await alice.says("/schedule", "Daily digest")
    assert sum("The day" in m.text for m in await alice.chat.messages()) == 2


async def test_an_absence_is_made_up_by_one_late_post_that_counts_the_others(world: World) -> None:
    alice = world.person(ALICE)
    await alice.says("/start", "Rucksack")
    await alice.says("/schedule movers daily 08:00 Asia/Shanghai silent", "Saved")
    skip_to(world, 3, days=3)  # 11:00 in Shanghai
    post = await alice.sees("Movers, 24 h")
    assert "Late by 3 h" in post.text
    assert "Missed while I was away: 3" in post.text
    assert (await sent_post(world, "market")).silent


async def test_the_funding_table_comes_before_each_settlement(world: World) -> None:
    alice = world.person(ALICE)
    await alice.says("/start", "Rucksack")
    await alice.says("/schedule funding 10m before btc", "Funding table")
    (post,) = await posts(world)
    assert post.when["symbol"] == "BTC_USDC_PERP"
    marks = await world.bot.client.mark_prices("BTC_USDC_PERP")
    settlement = marks["BTC_USDC_PERP"].next_funding_ms
    assert settlement is not None
    assert (settlement - 600_000 - post.due_ms) % post.when["interval_ms"] == 0
    world.clock.skip((post.due_ms - world.clock()) / 1000 + 1)
    world.bot.services.events.tell(PostsChanged())
    shown = await alice.sees("Funding settles at")
    assert "BTC" in shown.text
    assert "ETH" not in shown.text
    assert "in 9 min" in shown.text
    assert "24h" in shown.text
    await alice.taps("Highest", "ETH", on=shown.id)


async def test_what_cannot_be_read_is_named_and_changes_nothing(world: World) -> None:
    alice = world.person(ALICE)
    await alice.says("/start", "Rucksack")
    for line, answer in (
        ("/schedule digest 25:00", "cannot read “25:00”"),
        ("/schedule 20:00", "Say what and when"),
        ("/schedule digest 10m before", "Say what and when"),
        ("/schedule funding 10m before nosuch", "no perpetual NOSUCH"),
        ("/schedule 99 pause", "no post #99"),
        ("/schedule movers", "when?"),
    ):
        await alice.says(line, answer)
    assert await posts(world) == []


async def test_a_line_delivered_twice_is_one_post(world: World) -> None:
    alice = world.person(ALICE)
    await alice.says("/start", "Rucksack")
    await alice.says("/schedule digest 20:00", "Saved")
    typed = next(m for m in await alice.chat.messages() if m.text == "/schedule digest 20:00")
    await comes_again(world, typed)
    assert [post.kind for post in await posts(world)] == ["digest"]
    await alice.says("/schedule 1 delete", "is deleted")
    await comes_again(world, typed)
    assert "None yet" in (await alice.says("/schedule")).text
    await alice.says("/schedule digest 20:00", "Saved")
    assert [post.state for post in await posts(world)] == ["deleted", "active"]


async def test_a_post_is_made_changed_paused_and_deleted_by_buttons(world: World) -> None:
    alice = world.person(ALICE)
    await alice.says("/start", "Rucksack")
    page = await alice.says("/schedule", "None yet")
    await alice.taps("Funding extremes", "when?", on=page.id)
    await alice.taps("4h", "every 4 h", on=page.id)
    await alice.taps("#1", "next:", on=page.id)
    await alice.taps("22:00", "daily at 22:00", on=page.id)
    await alice.taps("#1", "next:", on=page.id)
    await alice.taps("Silent", "🔕", on=page.id)
    await alice.taps("#1", "next:", on=page.id)
    await alice.taps("Pause", "⏸", on=page.id)
    skip_to(world, 22)
    await alice.says("/schedule 1 resume 23:00", "23:00")
    skip_to(world, 23)
    post = await alice.sees("Funding extremes\n")
    assert "Missed" not in post.text
    await alice.taps("#1", "next:", on=page.id)
    await alice.taps("Delete", "is deleted", on=page.id)
    assert "None yet" in (await alice.says("/schedule")).text


async def test_in_a_group_admins_decide_and_the_post_keeps_to_its_topic(world: World) -> None:
    trades, _ = await topics(world)
    alice, bob = world.person(ALICE, DESK), world.person(BOB, DESK)
    await bob.says("/schedule movers 08:00", "Only admins", thread_id=trades)
    assert await posts(world) == []
    page = await alice.says("/schedule movers 08:00", "Movers daily at 08:00", thread_id=trades)
    assert "管理员" in await bob.is_told("＋ Daily digest", on=page.id)
    assert "已过期" in await bob.is_told("sch:1:delete", on=page.id, forged=True)
    skip_to(world, 8)
    post = await alice.sees("Movers, 24 h")
    assert post.raw["message_thread_id"] == trades
    elsewhere = await alice.says("/schedule", "in another topic")
    assert "message_thread_id" not in elsewhere.raw
    (one,) = await posts(world)
    assert one.chat_id == DESK


async def test_another_chats_post_cannot_be_touched(world: World) -> None:
    alice, carol = world.person(ALICE), world.person(CAROL)
    await alice.says("/start", "Rucksack")
    await carol.says("/start", "Rucksack")
    await alice.says("/schedule digest 20:00", "Saved")
    await carol.says("/schedule 1 delete", "no post #1")
    page = await carol.says("/schedule", "None yet")
    await carol.chat.tap_data(page.id, "sch:1:delete")
    await carol.says("/schedule", "None yet")
    (post,) = await posts(world)
    assert post.state == "active"


async def test_chinese_sentences_make_chinese_posts(world: World) -> None:
    bob = world.person(BOB)
    await bob.says("/start", "交易台")
    await bob.says("/schedule 涨跌 每天08:00 静音", "涨跌榜")
    skip_to(world, 8)
    await bob.sees("24 小时涨跌")


async def test_a_group_that_becomes_a_supergroup_takes_its_posts_along(world: World) -> None:
    alice = world.person(ALICE, BASIC)
    await alice.says("/schedule movers 08:00", "Movers daily at 08:00")
    page = await alice.says("/noise", "How loud")
    await alice.taps("Market posts", "how loud?", on=page.id)
    await alice.taps("silent", "Saved", on=page.id)
    there = Person(world, await alice.chat.migrate())
    async with asyncio.timeout(10):  # until the bot has read that the group moved
        while (await posts(world))[0].chat_id != there.chat.chat_id:  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0.02)
    await there.says("/schedule", "Movers daily at 08:00")
    assert "Market posts: silent" in (await there.says("/noise")).text
    skip_to(world, 8)
    await there.sees("Movers, 24 h")
    (post,) = await posts(world)
    assert post.chat_id == there.chat.chat_id
    row = await sent_post(world, "market")
    assert (row.chat_id, row.silent) == (there.chat.chat_id, True)
