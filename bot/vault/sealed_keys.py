"""Rows only the vault reads: wrapped data keys, and accounts with their sealed secrets."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.kernel.storage.upsert import insert_or_ignore
from bot.people.tables import Account
from bot.vault.tables import DataKey


async def data_key(session: AsyncSession, user_id: int) -> DataKey | None:
    return await session.get(DataKey, user_id, populate_existing=True)


async def insert_data_key(session: AsyncSession, row: DataKey) -> DataKey | None:
    """None when the user has one already."""
    return await insert_or_ignore(session, row)


async def rewrap(session: AsyncSession, seen: DataKey, fresh: DataKey) -> bool:
    """Put `fresh` in the place of `seen`; False if the row is no longer what was seen."""
    statement = (
        update(DataKey)
        .where(col(DataKey.user_id) == seen.user_id, col(DataKey.wrapped) == seen.wrapped)
        .values(wrapped=fresh.wrapped, nonce=fresh.nonce, master_version=fresh.master_version)
        .returning(col(DataKey.user_id))
        .execution_options(synchronize_session=False)
    )
    return (await session.execute(statement)).one_or_none() is not None


async def not_under(
    session: AsyncSession, version: int, *, after_user_id: int, limit: int
) -> Sequence[DataKey]:
    """Data keys wrapped by any other master key, in order of user id."""
    statement = (
        select(DataKey)
        .where(col(DataKey.master_version) != version, col(DataKey.user_id) > after_user_id)
        .order_by(col(DataKey.user_id))
        .limit(limit)
    )
    return (await session.scalars(statement)).all()


async def count_by_version(session: AsyncSession) -> dict[int, int]:
    """How many data keys each master key wraps."""
    statement = select(col(DataKey.master_version), func.count()).group_by(col(DataKey.master_version))
    return {row[0]: row[1] for row in (await session.execute(statement)).all()}


async def sample(session: AsyncSession, version: int) -> DataKey | None:
    """Any data key under `version`."""
    statement = select(DataKey).where(col(DataKey.master_version) == version).limit(1)
    return (await session.scalars(statement)).one_or_none()


async def insert_account(session: AsyncSession, row: Account) -> Account | None:
    """The inserted row with its id; None when the label or the public key is linked already."""
    return await insert_or_ignore(session, row)


async def set_sealed(session: AsyncSession, account_id: int, ciphertext: bytes, nonce: bytes) -> None:
    await session.execute(
        update(Account).where(col(Account.id) == account_id).values(sealed=ciphertext, nonce=nonce)
    )
