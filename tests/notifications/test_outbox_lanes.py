"""Through the real outbox to a Telegram of our own: urgent words first, flood control honoured."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from markupsafe import Markup
from telegram import Bot

from bot.kernel.events import Events
from bot.kernel.storage import Database
from bot.notifications import outbox_rows as rows
from bot.notifications.rate_limits import TELEGRAM, UNLIMITED, Rate, RateLimits
from bot.notifications.sender import LANE_ANSWER, LANE_DIGEST, LANE_URGENT, Outbox
from bot.notifications.tables import OutboxMessage as Row
from bot.sandbox.telegram import ChatDriver, Limits, SandboxTelegram, TelegramConfig
from bot.ui import Message

ANN, BEN = 1001, 1002


@pytest.fixture
async def telegram() -> AsyncIterator[SandboxTelegram]:
    async with SandboxTelegram(TelegramConfig(limits=Limits.off())) as telegram:
        yield telegram


@pytest.fixture
async def driver(telegram: SandboxTelegram) -> AsyncIterator[ChatDriver]:
    async with ChatDriver(telegram.url) as driver:
        for person in (ANN, BEN):
            await driver.as_user(person).send("/start")
        yield driver


@pytest.fixture
async def bot(telegram: SandboxTelegram) -> AsyncIterator[Bot]:
    async with Bot(telegram.config.token, base_url=f"{telegram.url}/bot") as bot:
        yield bot


def _words(text: str) -> Message:
    return Message(Markup(text))


async def _said(driver: ChatDriver, person: int) -> list[str]:
    return [m.text for m in await driver.as_user(person).messages() if m.from_bot]


async def _with(outbox: Outbox, *work: object) -> None:
    running = asyncio.create_task(outbox.run())
    try:
        await asyncio.gather(*work)  # type: ignore[call-overload]
    finally:
        while not running.done():
            running.cancel()
            await asyncio.sleep(0)


async def test_urgent_words_overtake_answers_and_digests_but_never_each_other(
    bot: Bot, driver: ChatDriver, database: Database
) -> None:
    rates = RateLimits((), (Rate(1, 50),), ())
    outbox = Outbox(bot, database, Events(), clock=lambda: time.time_ns() // 1_000_000, rates=rates)
    plan = (
        ("d1", LANE_DIGEST),
        ("d2", LANE_DIGEST),
        ("a1", LANE_ANSWER),
        ("u1", LANE_URGENT),
        ("u2", LANE_URGENT),
    )
    await _with(outbox, *(outbox.say(ANN, _words(text), lane=lane) for text, lane in plan))
    assert await _said(driver, ANN) == ["u1", "u2", "a1", "d1", "d2"]


async def test_flood_control_delays_one_chat_alone_and_loses_nothing(
    bot: Bot, driver: ChatDriver, database: Database
) -> None:
    await driver.fault("429", "sendMessage", times=1, retry_after=1, chat_id=ANN)
    outbox = Outbox(bot, database, Events(), clock=lambda: time.time_ns() // 1_000_000, rates=UNLIMITED)
    order: list[str] = []

    async def say(person: int, text: str) -> None:
        await outbox.say(person, _words(text))
        order.append(text)

    await _with(outbox, say(ANN, "first"), say(ANN, "second"), say(BEN, "elsewhere"))
    assert order[0] == "elsewhere"
    assert await _said(driver, ANN) == ["first", "second"]
    assert outbox.counters.flooded == 1


async def test_one_chats_flood_holds_up_neither_others_nor_its_own_news(
    bot: Bot, driver: ChatDriver, database: Database
) -> None:
    def now() -> int:
        return time.time_ns() // 1_000_000

    outbox = Outbox(bot, database, Events(), clock=now, rates=TELEGRAM)

    async def others() -> None:
        flood = [asyncio.create_task(outbox.say(ANN, _words(f"flood {n}"))) for n in range(2_000)]
        await asyncio.sleep(0.05)
        async with database.write() as session:
            for person, text in ((ANN, "filled"), (BEN, "filled")):
                await rows.enqueue(
                    session, Row(chat_id=person, lane=LANE_URGENT, text=text, created_ms=now())
                )
        outbox.kick()
        assert await outbox.say(BEN, _words("an answer")) is not None
        assert await outbox.toast(BEN, "no such tap") is False
        async with asyncio.timeout(10):
            while "filled" not in await _said(driver, BEN) or "filled" not in await _said(driver, ANN):  # noqa: ASYNC110 - a chat has no event
                await asyncio.sleep(0.02)
        assert sum(text.startswith("flood") for text in await _said(driver, ANN)) < 10
        for task in flood:
            task.cancel()

    await _with(outbox, others())
    assert outbox.counters.crowded_out >= 1_500
