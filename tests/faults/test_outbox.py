"""What must be said is said, however long Telegram is away, and in its last words."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select
from telegram import Bot

from bot.app import unix_ms
from bot.chat import outbox
from bot.chat.limits import UNLIMITED
from bot.chat.outbox import Outbox
from bot.sandbox.telegram import ChatDriver, SandboxTelegram, TelegramConfig
from bot.sandbox.telegram.config import Limits, Person
from bot.sandbox.telegram.driver import PersonChat
from bot.store import Database
from bot.store import outbox as rows
from bot.store.tables import Message, OutboxKind, OutboxState

ALICE = 1001
NO_RATES = Limits(per_second=None, per_chat_second=None, per_group_minute=None)


@pytest.fixture
async def alice() -> AsyncIterator[PersonChat]:
    config = TelegramConfig(people=(Person(ALICE, "Alice", started=True),), limits=NO_RATES)
    async with SandboxTelegram(config) as telegram, ChatDriver(telegram.url) as chats:
        yield chats.as_user(ALICE)


@contextlib.asynccontextmanager
async def sending(alice: PersonChat, database: Database) -> AsyncIterator[Outbox]:
    """An outbox at work between the database and Alice's chat."""
    bot = Bot(TelegramConfig().token, base_url=f"{alice.driver._url}/bot")
    async with bot:
        box = Outbox(bot, database, clock=unix_ms, rates=UNLIMITED)
        task = asyncio.create_task(box.run())
        try:
            yield box
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def queue(database: Database, text: str, kind: OutboxKind = OutboxKind.SEND) -> None:
    row = Message(chat_id=ALICE, kind=kind, card_key="card", text=text, created_ms=unix_ms())
    async with database.write() as session:
        await rows.enqueue(session, row)


async def test_an_event_outlasts_a_long_absence_of_telegram(
    alice: PersonChat, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MAX_BACKOFF_MS", 30)
    await alice.driver.fault("500", "sendMessage", times=20)
    await queue(database, "Filled")
    async with sending(alice, database) as box:
        await alice.wait_for("Filled", timeout=20)
    assert box.counters.retried == 20
    assert box.counters.dead == 0


async def _states(database: Database) -> list[OutboxState]:
    async with database.read() as session:
        return list((await session.scalars(select(Message.state).order_by(Message.id))).all())  # type: ignore[arg-type]


async def test_what_waits_for_telegram_gives_way_to_newer_words(
    alice: PersonChat, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MAX_BACKOFF_MS", 500)
    async with sending(alice, database) as box:
        await queue(database, "Sending")
        box.kick()
        await alice.wait_for("Sending")
        await alice.driver.fault("500", "editMessageText", times=1)
        await queue(database, "No answer yet", OutboxKind.EDIT)
        box.kick()
        async with asyncio.timeout(10):
            while not box.counters.retried:  # noqa: ASYNC110 - what is waited for has no event
                await asyncio.sleep(0.01)
        await queue(database, "Filled", OutboxKind.EDIT)
        box.kick()
        await alice.wait_for("Filled")
        async with asyncio.timeout(10):  # what Telegram shows is written down a moment later
            while (states := await _states(database))[-1] is OutboxState.SENDING:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    assert states == [OutboxState.SENT, OutboxState.SUPERSEDED, OutboxState.SENT]
