"""What must be said is said, however long Telegram is away, and in its last words."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from markupsafe import Markup
from sqlalchemy import select
from sqlmodel import col
from telegram import Bot

from bot.domain.notifications.preferences import Event, Volume
from bot.kernel.clock import unix_ms
from bot.kernel.events import Events
from bot.kernel.storage import Database
from bot.notifications import chats as chat_rows
from bot.notifications import outbox_jobs, sender
from bot.notifications import outbox_rows as rows
from bot.notifications.rate_limits import UNLIMITED
from bot.notifications.sender import Outbox
from bot.notifications.tables import OutboxKind, OutboxMessage, OutboxState
from bot.sandbox.telegram import ChatDriver, SandboxTelegram, TelegramConfig
from bot.sandbox.telegram.config import Group, Limits, Person
from bot.sandbox.telegram.driver import PersonChat
from bot.ui import Message as View
from tests.notifications.test_delivery import png

ALICE = 1001
NO_RATES = Limits(per_second=None, per_chat_second=None, per_group_minute=None)


@pytest.fixture
async def alice() -> AsyncIterator[PersonChat]:
    config = TelegramConfig(people=(Person(ALICE, "Alice", started=True),), limits=NO_RATES)
    async with SandboxTelegram(config) as telegram, ChatDriver(telegram.url) as chats:
        yield chats.as_user(ALICE)


@contextlib.asynccontextmanager
async def sending(
    alice: PersonChat, database: Database, clock: Callable[[], int] = unix_ms
) -> AsyncIterator[Outbox]:
    """An outbox at work between the database and Alice's chat."""
    bot = Bot(TelegramConfig().token, base_url=f"{alice.driver.url}/bot")
    async with bot:
        box = Outbox(bot, database, Events(), clock=clock, rates=UNLIMITED)
        task = asyncio.create_task(box.run())
        try:
            yield box
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def queue(database: Database, text: str, kind: OutboxKind = OutboxKind.SEND) -> None:
    row = OutboxMessage(chat_id=ALICE, kind=kind, card_key="card", text=text, created_ms=unix_ms())
    async with database.write() as session:
        await rows.enqueue(session, row)


async def test_an_event_outlasts_a_long_absence_of_telegram(
    alice: PersonChat, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "MAX_BACKOFF_MS", 30)
    await alice.driver.fault("500", "sendMessage", times=20)
    await queue(database, "Filled")
    async with sending(alice, database) as box:
        await alice.wait_for("Filled", timeout=20)
    assert box.counters.retried == 20
    assert box.counters.dead == 0


async def _states(database: Database) -> list[OutboxState]:
    async with database.read() as session:
        states = select(col(OutboxMessage.state)).order_by(col(OutboxMessage.id))
        return list((await session.scalars(states)).all())


async def test_what_waits_for_telegram_gives_way_to_newer_words(
    alice: PersonChat, database: Database
) -> None:
    now = [unix_ms()]  # stands still, so that the retry waits as long as the test needs
    async with sending(alice, database, clock=lambda: now[0]) as box:
        await queue(database, "Sending")
        box.kick()
        await alice.wait_for("Sending")
        await alice.driver.fault("500", "editMessageText", times=1)
        await queue(database, "No answer yet", OutboxKind.EDIT)
        box.kick()
        async with asyncio.timeout(10):
            while (await _states(database))[-1] is not OutboxState.PENDING or not box.counters.retried:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await queue(database, "Filled", OutboxKind.EDIT)
        now[0] += 10_000
        box.kick()
        await alice.wait_for("Filled")
        async with asyncio.timeout(10):  # what Telegram shows is written down a moment later
            while (states := await _states(database))[-1] is OutboxState.SENDING:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    assert states == [OutboxState.SENT, OutboxState.SUPERSEDED, OutboxState.SENT]


# --- groups that move, chats that are lost ---------------------------------------------------------


@pytest.fixture
async def group() -> AsyncIterator[PersonChat]:
    """Alice in a basic group."""
    basic = Group(-77, "Basic", {ALICE: "creator"}, kind="group")
    config = TelegramConfig(people=(Person(ALICE, "Alice", started=True),), groups=(basic,), limits=NO_RATES)
    async with SandboxTelegram(config) as telegram, ChatDriver(telegram.url) as chats:
        yield chats.as_user(ALICE, basic.id)


