"""Promised shares: append-only, so that what was promised when can always be told."""

from __future__ import annotations

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.rebates.model.rebate import Month
from bot.rebates.model.revenue_shares import Party, SharePromise
from bot.rebates.storage.tables import PartyKind, ShareRate

_LOCK = text("SELECT pg_advisory_xact_lock(7226276)")


async def lock(session: AsyncSession) -> None:
    """Hold the promises until the transaction ends: each is checked against all others."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(_LOCK)


async def add(session: AsyncSession, promise: SharePromise, user_id: int, now_ms: int) -> None:
    session.add(
        ShareRate(
            party_kind=PartyKind(promise.party.kind),
            party_id=promise.party.id,
            rate=promise.rate,
            from_month=str(promise.from_month),
            at_ms=now_ms,
            user_id=user_id,
        )
    )
    await session.flush()


async def every(session: AsyncSession) -> list[SharePromise]:
    """All promises, in the order they were made."""
    rows = (await session.scalars(select(ShareRate).order_by(col(ShareRate.id)))).all()
    return [
        SharePromise(Party(row.party_kind, row.party_id), row.rate, Month.parse(row.from_month))
        for row in rows
    ]
