"""The table of buttons whose meaning stays here."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger
from sqlmodel import Field

from bot.kernel.storage.base import Table
from bot.kernel.storage.forgetting import Forgetting, rows_of


class StoredButton(Table, table=True):
    """What a callback button means; the button itself carries only the token."""

    __tablename__ = "button"
    forgetting: ClassVar[Forgetting] = Forgetting(forget=rows_of("user_id"))

    token: str = Field(primary_key=True, repr=False)
    user_id: int = Field(index=True, sa_type=BigInteger)
    chat_id: int = Field(sa_type=BigInteger)
    action: str
    arguments: dict[str, Any] = Field(sa_type=JSON)
    created_ms: int = Field(sa_type=BigInteger)
    expires_ms: int = Field(index=True, sa_type=BigInteger)
    used_ms: int | None = Field(default=None, sa_type=BigInteger)
