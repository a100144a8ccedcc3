"""What was promised to protect a position, until the position is gone."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from sqlalchemy import BigInteger, Index
from sqlmodel import Field

from bot.domain.values import Side
from bot.kernel.storage.base import Table
from bot.kernel.storage.columns import Exact, Word
from bot.kernel.storage.forgetting import Forgetting, rows_of, rows_of_accounts


class StopPromise(Table, table=True):
    """The stop that came with one order of ours: attached to an entry, or placed by `sl`."""

    __tablename__ = "stop_promise"
    forgetting: ClassVar[Forgetting] = Forgetting(
        forget=rows_of_accounts("account_id"), unlink=rows_of("account_id")
    )
    __table_args__ = (
        Index("ix_stop_promise_due_ms", "due_ms"),
        Index("ix_stop_promise_account_id_symbol", "account_id", "symbol"),
    )

    order_id: int = Field(
        primary_key=True,
        foreign_key="desk_order.id",
        sa_type=BigInteger,
        sa_column_kwargs={"autoincrement": False},
    )
    account_id: int = Field(foreign_key="account.id", sa_type=BigInteger)
    symbol: str
    side: Side = Field(sa_type=Word(Side))  # that closes what it protects
    trigger: Decimal = Field(sa_type=Exact)
    is_whole: bool  # the whole position, whatever it grows to
    is_released: bool = False  # its user took it away on purpose
    due_ms: int = Field(sa_type=BigInteger)  # the next look
    misses: int = 0  # looks in a row that found too little
    told: Decimal | None = Field(
        default=None, sa_type=Exact
    )  # base units under a stop when its user was told
    is_alarmed: bool = False  # its user was told in other words; the next miss is no news
