"""What the nightly checks of the ledger found, once for each day, account and kind."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.rebates.storage.tables import Finding


async def record(session: AsyncSession, finding: Finding) -> None:
    """Write it; where the same was found before, nothing changes, not even when."""
    statement = select(Finding).where(
        col(Finding.day) == finding.day,
        col(Finding.account_id) == finding.account_id,
        col(Finding.kind) == finding.kind,
    )
    known = (await session.scalars(statement)).one_or_none()
    if known is None:
        session.add(finding)
    elif known.detail != finding.detail:
        known.detail, known.at_ms = finding.detail, finding.at_ms
    await session.flush()


async def since(session: AsyncSession, days: Collection[str], at_ms: int) -> Sequence[Finding]:
    """What was found of some days at `at_ms` or later, by account."""
    statement = (
        select(Finding)
        .where(col(Finding.day).in_(days), col(Finding.at_ms) >= at_ms)
        .order_by(col(Finding.account_id), col(Finding.day), col(Finding.id))
    )
    return (await session.scalars(statement)).all()
