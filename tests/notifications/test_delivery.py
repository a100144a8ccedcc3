"""What Telegram refuses is said more simply, and mending ends: pictures, formatting, topics, replies."""

from __future__ import annotations

import struct
import zlib
from collections.abc import AsyncIterator

import pytest
from telegram import Bot

from bot.notifications.delivery import (
    ChatMoved,
    Delivered,
    DeliveryRefused,
    FloodWait,
    Outcome,
    Post,
    Unclear,
    deliver,
)
from bot.notifications.tables import OutboxKind
from bot.sandbox.telegram import ChatDriver, Limits, SandboxTelegram, TelegramConfig
from bot.sandbox.telegram.config import Group
from bot.sandbox.telegram.driver import ChatMessage, PersonChat

ANN, BASIC, FORUM = 1001, -77, -1001000000001
NO_RATES = Limits(per_second=None, per_chat_second=None, per_group_minute=None)


def png(width: int = 4, height: int = 3) -> bytes:
    """A black picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * (width + 1) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.fixture
async def telegram() -> AsyncIterator[SandboxTelegram]:
    groups = (
        Group(BASIC, "Basic", {ANN: "creator"}, kind="group"),
        Group(FORUM, "Desk", {ANN: "creator"}, topics=("Trades",)),
    )
    async with SandboxTelegram(TelegramConfig(limits=NO_RATES, groups=groups)) as telegram:
        yield telegram


@pytest.fixture
async def ann(telegram: SandboxTelegram) -> AsyncIterator[PersonChat]:
    async with ChatDriver(telegram.url) as driver:
        chat = driver.as_user(ANN)
        await chat.send("/start")
        yield chat


@pytest.fixture
async def bot(telegram: SandboxTelegram) -> AsyncIterator[Bot]:
    async with Bot(telegram.config.token, base_url=f"{telegram.url}/bot") as bot:
        yield bot


async def _said(outcome: Outcome, chat: PersonChat) -> ChatMessage:
    assert isinstance(outcome, Delivered), outcome
    return next(m for m in await chat.messages() if m.id == outcome.message_id)


async def test_a_picture_comes_with_its_words(bot: Bot, ann: PersonChat) -> None:
    shown = await _said(await deliver(bot, Post(ANN, "<b>SOL</b> 30 d", photo=png())), ann)
    assert shown.raw["photo"][0]["width"] == 4
    assert (shown.text, shown.raw["caption_entities"][0]["type"]) == ("SOL 30 d", "bold")


async def test_a_file_comes_under_its_name_with_its_words(bot: Bot, ann: PersonChat) -> None:
    post = Post(ANN, "<b>October</b>", document=b"day,volume\r\n", document_name="rebate-2026-10.csv")
    shown = await _said(await deliver(bot, post), ann)
    assert shown.raw["document"]["file_name"] == "rebate-2026-10.csv"
    assert (shown.text, shown.raw["caption_entities"][0]["type"]) == ("October", "bold")


async def test_a_refused_file_leaves_its_words(bot: Bot, ann: PersonChat) -> None:
    shown = await _said(await deliver(bot, Post(ANN, "October", document=b"", document_name="a.csv")), ann)
    assert ("document" in shown.raw, shown.text) == (False, "October")


async def test_more_words_than_a_caption_holds_are_cut_not_lost(bot: Bot, ann: PersonChat) -> None:
    for words in ("<b>a</b>" * 2_000, "<b>𝔸</b>" * 600, "broken <b>" + "& x" * 700):
        shown = await _said(await deliver(bot, Post(ANN, words, photo=png())), ann)
        assert "photo" in shown.raw
        assert shown.text.endswith("…")
        assert 1022 <= len(shown.text.encode("utf-16-le")) // 2 <= 1024


@pytest.mark.parametrize("picture", [b"no picture at all", png(9_999, 9_999), png(900, 3)])
async def test_a_refused_picture_leaves_its_words(bot: Bot, ann: PersonChat, picture: bytes) -> None:
    shown = await _said(await deliver(bot, Post(ANN, "<b>SOL</b> 30 d", photo=picture)), ann)
    assert "photo" not in shown.raw
    assert shown.text == "SOL 30 d"


async def test_a_picture_and_its_words_change_in_place(bot: Bot, ann: PersonChat) -> None:
    first = await _said(await deliver(bot, Post(ANN, "one", photo=png())), ann)
    edit = Post(ANN, "two", kind=OutboxKind.EDIT, message_id=first.id)
    second = await _said(await deliver(bot, edit), ann)
    assert (second.id, second.text, second.raw["photo"][0]["width"]) == (first.id, "two", 4)
    third = await _said(
        await deliver(bot, Post(ANN, "three", kind=OutboxKind.EDIT, message_id=first.id, photo=png(8))), ann
    )
    assert (third.id, third.text, third.raw["photo"][0]["width"]) == (first.id, "three", 8)
    fourth = await _said(
        await deliver(bot, Post(ANN, "four", kind=OutboxKind.EDIT, message_id=first.id, photo=b"?")), ann
    )
    assert (fourth.id, fourth.text, fourth.raw["photo"][0]["width"]) == (first.id, "four", 8)


async def test_words_that_do_not_parse_are_said_plainly_also_under_a_picture(
    bot: Bot, ann: PersonChat
) -> None:
    for photo in (None, png()):
        shown = await _said(await deliver(bot, Post(ANN, "<b>1 &lt; 2", photo=photo)), ann)
        assert shown.text == "1 < 2"
        assert ("photo" in shown.raw) is (photo is not None)


async def test_words_telegram_takes_in_no_form_are_refused_at_once(bot: Bot, ann: PersonChat) -> None:
    """Nothing is left of them without their tags: a retry for a day would say no more."""
    assert isinstance(await deliver(bot, Post(ANN, "<b></u>")), DeliveryRefused)
    assert isinstance(await deliver(bot, Post(ANN, "<b>x</u>" * 5_000)), DeliveryRefused)


async def test_flood_control_met_while_mending_is_honoured(bot: Bot, ann: PersonChat) -> None:
    await ann.driver.fault("429", "sendMessage", retry_after=3)
    outcome = await deliver(bot, Post(ANN, "words", photo=b"no picture"))
    assert isinstance(outcome, FloodWait)
    assert outcome.retry_after_ms >= 3_000
    await ann.driver.fault("500", "sendMessage")
    assert isinstance(await deliver(bot, Post(ANN, "words", photo=b"no picture")), Unclear)


async def test_a_topic_that_is_gone_leaves_the_group(bot: Bot, ann: PersonChat) -> None:
    here = ann.driver.as_user(ANN, FORUM)
    shown = await _said(await deliver(bot, Post(FORUM, "<b>news", photo=png(), thread_id=4711)), here)
    assert (shown.text, "message_thread_id" in shown.raw) == ("news", False)


async def test_a_lost_target_becomes_a_new_message(bot: Bot, ann: PersonChat) -> None:
    for photo in (None, png()):
        post = Post(ANN, "again", kind=OutboxKind.EDIT, message_id=999_999, photo=photo)
        assert (await _said(await deliver(bot, post), ann)).text == "again"


async def test_an_unanswered_reply_target_is_not_needed(bot: Bot, ann: PersonChat) -> None:
    shown = await _said(await deliver(bot, Post(ANN, "words", reply_to=999_999, silent=True)), ann)
    assert "reply_to_message" not in shown.raw


async def test_lost_chats_and_moved_groups_are_told_apart(bot: Bot, ann: PersonChat) -> None:
    await ann.block()
    assert await deliver(bot, Post(ANN, "x", photo=png())) == DeliveryRefused(
        "Forbidden: bot was blocked by the user", blocked=True
    )
    assert await deliver(bot, Post(-5, "x")) == DeliveryRefused("Chat not found", blocked=True)
    here = ann.driver.as_user(ANN, BASIC)
    new = await here.migrate()
    assert await deliver(bot, Post(BASIC, "x", photo=png())) == ChatMoved(new.chat_id)
