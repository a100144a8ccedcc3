"""Affiliate rates: append-only, so that what was believed when can always be told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.rebates.model.rebate import Month
from bot.rebates.storage.tables import AffiliateRate


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


@dataclass(frozen=True, slots=True)
class Range:
    """A rate from a month to another, both included; `last` None: until somebody says otherwise."""

    rate: Decimal | None
    first: Month
    last: Month | None


def ranges(history: Sequence[AffiliateRate]) -> list[Range]:
    """What holds when, as it stands: a later word for an earlier month does not reach past the next month
    something was said for.
    """
    found: list[Range] = []
    for month in sorted({said.from_month for said in history}):
        holds, first = in_month(history, month), Month.parse(month)
        rate = holds.rate if holds is not None else None
        if found and found[-1].rate == rate:
            continue
        if found:
            found[-1] = replace(found[-1], last=first.previous)
        found.append(Range(rate, first, None))
    return found


def in_month(history: Sequence[AffiliateRate], month: str) -> AffiliateRate | None:
    """What holds in `month`: the newest word for the latest month not after it; None: nothing was said."""
    said = [rate for rate in history if rate.from_month <= month]
    return said[-1] if said else None
