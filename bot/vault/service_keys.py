"""Keys of the bot's own, sealed. Only the vault reads them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.kernel.storage.upsert import insert_or_ignore
from bot.vault.tables import ServiceKey


async def get(session: AsyncSession, purpose: str) -> ServiceKey | None:
    return await session.get(ServiceKey, purpose, populate_existing=True)


async def insert(session: AsyncSession, row: ServiceKey) -> ServiceKey | None:
    """None when the purpose has a key already."""
    return await insert_or_ignore(session, row)


async def every(session: AsyncSession) -> Sequence[ServiceKey]:
    return (await session.scalars(select(ServiceKey))).all()


async def not_under(session: AsyncSession, version: int) -> Sequence[ServiceKey]:
    """Those sealed by any other master key."""
    return (await session.scalars(select(ServiceKey).where(col(ServiceKey.master_version) != version))).all()


async def reseal(session: AsyncSession, seen: ServiceKey, fresh: ServiceKey) -> None:
    """Put `fresh` in the place of `seen`, unless the row is no longer what was seen."""
    statement = (
        update(ServiceKey)
        .where(col(ServiceKey.purpose) == seen.purpose, col(ServiceKey.sealed) == seen.sealed)
        .values(sealed=fresh.sealed, nonce=fresh.nonce, master_version=fresh.master_version)
        .execution_options(synchronize_session=False)
    )
    await session.execute(statement)
