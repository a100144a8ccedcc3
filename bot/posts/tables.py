"""Tables of what is said by itself: chats and their loudness, scheduled posts, runs of the schedule."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, Executable, Index, delete
from sqlalchemy import Table as SqlTable
from sqlmodel import Field

from bot.domain.alerts.alert import Loudness
from bot.kernel.storage.base import Table
from bot.kernel.storage.columns import RowId, Word
from bot.kernel.storage.forgetting import OPAQUE, Forgetting, keeping


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
