"""The tables of running the bot: who may open the operator's page, the audit, and which process is active.

Times are unix milliseconds (`*_ms`).
"""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import BigInteger, LargeBinary
from sqlmodel import Field

from bot.kernel.storage.base import Table
from bot.kernel.storage.forgetting import NOBODYS, OPAQUE, Forgetting, keeping


class AuditEntry(Table, table=True):
    """One link of a chain of the audit; the database refuses to change or delete it."""

    __tablename__ = "audit"
    forgetting: ClassVar[Forgetting] = Forgetting(
        kept=keeping(OPAQUE, "user_id")
        | keeping("what is in the chain cannot be taken out: its writers put numbers in, no words", "detail")
        | keeping(NOBODYS, "action", "previous_hash", "hash"),
    )

    shard: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    seq: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    at_ms: int = Field(sa_type=BigInteger)
    user_id: int | None = Field(default=None, sa_type=BigInteger)
    action: str
    detail: str  # canonical JSON, as hashed
    previous_hash: bytes = Field(sa_type=LargeBinary)
    hash: bytes = Field(sa_type=LargeBinary)


class Lease(Table, table=True):
    """Who is active, and until when by the database's clock."""

    __tablename__ = "lease"
    forgetting: ClassVar[Forgetting] = Forgetting(kept=keeping(NOBODYS, "name", "owner"))

    name: str = Field(primary_key=True)
    owner: str  # host and process, for people to read
    epoch: int = Field(sa_type=BigInteger)  # one more each time it is taken
    until_ms: int = Field(sa_type=BigInteger)
