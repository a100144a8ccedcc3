"""People as the ledger knows them: by a pseudonym, and by Telegram's id until they ask to be forgotten."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.kernel.storage.upsert import insert_or_ignore
from bot.rebates.storage.tables import LedgerFill, Person


async def by_user(session: AsyncSession, user_id: int) -> Person | None:
    """The person of a Telegram user."""
    return (await session.scalars(select(Person).where(col(Person.user_id) == user_id))).one_or_none()


async def of_account(session: AsyncSession, account_id: int) -> Person | None:
    """Whose the fills of an account were so far; survives `/forget`."""
    newest = (
        select(col(LedgerFill.person_id))
        .where(col(LedgerFill.account_id) == account_id)
        .order_by(col(LedgerFill.at_ms).desc())
        .limit(1)
    )
    person_id = await session.scalar(newest)
    return None if person_id is None else await session.get(Person, person_id)


async def create(session: AsyncSession, user_id: int | None, pseudonym: str, now_ms: int) -> Person | None:
    """A new person; None when the pseudonym is taken or the user has a person already."""
    return await insert_or_ignore(session, Person(user_id=user_id, pseudonym=pseudonym, created_ms=now_ms))


async def set_named(session: AsyncSession, person_id: int, named: bool) -> None:
    """Whether the person agreed to be named in statements of others."""
    await session.execute(update(Person).where(col(Person.id) == person_id).values(named=named))


async def pseudonyms(session: AsyncSession, person_ids: Collection[int]) -> dict[int, str]:
    """What others see of some people."""
    statement = select(col(Person.id), col(Person.pseudonym)).where(col(Person.id).in_(person_ids))
    return {row[0]: row[1] for row in (await session.execute(statement)).all()}


async def user_of(session: AsyncSession, person_id: int) -> int | None:
    """The Telegram user; None once they were forgotten."""
    return await session.scalar(select(col(Person.user_id)).where(col(Person.id) == person_id))


async def named(session: AsyncSession, pseudonyms: Collection[str]) -> dict[str, int]:
    """Telegram ids of those who agreed to be named, by pseudonym."""
    statement = select(col(Person.pseudonym), col(Person.user_id)).where(
        col(Person.pseudonym).in_(pseudonyms), col(Person.named), col(Person.user_id).is_not(None)
    )
    return {row[0]: row[1] for row in (await session.execute(statement)).all() if row[1] is not None}
