"""Tables of what came from Telegram: updates that had to wait, numbers of those handled, the last look."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, LargeBinary, text
from sqlmodel import Field

from bot.store.tables import Table


class Received(Table, table=True):
    """An update that was taken from Telegram. One that is done keeps its number, and nothing else."""

    __tablename__ = "inbox"
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

    bot_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    drained_ms: int = Field(sa_type=BigInteger)
