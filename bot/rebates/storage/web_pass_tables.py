"""The table of passes to the operator's page."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import BigInteger, LargeBinary
from sqlmodel import Field

from bot.kernel.storage.base import Table
from bot.kernel.storage.forgetting import Forgetting, rows_of


class WebPass(Table, table=True):
    """What opens the operator's page: a link that works once, or the session it turned into. Hashes only."""

    __tablename__ = "web_pass"
    forgetting: ClassVar[Forgetting] = Forgetting(forget=rows_of("user_id"))

    token_hash: bytes = Field(primary_key=True, sa_type=LargeBinary, repr=False)
    user_id: int = Field(sa_type=BigInteger)
    is_session: bool
    created_ms: int = Field(sa_type=BigInteger)
    expires_ms: int = Field(index=True, sa_type=BigInteger)
