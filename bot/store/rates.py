"""Affiliate rates: append-only, so that what was believed when can always be told."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.store.broker_tables import AffiliateRate


async def add(session: AsyncSession, rate: AffiliateRate) -> None:
    session.add(rate)
    await session.flush()


async def of(session: AsyncSession, person_ids: Collection[int]) -> dict[int, Sequence[AffiliateRate]]:
    """All that was ever said of some people, what decides last."""
    statement = (
        select(AffiliateRate)
        .where(col(AffiliateRate.person_id).in_(person_ids))
        .order_by(col(AffiliateRate.from_month), col(AffiliateRate.id))
    )
    found: dict[int, list[AffiliateRate]] = {}
    for rate in (await session.scalars(statement)).all():
        found.setdefault(rate.person_id, []).append(rate)
    return dict(found)


def in_month(history: Sequence[AffiliateRate], month: str) -> AffiliateRate | None:
    """What holds in `month`: the newest word for the latest month not after it; None: nothing was said."""
    said = [rate for rate in history if rate.from_month <= month]
    return said[-1] if said else None
