"""Telegram's limits are enforced, in its words, and each can be switched off."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter

from bot.sandbox.telegram import ChatDriver, Group, Limits, Person, SandboxTelegram, TelegramConfig
from tests.sandbox.telegram.conftest import ALICE, BOB, DESK, NEWS, Clock, Start, bot_of

pytestmark = pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")


def _keyboard(data: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton("Go", callback_data=data)]])


@asynccontextmanager
async def _town(
    start: Start, limits: Limits | None = None, **more: Any
) -> AsyncIterator[tuple[SandboxTelegram, Bot, ChatDriver, Clock]]:
    clock = Clock()
    config = TelegramConfig(limits=limits or Limits(), clock=clock, **more)
    sandbox = await start(config)
    async with bot_of(sandbox) as bot, ChatDriver(sandbox.url) as driver:
        await driver.as_user(ALICE).send("/start")
        yield sandbox, bot, driver, clock


async def _sent_until_refused(send: Callable[[], Awaitable[object]], most: int = 60) -> tuple[int, int]:
    for count in range(most):
        try:
            await send()
        except RetryAfter as refusal:
            wait = refusal.retry_after
            return count, int(wait if isinstance(wait, int) else wait.total_seconds())
    return most, 0


async def test_one_chat_takes_a_short_burst_and_then_one_message_a_second(start: Start) -> None:
    async with _town(start) as (_, bot, _, clock):
        assert await _sent_until_refused(lambda: bot.send_message(ALICE, "x")) == (3, 1)
        clock.now += 1
        assert await _sent_until_refused(lambda: bot.send_message(ALICE, "x")) == (1, 1)


async def test_edits_count_as_messages(start: Start) -> None:
    async with _town(start) as (_, bot, _, _):
        message = await bot.send_message(ALICE, "0")
        texts = iter(range(1, 99))
        assert (await _sent_until_refused(lambda: message.edit_text(str(next(texts)))))[0] == 2


async def test_a_group_takes_twenty_messages_a_minute(start: Start) -> None:
    async with _town(start, Limits(per_chat_second=None)) as (_, bot, _, clock):
        assert await _sent_until_refused(lambda: bot.send_message(DESK, "x")) == (20, 3)
        clock.now += 60
        assert (await _sent_until_refused(lambda: bot.send_message(DESK, "x")))[0] == 20


async def test_all_chats_together_take_thirty_messages_a_second(start: Start) -> None:
    people = tuple(Person(id_, "P", started=True) for id_ in range(1001, 1041))
    async with _town(start, people=people, groups=(), channels=()) as (_, bot, _, _):
        ids = iter(range(1001, 1041))
        assert (await _sent_until_refused(lambda: bot.send_message(next(ids), "x"), 40))[0] == 30


async def test_limits_can_be_switched_off(start: Start) -> None:
    async with _town(start, Limits.off()) as (_, bot, _, _):
        assert (await _sent_until_refused(lambda: bot.send_message(DESK, "x" * 5000), 40))[0] == 40


async def test_text_is_measured_after_entities(start: Start) -> None:
    async with _town(start) as (_, bot, _, clock):
        await bot.send_message(ALICE, f"<b>{'&amp;' * 4096}</b>", parse_mode="HTML")
        clock.now += 60
        with pytest.raises(BadRequest, match="Message is too long"):
            await bot.send_message(ALICE, "x" * 4097)
        with pytest.raises(BadRequest, match="Message is too long"):
            await bot.send_message(ALICE, "😀" * 2049)


@pytest.mark.parametrize(
    ("text", "reason"), [("", "Message text is empty"), ("<b> </b>\n", "Text must be non-empty")]
)
async def test_an_empty_text_is_refused(start: Start, text: str, reason: str) -> None:
    async with _town(start) as (_, bot, _, _):
        with pytest.raises(BadRequest, match=reason):
            await bot.send_message(ALICE, text, parse_mode="HTML")


async def test_callback_data_is_limited_to_64_bytes_not_characters(start: Start) -> None:
    async with _town(start) as (_, bot, _, _):
        await bot.send_message(ALICE, "x", reply_markup=_keyboard("é" * 32))
        with pytest.raises(BadRequest, match="Button_data_invalid"):
            await bot.send_message(ALICE, "x", reply_markup=_keyboard("é" * 32 + "!"))


async def test_an_edit_that_changes_nothing_is_refused(start: Start) -> None:
    async with _town(start) as (_, bot, _, _):
        message = await bot.send_message(ALICE, "<b>x</b>", parse_mode="HTML", reply_markup=_keyboard("a"))
        with pytest.raises(BadRequest, match="Message is not modified"):
            await message.edit_text("<b>x</b>", parse_mode="HTML", reply_markup=_keyboard("a"))
        assert (await message.edit_text("<b>x</b>", parse_mode="HTML")) is not True
        with pytest.raises(RetryAfter):
            await bot.send_message(ALICE, "the refused edit was counted too")


async def test_what_is_gone_or_foreign_cannot_be_edited(start: Start) -> None:
    async with _town(start, Limits.off()) as (_, bot, driver, _):
        message = await bot.send_message(ALICE, "x")
        await message.delete()
        with pytest.raises(BadRequest, match="Message to edit not found"):
            await message.edit_text("y")
        theirs = await driver.as_user(ALICE).send("mine")
        with pytest.raises(BadRequest, match="Message can't be edited"):
            await bot.edit_message_text("y", ALICE, theirs.id)


async def test_deletion_needs_the_right_and_less_than_48_hours(start: Start) -> None:
    async with _town(start, Limits.off(), groups=()) as (_, bot, driver, _):
        alice = driver.as_user(ALICE)
        await bot.delete_message(ALICE, (await alice.send("a secret")).id)
        with pytest.raises(BadRequest, match="Message to delete not found"):
            await bot.delete_message(ALICE, 99)
    group = Group(-77, "Small", {ALICE: "creator"}, kind="group", bot_role="member")
    async with _town(start, Limits(), groups=(group,)) as (_, bot, driver, clock):
        theirs = await driver.as_user(ALICE, -77).send("mine")
        with pytest.raises(BadRequest, match="Message can't be deleted"):
            await bot.delete_message(-77, theirs.id)
        await driver.as_user(ALICE, -77).set_role("administrator")
        await bot.delete_message(-77, theirs.id)
        old = await bot.send_message(ALICE, "old")
        clock.now += 48 * 3600
        with pytest.raises(BadRequest, match="Message can't be deleted"):
            await old.delete()


async def test_a_late_callback_answer_is_refused(start: Start) -> None:
    async with _town(start) as (_, bot, driver, clock):
        await bot.send_message(ALICE, "x", reply_markup=_keyboard("go"))
        tap = await driver.as_user(ALICE).tap("go")
        clock.now += 31
        with pytest.raises(BadRequest, match="Query is too old"):
            await bot.answer_callback_query(tap.id)


async def test_a_bot_that_is_blocked_stranger_or_lost_is_told_so(start: Start) -> None:
    async with _town(start) as (_, bot, driver, _):
        await driver.as_user(ALICE).block()
        with pytest.raises(Forbidden, match="bot was blocked by the user"):
            await bot.send_message(ALICE, "x")
        with pytest.raises(Forbidden, match="bot can't initiate conversation"):
            await bot.send_message(BOB, "x")
        with pytest.raises(BadRequest, match="Chat not found"):
            await bot.send_message(4242, "x")
        await driver.as_user(ALICE, DESK).set_role("kicked")
        with pytest.raises(Forbidden, match="bot was kicked from the supergroup chat"):
            await bot.send_message(DESK, "x")


async def test_an_upgraded_group_names_its_new_id(start: Start) -> None:
    group = Group(-77, "Small", {ALICE: "creator"}, kind="group")
    async with _town(start, groups=(group,)) as (_, bot, driver, _):
        moved = await driver.as_user(ALICE, -77).migrate()
        with pytest.raises(ChatMigrated) as refusal:
            await bot.send_message(-77, "x")
        assert refusal.value.new_chat_id == moved.chat_id
        await bot.send_message(moved.chat_id, "here")
        assert (await moved.last()).text == "here"
        updates = await bot.get_updates()
        assert [u.message.migrate_to_chat_id for u in updates if u.message][-2:] == [moved.chat_id, None]
        assert updates[-1].message is not None
        assert updates[-1].message.migrate_from_chat_id == -77


async def test_a_channel_post_shows_the_channel_as_its_author(start: Start) -> None:
    async with _town(start) as (_, bot, driver, _):
        message = await bot.send_message(NEWS, "x")
        assert message.from_user is None
        assert message.sender_chat is not None
        assert message.sender_chat.id == NEWS
        assert (await driver.as_user(BOB, NEWS).last()).text == "x"
