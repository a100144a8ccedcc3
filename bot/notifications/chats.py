"""Chats: what is set for them, whether they are lost, and where they moved.

A group that becomes a supergroup gets another id. All that belongs to it moves along in one transaction, and
whoever still writes to the old id is sent to the new one (`moved_to`).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.domain.notifications.preferences import Volume
from bot.kernel.events import Events
from bot.kernel.storage.upsert import insert_or_ignore
from bot.notifications.events import ChatMigrated
from bot.notifications.tables import Chat, ChatLoudness, OutboxKind, OutboxMessage, OutboxState

SETTINGS = frozenset({"title", "language", "time_zone", "quiet_from", "quiet_to"})
WHOLE_CHAT = 0  # the `thread_id` of a choice for every topic
_NOT_SAID = (OutboxState.PENDING, OutboxState.SENDING, OutboxState.GATHERED, OutboxState.SUPPRESSED)


async def get_or_create(session: AsyncSession, chat_id: int, now_ms: int, **settings: Any) -> Chat:
    """The chat, made with `settings` on first sight."""
    created = await insert_or_ignore(session, Chat(id=chat_id, created_ms=now_ms, **settings))
    return created if created is not None else await session.get_one(Chat, chat_id)


async def change(session: AsyncSession, chat_id: int, **settings: Any) -> None:
    """Set some of `SETTINGS`. Raises ValueError for a name that is no setting."""
    if unknown := settings.keys() - SETTINGS:
        raise ValueError(f"not a setting: {', '.join(sorted(unknown))}")
    await session.execute(update(Chat).where(col(Chat.id) == chat_id).values(**settings))


async def known(session: AsyncSession, chat_ids: Collection[int]) -> dict[int, Chat]:
    """Those of the chats that have a row, by id."""
    rows = (await session.scalars(select(Chat).where(col(Chat.id).in_(chat_ids)))).all()
    return {chat.id: chat for chat in rows}


# --- loudness ------------------------------------------------------------------------------------


async def set_volume(
    session: AsyncSession, chat_id: int, thread_id: int | None, event: str, volume: Volume
) -> None:
    """How loud `event` is in a chat, or in one topic of it."""
    place = (chat_id, thread_id or WHOLE_CHAT, event)
    row = await session.get(ChatLoudness, place)
    if row is None:
        session.add(ChatLoudness(chat_id=place[0], thread_id=place[1], event=event, loudness=volume))
    else:
        row.loudness = volume
    await session.flush()


async def volumes(session: AsyncSession, chat_ids: Collection[int]) -> dict[tuple[int, int, str], Volume]:
    """Every choice of these chats, by chat, topic (`WHOLE_CHAT`: all) and event."""
    rows = (await session.scalars(select(ChatLoudness).where(col(ChatLoudness.chat_id).in_(chat_ids)))).all()
    return {(row.chat_id, row.thread_id, row.event): row.loudness for row in rows}


def volume_of(
    chosen: dict[tuple[int, int, str], Volume], chat_id: int, thread_id: int | None, event: str
) -> Volume:
    """The choice for a topic, else for its chat, else on."""
    whole = chosen.get((chat_id, WHOLE_CHAT, event), Volume.ON)
    return chosen.get((chat_id, thread_id or WHOLE_CHAT, event), whole)


# --- lost and found ------------------------------------------------------------------------------


async def mark_lost(session: AsyncSession, chat_id: int, reason: str, now_ms: int) -> Chat | None:
    """Note that a chat refuses us; None when that was known."""
    chat = await get_or_create(session, chat_id, now_ms)
    statement = (
        update(Chat)
        .where(col(Chat.id) == chat_id, col(Chat.lost_ms).is_(None))
        .values(lost_ms=now_ms, lost_reason=reason)
        .returning(col(Chat.id))
        .execution_options(synchronize_session=False)
    )
    if (await session.execute(statement)).one_or_none() is None:
        return None
    await session.refresh(chat)
    return chat


async def is_lost(session: AsyncSession, chat_id: int) -> bool:
    statement = select(col(Chat.id)).where(col(Chat.id) == chat_id, col(Chat.lost_ms).is_not(None))
    return (await session.scalars(statement)).one_or_none() is not None


async def mark_found(session: AsyncSession, chat_id: int) -> None:
    """Somebody wrote there again."""
    await session.execute(update(Chat).where(col(Chat.id) == chat_id).values(lost_ms=None, lost_reason=None))


# --- moving --------------------------------------------------------------------------------------


async def move(session: AsyncSession, events: Events, old_id: int, new_id: int, now_ms: int) -> bool:
    """Follow a group that became a supergroup, with all that is its own; False when that was done before.

    Rows of other parts are moved by those (`ChatMigrated`).
    """
    is_known = bool(await known(session, [old_id]))
    old = await get_or_create(session, old_id, now_ms)
    if new_id in {old.moved_to, old_id}:
        return False
    values = {name: getattr(old, name) for name in SETTINGS}
    if is_known:
        new = await get_or_create(session, new_id, now_ms, **values)
        for name, value in values.items():  # the new one may have spoken first, and been guessed at
            setattr(new, name, getattr(new, name) if value in {"", None} else value)
    old.moved_to = new_id
    await session.flush()
    await _move_volumes(session, old_id, new_id)
    await events.write(session, ChatMigrated(old_id, new_id))
    waiting = (
        update(OutboxMessage)
        .where(col(OutboxMessage.chat_id) == old_id, col(OutboxMessage.state).in_(_NOT_SAID))
        .execution_options(synchronize_session=False)
    )
    await session.execute(
        waiting.where(col(OutboxMessage.kind) == OutboxKind.DELETE).values(
            state=OutboxState.SUPERSEDED, error="the group moved"
        )
    )
    await session.execute(waiting.values(chat_id=new_id, message_id=None, reply_to=None))
    return True


async def _move_volumes(session: AsyncSession, old_id: int, new_id: int) -> None:
    for (_, thread_id, event), volume in (await volumes(session, [old_id])).items():
        await set_volume(session, new_id, thread_id, event, volume)
    await session.execute(delete(ChatLoudness).where(col(ChatLoudness.chat_id) == old_id))
