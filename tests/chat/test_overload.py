"""Who was not read is told so, through the real outbox to a Telegram of our own."""

from __future__ import annotations

import asyncio
import contextlib
import time

import pytest
from telegram import Bot

from bot.chat.overload import Overload
from bot.domain.values import Language
from bot.intake import Arrival
from bot.intake.arrivals import arrival_of
from bot.kernel.events import Events
from bot.kernel.storage import Database
from bot.notifications.rate_limits import UNLIMITED
from bot.notifications.sender import Outbox
from bot.sandbox.telegram import ChatDriver, Limits, SandboxTelegram, TelegramConfig
from bot.ui import Locale

ANN = 1001


def _message(number: int) -> Arrival:
    chat = {"id": ANN, "type": "private", "first_name": "Ann"}
    author = {"id": ANN, "is_bot": False, "first_name": "Ann"}
    body = {"message_id": number, "date": int(time.time()), "chat": chat, "from": author, "text": "hello"}
    return arrival_of({"update_id": number, "message": body}, 0, 0)


async def test_what_cannot_be_told_at_once_is_told_later(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that does not answer for a moment, while more finds no room."""
    monkeypatch.setattr("bot.chat.overload.FIRST_S", 0.01)
    monkeypatch.setattr("bot.chat.overload.PAUSE_S", 0.01)
    asked = 0

    async def locale_of(_: Arrival) -> Locale:
        nonlocal asked
        asked += 1
        if asked == 1:
            overload.refuse(_message(4))
            raise ConnectionError("the database restarts")
        return Locale.of(Language.ENGLISH)

    async with (
        SandboxTelegram(TelegramConfig(limits=Limits.off())) as telegram,
        ChatDriver(telegram.url) as driver,
        Bot(telegram.config.token, base_url=f"{telegram.url}/bot") as bot,
    ):
        ann = driver.as_user(ANN)
        await ann.send("/start")
        outbox = Outbox(bot, database, Events(), clock=lambda: time.time_ns() // 1_000_000, rates=UNLIMITED)
        running = asyncio.create_task(outbox.run())
        overload = Overload(outbox, locale_of)
        for number in (1, 2, 3):
            overload.refuse(_message(number))
        await ann.wait_for("4 of the messages here")
        assert asked == 2, "once in vain, once for all four"
        assert sum("of the messages here" in message.text for message in await ann.messages()) == 1
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
