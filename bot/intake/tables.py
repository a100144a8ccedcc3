"""Tables of what came from Telegram: updates that had to wait, numbers of those handled, the last look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from sqlalchemy import BigInteger, Executable, Index, LargeBinary, text, update
from sqlalchemy import Table as SqlTable
from sqlmodel import Field

from bot.kernel.storage.base import Table
from bot.kernel.storage.forgetting import Forgetting


def _drop_what_waits(table: SqlTable, user_id: int, now_ms: int) -> Sequence[Executable]:
    """What a person said that still waits is neither kept nor done."""
    blank = {"user_id": None, "sealed": None, "nonce": None, "master_version": None}
    return [update(table).where(table.c.user_id == user_id).values(**blank, done_ms=now_ms)]


class Received(Table, table=True):
    """An update that was taken from Telegram. One that is done keeps its number, and nothing else."""

    __tablename__ = "inbox"
    forgetting: ClassVar[Forgetting] = Forgetting(forget=_drop_what_waits)
    __table_args__ = (
        Index(
            "ix_inbox_undone",
            "bot_id",
            "update_id",
            sqlite_where=text("done_ms IS NULL"),
            postgresql_where=text("done_ms IS NULL"),
        ),
    )

    bot_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    update_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    user_id: int | None = Field(default=None, index=True, sa_type=BigInteger)
    sealed: bytes | None = Field(default=None, sa_type=LargeBinary, repr=False)  # the update, by the vault
    nonce: bytes | None = Field(default=None, sa_type=LargeBinary, repr=False)
    master_version: int | None = None
    received_ms: int = Field(index=True, sa_type=BigInteger)
    unknown_ms: int = Field(default=0, sa_type=BigInteger)  # how long it may have waited at Telegram before
    done_ms: int | None = Field(default=None, sa_type=BigInteger)


class LastLook(Table, table=True):
    """When Telegram last had nothing left for this bot: whatever comes later is younger."""

    __tablename__ = "inbox_look"
    forgetting: ClassVar[Forgetting] = Forgetting()

    bot_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    drained_ms: int = Field(sa_type=BigInteger)
