"""Tables of what is said by itself: chats and their loudness, scheduled posts, runs of the schedule."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, Executable, Index, delete
from sqlalchemy import Table as SqlTable
from sqlmodel import Field

from bot.domain.alert import Loudness
from bot.domain.noise import Volume
from bot.store.columns import RowId, Word
from bot.store.forgetting import NOBODYS, OPAQUE, Forgetting, keeping, rows_of
from bot.store.tables import Table


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
    event: str = Field(primary_key=True)  # of `domain.noise.Event`
    loudness: Volume = Field(sa_type=Word(Volume))


class PostState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    DELETED = "deleted"


class PostKind(StrEnum):
    FUNDING_TABLE = "funding"
    TOP_MOVERS = "movers"
    FUNDING_EXTREMES = "extremes"
    DAILY_DIGEST = "digest"


def _delete_private_posts(table: SqlTable, user_id: int, _now_ms: int) -> Sequence[Executable]:
    return [delete(table).where(table.c.user_id == user_id, table.c.chat_id == user_id)]


class ScheduledPost(Table, table=True):
    """Something a chat wants to read regularly."""

    __tablename__ = "scheduled_post"
    forgetting: ClassVar[Forgetting] = Forgetting(
        forget=_delete_private_posts,
        kept=keeping("what a group reads is the group's, whoever set it up: " + OPAQUE, "user_id", "source"),
    )
    __table_args__ = (
        Index("ix_scheduled_post_state_due_ms", "state", "due_ms"),
        Index("uq_scheduled_post_source", "source", unique=True),
        {"sqlite_autoincrement": True},
    )

    id: int = Field(default=None, primary_key=True, sa_type=RowId)
    user_id: int = Field(foreign_key="desk_user.id", sa_type=BigInteger)  # who set it up
    chat_id: int = Field(index=True, sa_type=BigInteger)
    thread_id: int | None = Field(default=None, sa_type=BigInteger)
    kind: PostKind = Field(sa_type=Word(PostKind))
    # {"at": "08:00"} daily or with "days", {"every_ms": …}, or {"before_funding_ms": …, "symbol": …}
    when: dict[str, Any] = Field(sa_type=JSON)
    time_zone: str = "UTC"
    loudness: Loudness = Field(default=Loudness.ON, sa_type=Word(Loudness))
    state: PostState = Field(default=PostState.ACTIVE, sa_type=Word(PostState))
    due_ms: int = Field(sa_type=BigInteger)  # the next time it is wanted
    source: str | None = None  # names the message or tap it was made by
    created_ms: int = Field(sa_type=BigInteger)


class Run(Table, table=True):
    """One run of something that must happen exactly once, keyed by what it is for: `rebate:2026-10`."""

    __tablename__ = "run"
    forgetting: ClassVar[Forgetting] = Forgetting(kept=keeping(NOBODYS, "key", "error"))
    __table_args__ = (Index("ix_run_done_ms_due_ms", "done_ms", "due_ms"),)

    key: str = Field(primary_key=True)
    due_ms: int = Field(sa_type=BigInteger)
    claimed_ms: int = Field(sa_type=BigInteger)
    lease_until_ms: int = Field(sa_type=BigInteger)  # a claim not done by then may be taken over
    attempts: int = 1
    done_ms: int | None = Field(default=None, sa_type=BigInteger)
    error: str | None = None
