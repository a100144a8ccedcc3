"""The one way to leave a message that is kept until it is said: to whom, how urgent and loud, in which words.

A lane says who waits for it (`send_queue`); the event, what kind of news it is, by which a chat chooses how
loud it is (None: an answer somebody waits for); a dedupe key makes it one message however often it is left.
"""

from __future__ import annotations

from typing import TypedDict, Unpack

from sqlalchemy.ext.asyncio import AsyncSession

from bot.notifications import outbox_rows
from bot.notifications.tables import OutboxKind, OutboxMessage
from bot.people import users
from bot.ui.locale import Locale
from bot.ui.message import Keyboard, Message


class Details(TypedDict, total=False):
    """What most messages do not need. Of an edit `message_id` is the message, else `card_key` finds it."""

    kind: OutboxKind
    thread_id: int | None
    reply_to: int | None
    message_id: int | None
    card_key: str | None
    dedupe_key: str | None
    event: str | None
    silent: bool
    not_before_ms: int
    photo: bytes | None
    document: bytes | None
    document_name: str | None


async def notify(
    session: AsyncSession, chat_id: int, message: Message, lane: int, now_ms: int, **details: Unpack[Details]
) -> bool:
    """Leave a message in the caller's transaction; False when its dedupe key was left before."""
    row = outgoing(chat_id, message, lane, now_ms, **details)
    return await outbox_rows.enqueue(session, row) is not None


def outgoing(
    chat_id: int, message: Message, lane: int, now_ms: int, **details: Unpack[Details]
) -> OutboxMessage:
    """The message of `notify`, for whoever queues it later or has more to say of it."""
    return OutboxMessage(
        chat_id=chat_id,
        lane=lane,
        text=str(message.text),
        keyboard=_packed(message.keyboard),
        created_ms=now_ms,
        **details,
    )


async def locale_of(session: AsyncSession, user_id: int) -> Locale:
    """The words of a person; English for who is not known."""
    return Locale.of_reader(await users.get(session, user_id))


def _packed(keyboard: Keyboard) -> list[list[list[str | None]]] | None:
    """As JSON (`outbox_jobs.unpack_keyboard`)."""
    return [[[b.label, b.data, b.url] for b in row] for row in keyboard] or None
