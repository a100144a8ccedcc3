"""How loud a chat is: chosen by buttons, kept to everywhere, and never so that a liquidation goes unsaid."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from bot.notifications import outbox_rows
from bot.notifications.tables import Chat, OutboxMessage, OutboxState
from bot.posts.events import PostsChanged
from tests.journeys.test_schedules import said, sent_post, skip_to, topics
from tests.support.world import ALICE, BOB, CAROL, DESK, Person, World


async def news(world: World, chat_id: int, event: str, text: str, **more: Any) -> None:
    """Something happened: a row as any part of the bot writes it."""
    row = OutboxMessage(chat_id=chat_id, event=event, text=text, created_ms=world.clock(), **more)
    async with world.bot.database.write() as session:
        await outbox_rows.enqueue(session, row)
    world.bot.services.outbox.kick()


async def settled(world: World, text: str, state: OutboxState) -> OutboxMessage:
    """The row with these words, once it is in this state."""
    async with asyncio.timeout(10):
        while True:
            for row in await said(world, state):
                if row.text == text:
                    return row
            await asyncio.sleep(0.02)


async def choose(person: Person, event: str, volume: str) -> None:
    page = await person.says("/noise", "How loud")
    await person.taps(event, "how loud?", on=page.id)
    await person.taps(volume, f"{event}: {volume}", on=page.id)


async def test_each_kind_of_news_is_as_loud_as_chosen(world: World, carol: Person) -> None:
    await choose(carol, "Fills", "silent")
    await choose(carol, "Order changes", "off")
    await news(world, CAROL, "fill", "a fill")
    await news(world, CAROL, "order", "a change")
    await news(world, CAROL, "alert", "an alert")
    await carol.sees("an alert")
    assert (await settled(world, "a fill", OutboxState.SENT)).silent
    assert not (await settled(world, "an alert", OutboxState.SENT)).silent
    assert (await settled(world, "a change", OutboxState.SUPPRESSED)).error == "switched off here"
    assert all("a change" not in m.text for m in await carol.chat.messages())


async def test_what_costs_money_not_to_know_is_never_off_in_private(world: World, carol: Person) -> None:
    page = await carol.says("/noise", "never off")
    asked = await carol.taps("Liquidations", "how loud?", on=page.id)
    assert [label for label in asked.labels if "off" in label or "digest" in label] == []
    await carol.chat.tap_data(page.id, "hush:liquidation:off")
    await carol.chat.tap_data(page.id, "hush:liquidation:digest")
    await news(world, CAROL, "liquidation", "liquidated")
    await carol.sees("liquidated")


async def test_a_resting_order_that_fills_is_news_a_person_can_silence(world: World, carol: Person) -> None:
    await choose(carol, "Fills", "off")
    preview = await carol.says("long sol $100 at 149", "Long SOL-PERP")
    card = await carol.taps("✅", "Open", on=preview.id)
    world.clock.skip(60)
    await world.price("SOL_USDC_PERP", "148")
    filled = await carol.sees("Filled", after=card.revision)
    assert filled.id == card.id  # the card goes on changing: an edit makes no sound
    async with asyncio.timeout(10):
        while not await said(world, OutboxState.SUPPRESSED):  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0.02)
    assert sum("Filled" in m.text for m in await carol.chat.messages()) == 1


async def test_what_waits_for_the_digest_is_said_in_it_and_what_is_off_is_counted(
    world: World, carol: Person
) -> None:
    await choose(carol, "Alerts", "in the digest")
    await choose(carol, "Order changes", "off")
    assert "20:00" in (await carol.says("/schedule")).text
    await news(world, CAROL, "alert", "<b>SOL above 150</b>\nseen at 150.2", card_key="alert:1")
    await news(world, CAROL, "order", "a change")
    await settled(world, "<b>SOL above 150</b>\nseen at 150.2", OutboxState.GATHERED)
    assert "Waiting for the digest: 1" in (await carol.says("/noise")).text
    skip_to(world, 20)
    digest = await carol.sees("The day")
    assert "· SOL above 150" in digest.text
    assert "it is off here: 1" in digest.text
    skip_to(world, 20)
    second = await carol.chat.wait_for(lambda m: m.id > digest.id and "The day" in m.text)
    assert "Gathered" not in second.text
    assert "off here" not in second.text


async def test_without_its_digest_what_waited_is_said_after_all(world: World, carol: Person) -> None:
    await choose(carol, "Alerts", "in the digest")
    await news(world, CAROL, "alert", "waiting words")
    await settled(world, "waiting words", OutboxState.GATHERED)
    await carol.says("/schedule 1 delete", "is deleted")
    await carol.sees("waiting words")
    await news(world, CAROL, "alert", "more words")
    await carol.sees("more words")


async def test_quiet_hours_make_news_silent_and_alarms_stay_loud(world: World, carol: Person) -> None:
    page = await carol.says("/settings", "Settings")
    await carol.taps("Quiet hours", on=page.id)
    await carol.taps("22:00", "Saved", on=page.id)
    skip_to(world, 23)
    await news(world, CAROL, "fill", "a fill by night")
    await news(world, CAROL, "exit-missing", "an exit is missing")
    await carol.sees("a fill by night")
    await carol.sees("an exit is missing")
    assert (await settled(world, "a fill by night", OutboxState.SENT)).silent
    assert not (await settled(world, "an exit is missing", OutboxState.SENT)).silent


async def test_a_topic_has_its_own_loudness_and_only_admins_set_it(world: World) -> None:
    first, second = await topics(world)
    alice, bob = world.person(ALICE, DESK), world.person(BOB, DESK)
    page = await alice.says("/noise", "in this topic", thread_id=first)
    assert "Fills" not in page.text  # private numbers never go to a group
    assert "管理员" in await bob.is_told("Alerts", on=page.id)
    assert "已过期" in await bob.is_told("hush:alert:off", on=page.id, forged=True)
    assert "管理员" in await bob.is_told("Language", on=page.id)
    await alice.taps("Alerts", "how loud?", on=page.id)
    assert "管理员" in await bob.is_told("off", on=page.id)
    await alice.taps("off", "Alerts: off", on=page.id)
    for thread, words in ((first, "in the first"), (second, "in the second")):
        await news(world, DESK, "alert", words, thread_id=thread)
    await alice.sees("in the second")
    await settled(world, "in the first", OutboxState.SUPPRESSED)


async def test_a_group_has_its_own_quiet_hours_zone_and_language(world: World) -> None:
    alice = world.person(ALICE, DESK)
    page = await alice.says("/noise", "Quiet hours: off")
    await alice.taps("Time zone", on=page.id)
    await alice.taps("Asia/Tokyo", "Quiet hours", on=page.id)
    await alice.taps("Quiet hours", "of this group", on=page.id)
    await alice.taps("22:00", "22:00–07:00 (Asia/Tokyo)", on=page.id)
    await alice.taps("Language", on=page.id)
    await alice.taps("中文", "哪些消息要响", on=page.id)
    skip_to(world, 14)  # 23:00 in Tokyo
    await alice.says("/schedule movers 23:30", "23:30（Asia/Tokyo）")
    skip_to(world, 14, 30)
    await alice.sees("24 小时涨跌")
    assert (await sent_post(world, "market")).silent


async def _chat(world: World, chat_id: int) -> Chat | None:
    async with world.bot.database.read() as session:
        return (await session.scalars(select(Chat).where(col(Chat.id) == chat_id))).one_or_none()


async def _until(world: World, chat_id: int, holds: Callable[[Chat | None], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds(await _chat(world, chat_id)):  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0.02)


async def test_a_person_who_blocks_the_bot_is_lost_told_to_the_operator_and_found_again(
    world: World, carol: Person
) -> None:
    alice = world.person(ALICE)  # the operator
    await alice.says("/start", "Rucksack")
    await carol.chat.block()
    await news(world, CAROL, "fill", "into the void")
    told = await alice.sees("can no longer be reached")
    assert str(CAROL) in told.text
    assert "blocked by the user" in told.text
    await news(world, CAROL, "liquidation", "and this too")
    assert (await settled(world, "and this too", OutboxState.SUPPRESSED)).error == "the chat is lost"
    await carol.chat.block(False)
    await carol.says("/menu", "Menu")
    await _until(world, CAROL, lambda chat: chat is not None and chat.lost_ms is None)
    await news(world, CAROL, "fill", "heard again")
    await carol.sees("heard again")
    assert sum("no longer" in m.text for m in await alice.chat.messages()) == 1


async def test_a_group_that_threw_the_bot_out_gets_no_posts_until_it_is_back(world: World) -> None:
    operator, here = world.person(ALICE), world.person(ALICE, DESK)
    await operator.says("/start", "Rucksack")
    await here.says("/schedule movers 08:00", "Movers daily")
    await here.chat.set_role("kicked")
    skip_to(world, 8)
    assert "The group Desk can no longer be reached" in (await operator.sees("no longer")).text
    skip_to(world, 8)
    skip_to(world, 8)
    await here.chat.set_role("administrator")
    await here.says("/schedule", "Movers daily")
    await _until(world, DESK, lambda chat: chat is not None and chat.lost_ms is None)
    world.bot.services.events.tell(PostsChanged())
    assert "Missed while I was away: 1" in (await here.sees("Movers, 24 h")).text


async def test_who_never_started_the_bot_is_no_loss_to_tell_of(world: World) -> None:
    operator = world.person(ALICE)
    await operator.says("/start", "Rucksack")
    await world.person(CAROL, DESK).says("/balance", "Open it once")
    await _until(world, CAROL, lambda chat: chat is not None and chat.lost_ms is not None)
    await operator.says("/menu", "Menu")
    assert all("no longer" not in m.text for m in await operator.chat.messages())
    carol = world.person(CAROL)
    await carol.says("/start", "Rucksack")
    await _until(world, CAROL, lambda chat: chat is not None and chat.lost_ms is None)


pytestmark = [pytest.mark.timeout(180), pytest.mark.both_databases]
