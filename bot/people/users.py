"""People and their settings; forgetting one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.kernel.storage import erasure
from bot.kernel.storage.upsert import insert_or_ignore
from bot.people.tables import Access, User

SETTINGS = frozenset(
    {
        "language",
        "size_meaning",
        "slippage_percent",
        "price_tolerance_percent",
        "confirm_mode",
        "confirm_below_usd",
        "quiet_from",
        "quiet_to",
        "time_zone",
        "default_account_id",
    }
)


async def get(session: AsyncSession, user_id: int) -> User | None:
    return await session.get(User, user_id)


async def get_or_create(session: AsyncSession, user_id: int, now_ms: int, language: str = "en") -> User:
    """The user, made with default settings on first sight. One who was forgotten begins anew."""
    created = await insert_or_ignore(session, User(id=user_id, created_ms=now_ms, language=language))
    if created is not None:
        return created
    user = await session.get_one(User, user_id)
    if user.forgotten_ms is not None:
        user.created_ms, user.language, user.forgotten_ms = now_ms, language, None
        await session.flush()
    return user


async def lock(session: AsyncSession, user_id: int) -> None:
    """Hold the user's row until the transaction ends: linking and forgetting take turns."""
    await session.execute(select(col(User.id)).where(col(User.id) == user_id).with_for_update())


async def change_settings(session: AsyncSession, user_id: int, **settings: Any) -> User | None:
    """Set some of `SETTINGS`; None for an unknown user. Raises ValueError for a name that is no setting."""
    if unknown := settings.keys() - SETTINGS:
        raise ValueError(f"not a setting: {', '.join(sorted(unknown))}")
    statement = update(User).where(col(User.id) == user_id).values(**settings).returning(User)
    return (await session.scalars(statement, execution_options={"populate_existing": True})).one_or_none()


async def ask_access(session: AsyncSession, user_id: int, now_ms: int) -> bool:
    """Record that a person asks to be let in; False when they did before, or were decided upon."""
    statement = (
        update(User)
        .where(col(User.id) == user_id, col(User.access) == Access.NEW)
        .values(access=Access.ASKED, asked_ms=now_ms)
        .returning(col(User.id))
    )
    return (await session.execute(statement)).one_or_none() is not None


async def asked_since(session: AsyncSession, since_ms: int) -> int:
    """How many people have asked to be let in since then."""
    statement = select(func.count()).select_from(User).where(col(User.asked_ms) > since_ms)
    return await session.scalar(statement) or 0


async def set_access(session: AsyncSession, user_id: int, access: Access) -> bool:
    """The operator's decision, which outlives `forget`; False when it was so before."""
    statement = (
        update(User)
        .where(col(User.id) == user_id, col(User.access) != access)
        .values(access=access)
        .returning(col(User.id))
    )
    return (await session.execute(statement)).one_or_none() is not None


async def page(session: AsyncSession, offset: int, limit: int) -> Sequence[User]:
    """People, those who wait to be let in first, then the newest."""
    statement = (
        select(User)
        .where(col(User.forgotten_ms).is_(None))
        .order_by(col(User.access) != Access.ASKED, col(User.created_ms).desc(), col(User.id))
        .offset(offset)
        .limit(limit)
    )
    return (await session.scalars(statement)).all()


async def count(session: AsyncSession) -> int:
    """How many people are here now."""
    return (
        await session.scalar(select(func.count()).select_from(User).where(col(User.forgotten_ms).is_(None)))
    ) or 0


async def forget(session: AsyncSession, user_id: int, now_ms: int) -> bool:
    """Erase what every table declares of a person, and end what could act for them; False: nothing known.

    The books stay, by numbers that name nobody. Not called directly but through `Vault.forget`, which also
    kills the signers in memory.
    """
    await lock(session, user_id)
    known = await session.scalar(
        select(col(User.id)).where(col(User.id) == user_id, col(User.forgotten_ms).is_(None))
    )
    await erasure.forget(session, user_id, now_ms)
    if known is not None:
        await session.execute(update(User).where(col(User.id) == user_id).values(forgotten_ms=now_ms))
    return known is not None
