"""The tables of sealed keys: only the vault reads them."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import BigInteger, LargeBinary
from sqlmodel import Field

from bot.kernel.storage.base import Table
from bot.kernel.storage.forgetting import NOBODYS, Forgetting, keeping, rows_of


class DataKey(Table, table=True):
    """A user's data key, wrapped by a master key; see docs/vault.md. Only the vault reads it."""

    __tablename__ = "data_key"
    forgetting: ClassVar[Forgetting] = Forgetting(forget=rows_of("user_id"))

    user_id: int = Field(primary_key=True, foreign_key="desk_user.id", sa_type=BigInteger)
    wrapped: bytes = Field(sa_type=LargeBinary, repr=False)
    nonce: bytes = Field(sa_type=LargeBinary, repr=False)
    master_version: int = Field(index=True)
    created_ms: int = Field(sa_type=BigInteger)


class ServiceKey(Table, table=True):
    """An Ed25519 key of the bot's own, such as the one that signs statements. Only the vault reads it."""

    __tablename__ = "service_key"
    forgetting: ClassVar[Forgetting] = Forgetting(
        kept=keeping(NOBODYS, "purpose", "public_key", "sealed", "nonce")
    )

    purpose: str = Field(primary_key=True)
    public_key: str  # base64
    sealed: bytes = Field(sa_type=LargeBinary, repr=False)
    nonce: bytes = Field(sa_type=LargeBinary, repr=False)
    master_version: int
    created_ms: int = Field(sa_type=BigInteger)
