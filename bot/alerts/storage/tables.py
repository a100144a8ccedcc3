"""Tables of what is watched and what came of it: alerts, their firings, and how far the feed was seen.

Every firing and the message about it are written in one transaction (`docs/alerts.md`).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, Executable, Index, UniqueConstraint, update
from sqlalchemy import Table as SqlTable
from sqlmodel import Field

from bot.domain.alerts.alert import Loudness
from bot.kernel.storage.base import Table
from bot.kernel.storage.columns import Exact, RowId, Word
from bot.kernel.storage.forgetting import NOBODYS, Forgetting, keeping, rows_of


class AlertState(StrEnum):
    ARMED = "armed"
    PAUSED = "paused"
    DONE = "done"  # fired for the last time
    EXPIRED = "expired"
    DELETED = "deleted"  # by its user; the row stays until its firings were delivered


class FiringState(StrEnum):
    FIRED = "fired"  # written together with its message
    DELIVERED = "delivered"  # Telegram has the message
    UNDELIVERABLE = "undeliverable"  # Telegram refused it for good


def _end_alerts_of_account(table: SqlTable, account_id: int, _now_ms: int) -> Sequence[Executable]:
    live = table.c.state.in_((AlertState.ARMED, AlertState.PAUSED))
    over = update(table).where(table.c.account_id == account_id, live)
    return [over.values(state=AlertState.DELETED, version=table.c.version + 1)]


class Alert(Table, table=True):
    """One condition somebody wants to hear about."""

    __tablename__ = "alert"
    forgetting: ClassVar[Forgetting] = Forgetting(forget=rows_of("user_id"), unlink=_end_alerts_of_account)
    __table_args__ = (
        Index("ix_alert_state_symbol", "state", "symbol"),
        Index("ix_alert_user_id_state", "user_id", "state"),
        Index("ix_alert_chat_id_state", "chat_id", "state"),
        {"sqlite_autoincrement": True},
    )

    id: int = Field(default=None, primary_key=True, sa_type=RowId)
    user_id: int = Field(foreign_key="desk_user.id", sa_type=BigInteger)
    account_id: int | None = Field(default=None, foreign_key="account.id", sa_type=BigInteger)
    chat_id: int = Field(sa_type=BigInteger)  # where it speaks
    thread_id: int | None = Field(default=None, sa_type=BigInteger)
    kind: str  # name of the condition's class
    symbol: str | None = None  # None: every market, or none
    level: Decimal | None = Field(default=None, sa_type=Exact)  # of a PriceLevel, for the index
    condition: dict[str, Any] = Field(sa_type=JSON)
    line: str  # canonical text of the whole alert
    label: str | None = None
    repeat: bool = False
    cooldown_ms: int = Field(default=0, sa_type=BigInteger)
    expires_ms: int | None = Field(default=None, sa_type=BigInteger, index=True)
    loudness: Loudness = Field(default=Loudness.ON, sa_type=Word(Loudness))
    plan: str | None = None  # canonical line of the trade that comes with it
    armed_plan: bool = False  # the plan is executed without a tap
    state: AlertState = Field(default=AlertState.ARMED, sa_type=Word(AlertState))
    # What a condition must remember across restarts: anchors, extremes, the side last seen.
    memory: dict[str, Any] | None = Field(default=None, sa_type=JSON(none_as_null=True))
    watched_from_ms: int = Field(sa_type=BigInteger)  # armed, or armed again: nothing earlier counts
    fired_count: int = 0
    fired_ms: int | None = Field(default=None, sa_type=BigInteger)
    source: str | None = Field(default=None, unique=True)  # names the message or tap it was made by
    created_ms: int = Field(sa_type=BigInteger)
    version: int = 1  # bumps at each change


class Firing(Table, table=True):
    """One time an alert's condition came true. `sequence` counts from 1: the pair is the event's identity."""

    __tablename__ = "firing"
    forgetting: ClassVar[Forgetting] = Forgetting(forget=rows_of("user_id"))
    __table_args__ = (
        UniqueConstraint("alert_id", "sequence"),
        Index("ix_firing_state", "state"),
        {"sqlite_autoincrement": True},
    )

    id: int = Field(default=None, primary_key=True, sa_type=RowId)
    alert_id: int = Field(foreign_key="alert.id", sa_type=BigInteger)
    sequence: int
    user_id: int = Field(index=True, sa_type=BigInteger)
    value: Decimal | None = Field(default=None, sa_type=Exact)  # what was observed
    detail: dict[str, Any] = Field(sa_type=JSON)  # what the message says beside it
    happened_ms: int = Field(sa_type=BigInteger)  # by the exchange's clock; a candle's close for a gap
    noticed_ms: int = Field(sa_type=BigInteger)
    late: bool = False  # found in a gap
    state: FiringState = Field(default=FiringState.FIRED, sa_type=Word(FiringState))
    outbox_id: int | None = Field(default=None, index=True, sa_type=BigInteger)
    delivered_ms: int | None = Field(default=None, sa_type=BigInteger)


class Watermark(Table, table=True):
    """Up to when a market's prices were seen and judged; what came later is a gap to be repaired."""

    __tablename__ = "watermark"
    forgetting: ClassVar[Forgetting] = Forgetting(kept=keeping(NOBODYS, "name"))

    name: str = Field(primary_key=True)  # a symbol
    seen_ms: int = Field(sa_type=BigInteger)
