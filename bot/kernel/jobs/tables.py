"""The table of scheduled runs: each is done once."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import BigInteger, Index
from sqlmodel import Field

from bot.kernel.storage.base import Table
from bot.kernel.storage.forgetting import NOBODYS, Forgetting, keeping


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
