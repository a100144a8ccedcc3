"""The tables of what is said: the outbox, the chats, and how loud each kind of news is there.

Times are unix milliseconds (`*_ms`), money is `Decimal`, ids of people and chats are Telegram's numbers.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, Index, LargeBinary
from sqlmodel import Field

from bot.domain.notifications.preferences import Volume
from bot.kernel.storage.base import Table
from bot.kernel.storage.columns import Word, row_id
from bot.kernel.storage.forgetting import Forgetting, rows_of
from bot.notifications.forgetting import erase_messages


class OutboxKind(StrEnum):
    SEND = "send"
    EDIT = "edit"
    DELETE = "delete"


class OutboxState(StrEnum):
    PENDING = "pending"
    SENDING = "sending"  # leased by a sender until `lease_until_ms`
    SENT = "sent"
    SUPERSEDED = "superseded"  # a later edit of the same card took its place before it left
    DEAD = "dead"  # Telegram refused it for good; `error` says why
    GATHERED = "gathered"  # kept for the chat's digest
    SUPPRESSED = "suppressed"  # not said: switched off, or the chat is lost; `sent_ms`: a digest counted it


class OutboxMessage(Table, table=True):
    """One thing to say on Telegram, kept until it is said. Lanes: a smaller number goes first."""

    __tablename__ = "outbox"
    forgetting: ClassVar[Forgetting] = Forgetting(forget=erase_messages, looks_ahead=True)
    __table_args__ = (
        Index("ix_outbox_state_lane_id", "state", "lane", "id"),
        Index("ix_outbox_chat_id_message_id", "chat_id", "message_id"),  # an answer to it
        {"sqlite_autoincrement": True},
    )

    id: int = row_id()
    chat_id: int = Field(sa_type=BigInteger)
    thread_id: int | None = Field(default=None, sa_type=BigInteger)
    lane: int = 5
    kind: OutboxKind = Field(default=OutboxKind.SEND, sa_type=Word(OutboxKind))
    dedupe_key: str | None = Field(default=None, unique=True)
    card_key: str | None = Field(default=None, index=True)  # messages of one card share it
    text: str = ""
    keyboard: list[Any] | None = Field(default=None, sa_type=JSON(none_as_null=True))
    reply_to: int | None = Field(default=None, sa_type=BigInteger)
    silent: bool = False
    photo: bytes | None = Field(default=None, sa_type=LargeBinary, repr=False)  # PNG; `text` is its caption
    document: bytes | None = Field(default=None, sa_type=LargeBinary, repr=False)  # a file; likewise
    document_name: str | None = None
    event: str | None = None  # kind of news, for the chat's loudness; None: an answer somebody waits for
    state: OutboxState = Field(default=OutboxState.PENDING, sa_type=Word(OutboxState))
    attempts: int = 0
    not_before_ms: int = Field(default=0, sa_type=BigInteger)
    created_ms: int = Field(sa_type=BigInteger)
    sent_ms: int | None = Field(default=None, sa_type=BigInteger)
    message_id: int | None = Field(default=None, sa_type=BigInteger)  # of the sent message, or of the target
    error: str | None = None
    lease_until_ms: int | None = Field(default=None, sa_type=BigInteger)


class Chat(Table, table=True):
    """A chat the bot speaks in: a group, or a person's private chat."""

    __tablename__ = "chat"
    forgetting: ClassVar[Forgetting] = Forgetting(forget=rows_of("id"))

    id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    title: str = ""
    language: str = "en"
    time_zone: str = "UTC"  # IANA name
    quiet_from: int | None = None  # minute of the day in `time_zone`
    quiet_to: int | None = None
    moved_to: int | None = Field(default=None, sa_type=BigInteger)  # the supergroup it became
    lost_ms: int | None = Field(default=None, sa_type=BigInteger)  # blocked the bot, or threw it out
    lost_reason: str | None = None
    created_ms: int = Field(sa_type=BigInteger)


class ChatLoudness(Table, table=True):
    """How loud one kind of event is in one chat or topic; without a row it is on."""

    __tablename__ = "chat_loudness"
    forgetting: ClassVar[Forgetting] = Forgetting(forget=rows_of("chat_id"))

    chat_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    thread_id: int = Field(
        default=0, primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False}
    )  # 0: the whole chat
    event: str = Field(primary_key=True)  # of `domain.notifications.preferences.Event`
    loudness: Volume = Field(sa_type=Word(Volume))