async def tell(database: Database, box: Outbox, chat_id: int, text: str, **values: Any) -> None:
    async with database.write() as session:
        await rows.enqueue(session, OutboxMessage(chat_id=chat_id, text=text, created_ms=unix_ms(), **values))
    box.kick()


async def test_a_group_that_moved_unseen_is_followed_by_rows_answers_and_cards(
    group: PersonChat, database: Database
) -> None:
    async with sending(group, database) as box:
        await tell(database, box, group.chat_id, "card", card_key="card")
        await group.wait_for("card")
        there = await group.migrate()  # nobody reads the updates
        await tell(database, box, group.chat_id, "an event")
        await there.wait_for("an event")
        await tell(database, box, group.chat_id, "card 2", card_key="card", kind=OutboxKind.EDIT)
        shown = await there.wait_for("card 2")
        assert await box.say(group.chat_id, View(Markup("an answer"))) is not None
        await box.edit(group.chat_id, shown.id, View(Markup("in its place")))
        assert {m.text for m in await there.messages() if m.from_bot} == {
            *("an event", "card 2", "an answer", "in its place"),  # another group's ids name nothing here
        }
    async with sending(group, database) as other:  # another process, which never met the old group
        await tell(database, other, group.chat_id, "after a restart")
        await there.wait_for("after a restart")
    assert other.counters.sent == 1


async def test_news_that_is_off_holds_up_nothing_behind_it(
    alice: PersonChat, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "IDLE_POLL_S", 1_000.0)  # nobody comes back to look
    async with database.write() as session:
        await chat_rows.set_volume(session, ALICE, None, Event.FILL, Volume.OFF)
        for number in range(3 * outbox_jobs.BATCH):
            row = OutboxMessage(chat_id=ALICE, text=f"{number}", event=Event.FILL, created_ms=unix_ms())
            await rows.enqueue(session, row)
        await rows.enqueue(session, OutboxMessage(chat_id=ALICE, text="behind", created_ms=unix_ms()))
    async with sending(alice, database) as box:
        await alice.wait_for("behind")
    assert box.counters.sent == 1


async def test_words_telegram_never_takes_end_at_once_and_stay_for_the_operator(
    alice: PersonChat, database: Database
) -> None:
    async with sending(alice, database) as box:
        await tell(database, box, ALICE, "<b></u>")
        await tell(database, box, ALICE, "fine")
        await alice.wait_for("fine")
        async with asyncio.timeout(10):
            while box.counters.dead == 0:  # noqa: ASYNC110 - what is waited for has no event
                await asyncio.sleep(0.01)
    assert box.counters.retried == 0
    async with database.read() as session:
        (dead,) = await rows.dead(session)
    assert dead.text == "<b></u>"


async def test_a_picture_outlives_a_restart_and_is_sent_with_its_words(
    alice: PersonChat, database: Database
) -> None:
    row = OutboxMessage(chat_id=ALICE, text="<b>SOL</b>", photo=png(), created_ms=unix_ms())
    async with database.write() as session:
        await rows.enqueue(session, row)
    async with sending(alice, database):
        shown = await alice.wait_for("SOL")
    assert "photo" in shown.raw
    assert b"PNG" not in repr(row).encode()


async def test_flood_control_on_pictures_and_edits_is_honoured(alice: PersonChat, database: Database) -> None:
    async with sending(alice, database) as box:
        await alice.driver.fault("429", "sendPhoto", retry_after=1)
        await tell(database, box, ALICE, "picture", photo=png(), card_key="p")
        first = await alice.wait_for("picture")
        await alice.driver.fault("429", "editMessageCaption", retry_after=1)
        await tell(database, box, ALICE, "changed", card_key="p", kind=OutboxKind.EDIT)
        second = await alice.wait_for("changed")
    assert (first.id, "photo" in second.raw) == (second.id, True)
    assert box.counters.flooded == 2
