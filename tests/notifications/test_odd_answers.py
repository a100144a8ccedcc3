"""Whatever a Bot API server answers: what it took is said once, what it did not take is said again."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup
from sqlalchemy import select
from sqlmodel import col
from telegram import Bot
from telegram.error import TelegramError

from bot.kernel.clock import unix_ms
from bot.kernel.events import Events
from bot.kernel.storage import Database
from bot.notifications import outbox_jobs, sender
from bot.notifications import outbox_rows as rows
from bot.notifications.delivery import Delivered, DeliveryRefused, FloodWait, Post, Unclear, deliver
from bot.notifications.rate_limits import UNLIMITED
from bot.notifications.sender import Outbox
from bot.notifications.tables import OutboxKind, OutboxMessage, OutboxState
from bot.notifications.wire import understood
from bot.sandbox.telegram import ChatDriver, Limits, SandboxTelegram, TelegramConfig
from bot.sandbox.telegram.config import Person
from bot.sandbox.telegram.driver import PersonChat
from bot.telegram.connection import request
from bot.ui import Message as View
from tests.notifications.test_delivery import png

ANN = 1001
HTML = "<!doctype html><title>502 Bad Gateway</title>"
UNREADABLE = (
    '{"ok":true}',
    '{"ok":true,"result":true}',
    '{"ok":true,"result":null}',
    '{"ok":true,"result":[]}',
    '{"ok":true,"result":"sent"}',
    '{"ok":true,"result":{}}',
    '{"ok":true,"result":{"message_id":"7","date":1,"chat":{"id":1001,"type":"private"}}}',
    '{"ok":true,"result":{"message_id":7,"date":"today","chat":7}}',
)
WAITS = ("nan", "-1", "null", '"soon"', "1e400", "[]", "true")


@pytest.fixture
async def ann() -> AsyncIterator[PersonChat]:
    config = TelegramConfig(people=(Person(ANN, "Ann", started=True),), limits=Limits.off())
    async with SandboxTelegram(config) as telegram, ChatDriver(telegram.url) as chats:
        yield chats.as_user(ANN)


@pytest.fixture
async def bot(ann: PersonChat) -> AsyncIterator[Bot]:
    base = f"{ann.driver.url}/bot"
    wire = request(4, may_act=lambda: True)
    async with Bot(TelegramConfig().token, base_url=base, request=wire) as bot:
        yield bot


@contextlib.asynccontextmanager
async def _sending(bot: Bot, database: Database) -> AsyncIterator[Outbox]:
    box = Outbox(bot, database, Events(), clock=unix_ms, rates=UNLIMITED)
    task = asyncio.create_task(box.run())
    try:
        yield box
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _settled(database: Database) -> list[tuple[OutboxState, int | None]]:
    statement = select(col(OutboxMessage.state), col(OutboxMessage.message_id)).order_by(
        col(OutboxMessage.id)
    )
    async with asyncio.timeout(10):
        while True:
            async with database.read() as session:
                found = [(state, one) for state, one in (await session.execute(statement)).all()]
            if all(state not in rows.WAITING for state, _ in found):
                return found
            await asyncio.sleep(0.02)


async def test_an_event_that_was_taken_is_said_once_whatever_the_answer_looks_like(
    ann: PersonChat, bot: Bot, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_jobs, "LEASE_MS", 150)  # an unsettled row would be taken again soon
    monkeypatch.setattr(sender, "IDLE_POLL_S", 0.05)
    async with database.write() as session:
        for number, body in enumerate(UNREADABLE):
            await ann.driver.fault("answer", "sendMessage", body=body)
            await rows.enqueue(
                session, OutboxMessage(chat_id=ANN, text=f"Filled {number}", created_ms=unix_ms())
            )
        await rows.enqueue(
            session, OutboxMessage(chat_id=ANN, text="a picture", photo=png(), created_ms=unix_ms())
        )
    await ann.driver.fault("answer", "sendPhoto", body=UNREADABLE[1])
    async with _sending(bot, database):
        found = await _settled(database)
        await asyncio.sleep(0.4)
        said = [m.text for m in await ann.messages() if m.from_bot]
    assert said == [*(f"Filled {number}" for number in range(len(UNREADABLE))), "a picture"]
    assert {state for state, _ in found} == {OutboxState.SENT}


async def test_an_answer_keeps_the_one_thing_that_can_be_read(ann: PersonChat, bot: Bot) -> None:
    await ann.driver.fault("answer", "sendMessage", body='{"ok":true,"result":{"message_id":4711}}')
    assert await deliver(bot, Post(ANN, "words")) == Delivered(4711)
    shown = await deliver(bot, Post(ANN, "words"))
    assert isinstance(shown, Delivered)
    edit = Post(ANN, "other", kind=OutboxKind.EDIT, message_id=shown.message_id)
    for body in UNREADABLE:
        await ann.driver.fault("answer", "editMessageText", body=body)
        assert await deliver(bot, edit) in (shown, Delivered(7))


@pytest.mark.parametrize("status", [200, 301, 400, 401, 403, 404, 500, 502, 503])
@pytest.mark.parametrize("body", [HTML, "", "[]", '{"message":"blocked"}', "[" * 100_000, '{"ok":1}'])
async def test_what_is_no_answer_of_telegram_settles_nothing(
    ann: PersonChat, bot: Bot, status: int, body: str
) -> None:
    """A proxy's 403 does not mean that the person blocked the bot, nor its 400 that the words are bad."""
    await ann.driver.fault("instead", "sendMessage", status=status, body=body)
    assert isinstance(await deliver(bot, Post(ANN, "words")), Unclear)


