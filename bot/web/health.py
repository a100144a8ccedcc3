"""How messages and orders fare: counts an operator looks at, never whose they are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.domain.orders.order import OrderState
from bot.notifications.tables import OutboxMessage, OutboxState
from bot.rebates.storage.tables import Finding
from bot.trading.storage.orders import IN_DOUBT
from bot.trading.storage.tables import Order


@dataclass(frozen=True, slots=True)
class OrderHealth:
    """Orders since a moment by state; all that are in doubt, and since when the oldest is."""

    by_state: dict[OrderState, int]
    in_doubt: int
    doubt_since_ms: int | None


@dataclass(frozen=True, slots=True)
class MessageHealth:
    """Messages since a moment by state; those that wait, and since when the oldest does."""

    by_state: dict[OutboxState, int]
    waiting: int
    waiting_since_ms: int | None
    last_error: str | None  # of the newest message Telegram refused for good


async def of_orders(session: AsyncSession, since_ms: int) -> OrderHealth:
    counted = select(col(Order.state), func.count()).where(col(Order.created_ms) >= since_ms)
    rows = (await session.execute(counted.group_by(col(Order.state)))).all()
    doubt = select(func.count(), func.min(col(Order.created_ms))).where(col(Order.state).in_(IN_DOUBT))
    in_doubt, oldest = (await session.execute(doubt)).one()
    return OrderHealth({OrderState(state): count for state, count in rows}, in_doubt, oldest)


async def of_messages(session: AsyncSession, since_ms: int, now_ms: int) -> MessageHealth:
    """`now_ms`: what is held back on purpose until later does not wait."""
    counted = select(col(OutboxMessage.state), func.count()).where(col(OutboxMessage.created_ms) >= since_ms)
    rows = (await session.execute(counted.group_by(col(OutboxMessage.state)))).all()
    due = select(func.count(), func.min(col(OutboxMessage.created_ms))).where(
        col(OutboxMessage.state).in_([OutboxState.PENDING, OutboxState.SENDING]),
        col(OutboxMessage.not_before_ms) <= now_ms,
    )
    waiting, oldest = (await session.execute(due)).one()
    refused = (
        select(col(OutboxMessage.error))
        .where(col(OutboxMessage.state) == OutboxState.DEAD, col(OutboxMessage.created_ms) >= since_ms)
        .order_by(col(OutboxMessage.id).desc())
        .limit(1)
    )
    error = (await session.scalars(refused)).one_or_none()
    return MessageHealth({OutboxState(state): count for state, count in rows}, waiting, oldest, error)


async def findings(session: AsyncSession, limit: int) -> Sequence[Finding]:
    """The newest outcomes of the nightly checks."""
    statement = select(Finding).order_by(col(Finding.day).desc(), col(Finding.id).desc()).limit(limit)
    return (await session.scalars(statement)).all()


async def findings_beside(session: AsyncSession, kinds: Collection[str], since_ms: int) -> Sequence[Finding]:
    """Outcomes since then of any kind but these."""
    statement = select(Finding).where(col(Finding.kind).not_in(kinds), col(Finding.at_ms) >= since_ms)
    return (await session.scalars(statement)).all()
