"""The tables of people and their linked accounts.

Times are unix milliseconds (`*_ms`), money is `Decimal`, ids of people and chats are Telegram's numbers.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import BigInteger, Index, LargeBinary, text
from sqlmodel import Field

from bot.kernel.storage.base import Table
from bot.kernel.storage.columns import Exact, Word, row_id
from bot.kernel.storage.forgetting import OPAQUE, Forgetting, blanked, keeping


class KeyState(StrEnum):
    PENDING = "pending"  # the pair exists here; the exchange has not confirmed it yet
    ACTIVE = "active"
    READ_ONLY = "read_only"  # the key reads but may not trade
    UNLINKED = "unlinked"  # the sealed secret is gone; the row stays because orders point at it


class AccountOrigin(StrEnum):
    GENERATED = "generated"
    IMPORTED = "imported"


class ConfirmMode(StrEnum):
    ALWAYS = "always"
    BELOW = "below"  # orders under `confirm_below_usd` go without a tap


class Access(StrEnum):
    """Whether the operator lets a person in; what it means depends on the setting ACCESS."""

    NEW = "new"
    ASKED = "asked"  # the operators were told
    APPROVED = "approved"
    DENIED = "denied"


class SizeMeaning(StrEnum):
    QUOTE = "quote"
    BASE = "base"


class User(Table, table=True):
    """A person, by Telegram's numeric id, and what they set for themselves."""

    __tablename__ = "desk_user"
    forgetting: ClassVar[Forgetting] = Forgetting(
        forget=blanked(
            "id",
            size_meaning=None,
            slippage_percent=Decimal("0.5"),
            price_tolerance_percent=Decimal("0.5"),
            confirm_mode=ConfirmMode.ALWAYS,
            confirm_below_usd=None,
            quiet_from=None,
            quiet_to=None,
            time_zone="UTC",
            default_account_id=None,
        ),
        kept={
            "id": "the operator's decision outlives being forgotten",
            "language": "the answer to /forget is in it; it is set anew at the next visit",
        },
    )

    id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    created_ms: int = Field(sa_type=BigInteger)
    language: str = "en"
    size_meaning: SizeMeaning | None = Field(default=None, sa_type=Word(SizeMeaning))
    slippage_percent: Decimal = Field(default=Decimal("0.5"), sa_type=Exact)
    price_tolerance_percent: Decimal = Field(default=Decimal("0.5"), sa_type=Exact)
    confirm_mode: ConfirmMode = Field(default=ConfirmMode.ALWAYS, sa_type=Word(ConfirmMode))
    confirm_below_usd: Decimal | None = Field(default=None, sa_type=Exact)
    quiet_from: int | None = None  # minute of the day in `time_zone`
    quiet_to: int | None = None
    time_zone: str = "UTC"  # IANA name
    # No foreign key: account points at user already, and SQLite cannot add one to a circle.
    default_account_id: int | None = Field(default=None, sa_type=BigInteger)
    forgotten_ms: int | None = Field(default=None, sa_type=BigInteger)
    access: Access = Field(default=Access.NEW, sa_type=Word(Access))
    asked_ms: int | None = Field(default=None, sa_type=BigInteger)  # when they asked to be let in


class Account(Table, table=True):
    """One linked API key. `sealed` is ciphertext, null once unlinked; only the vault reads it."""

    __tablename__ = "account"
    forgetting: ClassVar[Forgetting] = Forgetting(
        forget=blanked("user_id", state=KeyState.UNLINKED, sealed=None, nonce=None, label="", public_key=""),
        kept=keeping(OPAQUE, "user_id"),
    )
    __table_args__ = (
        Index(
            "uq_account_user_id_label",
            "user_id",
            "label",
            unique=True,
            sqlite_where=text("state <> 'unlinked'"),
            postgresql_where=text("state <> 'unlinked'"),
        ),
        Index(
            "uq_account_user_id_public_key",
            "user_id",
            "public_key",
            unique=True,
            sqlite_where=text("state <> 'unlinked'"),
            postgresql_where=text("state <> 'unlinked'"),
        ),
        # A row id never comes back: sealed bytes are bound to it.
        {"sqlite_autoincrement": True},
    )

    id: int = row_id()
    user_id: int = Field(foreign_key="desk_user.id", sa_type=BigInteger)
    label: str
    public_key: str  # base64 of the Ed25519 key, as Backpack's X-API-KEY
    sealed: bytes | None = Field(default=None, sa_type=LargeBinary, repr=False)
    nonce: bytes | None = Field(default=None, sa_type=LargeBinary, repr=False)
    state: KeyState = Field(sa_type=Word(KeyState))
    origin: AccountOrigin = Field(sa_type=Word(AccountOrigin))
    created_ms: int = Field(sa_type=BigInteger)
    verified_ms: int | None = Field(default=None, sa_type=BigInteger)
