"""There is one way to leave a message, and one to find out in which language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from markupsafe import Markup
from sqlalchemy import select

from bot.domain.values import Language
from bot.kernel.storage import Database
from bot.notifications.notify import locale_of, notify, outgoing
from bot.notifications.tables import OutboxMessage
from bot.people.tables import User
from bot.ui import Button, Locale, Message
from tests.support.rows import NOW, USER

HOMES = {
    r"\b(OutboxMessage|Row)\(chat_id": {"notifications/notify.py", "notifications/outbox_rows.py"},
    r"Locale\.of\(Language\(\w+\.language\), \w+\.time_zone": {"ui/locale.py"},
}


@pytest.mark.parametrize("written", HOMES)
def test_what_has_a_home_is_written_nowhere_else(written: str) -> None:
    found = {
        file.relative_to("bot").as_posix()
        for file in Path("bot").rglob("*.py")
        if re.search(written, re.sub(r"\(\s+", "(", file.read_text("utf-8")))
    }
    assert found <= HOMES[written]


async def test_a_message_is_left_once(database: Database) -> None:
    message = Message(Markup("words"), ((Button("Go", "go:x"),),))
    async with database.write() as session:
        assert await notify(session, USER, message, 3, NOW, dedupe_key="one", event="alert")
        assert not await notify(session, USER, message, 3, NOW, dedupe_key="one", event="alert")
    async with database.read() as session:
        row = (await session.scalars(select(OutboxMessage))).one()
    assert (row.text, row.keyboard, row.lane, row.event) == ("words", [[["Go", "go:x", None]]], 3, "alert")


def test_a_message_without_buttons_has_no_keyboard() -> None:
    assert outgoing(USER, Message(Markup("words")), 3, NOW).keyboard is None


async def test_a_person_is_told_in_their_language_and_who_is_unknown_in_english(database: Database) -> None:
    async with database.write() as session:
        session.add(User(id=USER, created_ms=NOW, language="zh", time_zone="Asia/Tokyo"))
    async with database.read() as session:
        assert await locale_of(session, USER) is Locale.of(Language.CHINESE, "Asia/Tokyo")
        assert await locale_of(session, USER + 1) is Locale.of(Language.ENGLISH)
