"""A chat's choices, its loss and its move: everything that is its own goes along, once."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlmodel import col

from bot.alerts.storage import alerts
from bot.alerts.storage.tables import Alert
from bot.domain.notifications.preferences import Event, Volume
from bot.kernel.events import Events
from bot.kernel.storage import Database
from bot.notifications import chats, outbox_rows
from bot.notifications.events import ChatMigrated
from bot.notifications.tables import ChatLoudness, OutboxKind, OutboxMessage, OutboxState
from bot.people.tables import User
from bot.posts import storage
from bot.posts.tables import PostKind, ScheduledPost
from tests.support.rows import NOW, USER

OLD, NEW, ELSEWHERE = -77, -1_000_000_000_077, -5


def _events() -> Events:
    """Who moves alerts and posts."""
    events = Events()
    events.on_written(ChatMigrated, alerts.follow_group)
    events.on_written(ChatMigrated, storage.follow_group)
    return events


async def _fill(database: Database) -> None:
    """An alert, a post, choices and messages of the old group, and of another."""
    async with database.write() as session:
        session.add(User(id=USER, created_ms=NOW))
        await chats.get_or_create(session, OLD, NOW, title="Desk", language="zh", time_zone="Asia/Tokyo")
        await session.flush()
        for chat_id in (OLD, ELSEWHERE):
            await chats.set_volume(session, chat_id, None, Event.ALERT, Volume.SILENT)
            session.add(
                ScheduledPost(
                    user_id=USER,
                    chat_id=chat_id,
                    kind=PostKind.TOP_MOVERS,
                    when={},
                    due_ms=NOW,
                    created_ms=NOW,
                )
            )
            session.add(
                Alert(
                    user_id=USER,
                    chat_id=chat_id,
                    kind="PriceLevel",
                    condition={},
                    line="",
                    watched_from_ms=NOW,
                    created_ms=NOW,
                )
            )
            for values in _messages():
                session.add(OutboxMessage(chat_id=chat_id, created_ms=NOW, **values))


def _messages() -> list[dict[str, Any]]:
    return [
        {"text": "said", "state": OutboxState.SENT, "card_key": "card", "message_id": 7},
        {"text": "card", "kind": OutboxKind.EDIT, "card_key": "card", "message_id": 7},
        {"text": "new", "reply_to": 6},
        {"text": "gone", "kind": OutboxKind.DELETE, "message_id": 5},
        {"text": "later", "state": OutboxState.GATHERED},
    ]


async def test_a_group_moves_with_all_that_is_its_own(database: Database) -> None:
    await _fill(database)
    async with database.write() as session:
        assert await chats.move(session, _events(), OLD, NEW, NOW)
    async with database.write() as session:
        assert not await chats.move(session, _events(), OLD, NEW, NOW)
    async with database.read() as session:
        for table in (Alert, ScheduledPost, ChatLoudness):
            ids = set((await session.scalars(select(col(table.chat_id)))).all())
            assert ids == {NEW, ELSEWHERE}
        moved = (await session.scalars(select(OutboxMessage).where(col(OutboxMessage.chat_id) == NEW))).all()
        assert {row.text: (row.message_id, row.reply_to) for row in moved} == {
            "card": (None, None),  # what it edited cannot be named from the new group
            "new": (None, None),
            "later": (None, None),
        }
        assert await outbox_rows.card_message_id(session, NEW, "card") is None
        gone = (await session.scalars(select(OutboxMessage).where(col(OutboxMessage.text) == "gone"))).all()
        assert {row.chat_id: row.state for row in gone} == {
            OLD: OutboxState.SUPERSEDED,
            ELSEWHERE: OutboxState.PENDING,
        }
        known = await chats.known(session, [OLD, NEW, 1])
        assert known.keys() == {OLD, NEW}
        assert known[OLD].moved_to == NEW
        assert (known[NEW].title, known[NEW].language, known[NEW].time_zone) == ("Desk", "zh", "Asia/Tokyo")
        assert await storage.of_chat(session, OLD) == []


async def test_a_topic_has_its_own_choice_else_its_chats_else_on(database: Database) -> None:
    async with database.write() as session:
        await chats.set_volume(session, OLD, None, Event.ALERT, Volume.SILENT)
        await chats.set_volume(session, OLD, 3, Event.ALERT, Volume.OFF)
        await chats.set_volume(session, OLD, 3, Event.ALERT, Volume.ON)
        chosen = await chats.volumes(session, [OLD, NEW])
    for thread, event, volume in (
        (None, Event.ALERT, Volume.SILENT),
        (3, Event.ALERT, Volume.ON),
        (4, Event.ALERT, Volume.SILENT),
        (3, Event.DIGEST, Volume.ON),
    ):
        assert chats.volume_of(chosen, OLD, thread, event) is volume


async def test_a_chat_is_lost_once_and_found(database: Database) -> None:
    async with database.write() as session:
        lost = await chats.mark_lost(session, USER, "blocked", NOW)
        assert lost is not None
        assert (lost.lost_ms, lost.lost_reason) == (NOW, "blocked")
        assert await chats.mark_lost(session, USER, "again", NOW + 1) is None
        assert await chats.is_lost(session, USER)
        await chats.mark_found(session, USER)
        assert not await chats.is_lost(session, USER)
        assert await chats.mark_lost(session, USER, "again", NOW + 2) is not None


async def test_what_a_group_chose_goes_along_whoever_speaks_first(database: Database) -> None:
    """The first act in the supergroup may be read before the news that there is one."""
    async with database.write() as session:
        await chats.get_or_create(session, OLD, NOW, language="zh", time_zone="Asia/Tokyo", quiet_from=0)
        await chats.get_or_create(session, NEW, NOW, title="Desk", language="en")
    async with database.write() as session:
        assert await chats.move(session, _events(), OLD, NEW, NOW)
    async with database.read() as session:
        new = (await chats.known(session, [NEW]))[NEW]
    assert (new.title, new.language, new.time_zone, new.quiet_from) == ("Desk", "zh", "Asia/Tokyo", 0)


async def test_a_group_nobody_knew_brings_no_language(database: Database) -> None:
    async with database.write() as session:
        await chats.get_or_create(session, ELSEWHERE, NOW, language="zh")
        assert await chats.move(session, _events(), OLD, ELSEWHERE, NOW)
        assert await chats.move(session, _events(), OLD - 1, NEW, NOW)
    async with database.read() as session:
        found = await chats.known(session, [ELSEWHERE, NEW])
    assert [(one.id, one.language) for one in found.values()] == [(ELSEWHERE, "zh")]