@pytest.mark.parametrize("seconds", WAITS)
@pytest.mark.parametrize("status", [200, 429])
async def test_flood_control_without_a_readable_time_waits_a_moment(
    ann: PersonChat, bot: Bot, seconds: str, status: int
) -> None:
    refusal = (
        '{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":%s}}'
    )
    await ann.driver.fault(
        "instead", "sendMessage", status=status, body=(refusal % seconds).replace("nan", "NaN")
    )
    outcome = await deliver(bot, Post(ANN, "words"))
    assert isinstance(outcome, FloodWait)
    assert 1_000 <= outcome.retry_after_ms <= 10_000


async def test_a_refusal_is_one_whatever_its_status_and_fields(ann: PersonChat, bot: Bot) -> None:
    for status, body in (
        (400, '{"ok":false}'),
        (200, '{"ok":false,"error_code":400,"description":"Bad Request: nothing to say"}'),
        (400, '{"ok":false,"error_code":400,"description":7,"parameters":["x"]}'),
    ):
        await ann.driver.fault("instead", "sendMessage", status=status, body=body)
        assert isinstance(await deliver(bot, Post(ANN, "words")), DeliveryRefused), body
    await ann.driver.fault(
        "instead", "sendMessage", body='{"ok":false,"error_code":403,"description":"Forbidden"}'
    )
    assert await deliver(bot, Post(ANN, "words")) == DeliveryRefused("Forbidden", blocked=True)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_BODIES = st.fixed_dictionaries(
    {},
    optional={
        "ok": _VALUES,
        "result": _VALUES,
        "error_code": _VALUES,
        "description": _VALUES,
        "parameters": st.fixed_dictionaries(
            {}, optional={"retry_after": _VALUES, "migrate_to_chat_id": _VALUES}
        )
        | _VALUES,
    },
)


@given(st.integers(100, 599), _BODIES.map(lambda body: json.dumps(body).encode()) | st.binary(max_size=30))
def test_every_answer_has_a_shape_the_library_reads(status: int, payload: bytes) -> None:
    try:
        code, body = understood("sendMessage", status, payload)
    except TelegramError:
        return
    answer = json.loads(body)
    if 200 <= code < 300:
        assert answer["ok"] is True
        assert "result" in answer
    else:
        assert answer["ok"] is False
        assert isinstance(answer.get("description", ""), str)
        assert all(isinstance(one, int) and one for one in answer.get("parameters", {}).values())


async def test_answers_are_told_even_where_the_answer_is_odd(
    ann: PersonChat, bot: Bot, database: Database
) -> None:
    async with _sending(bot, database) as box, asyncio.timeout(10):
        await ann.driver.fault("answer", "sendMessage", body=UNREADABLE[1])
        assert await box.say(ANN, View(Markup("one"))) is None
        assert await box.say(ANN, View(Markup("two"))) is not None
        await ann.driver.fault("instead", "answerCallbackQuery", body=HTML)
        assert await box.toast(ANN, "no query") is False
        await ann.driver.fault("instead", "deleteMessage", status=403, body=HTML)
        shown = await box.say(ANN, View(Markup("three")))
        assert shown is not None
        assert await box.delete(ANN, shown) is True
    assert [m.text for m in await ann.messages() if m.from_bot] == ["one", "two"]


@pytest.mark.parametrize("method", ["getChat", "getChatMember", "getChatAdministrators", "getFile"])
@pytest.mark.parametrize(
    "result", ["true", "null", "{}", '"x"', "[1]", "7", '{"file_id":"a","file_unique_id":"b"}']
)
async def test_what_was_asked_for_and_cannot_be_read_is_telegrams_fault(method: str, result: str) -> None:
    """Those who ask are ready for a refusal of Telegram's, and for nothing else."""
    with pytest.raises(TelegramError):
        understood(method, 200, f'{{"ok":true,"result":{result}}}'.encode())
