"""Updates that wait, and the numbers of those that were handled."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Executable, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.intake.tables import LastLook, Received

_FORGET: Mapping[str, None] = {"user_id": None, "sealed": None, "nonce": None, "master_version": None}


async def keep(session: AsyncSession, rows: Collection[Mapping[str, Any]]) -> None:
    """Store updates that must wait; one that is there already stays as it is."""
    if rows:
        await session.execute(_insert(session, Received).on_conflict_do_nothing(), list(rows))


async def mark_done(session: AsyncSession, rows: Collection[Mapping[str, Any]]) -> None:
    """Note what was handled (`bot_id`, `update_id`, `received_ms`, `done_ms`), and forget what it said."""
    if not rows:
        return
    await session.execute(_done(session.get_bind().dialect.name), list(rows))


async def note_look(session: AsyncSession, bot_id: int, drained_ms: int) -> None:
    """Telegram had nothing left then."""
    insert = _insert(session, LastLook)
    statement = insert.on_conflict_do_update(
        index_elements=[col(LastLook.bot_id)], set_={"drained_ms": insert.excluded.drained_ms}
    )
    await session.execute(statement, {"bot_id": bot_id, "drained_ms": drained_ms})


async def last_look(session: AsyncSession, bot_id: int) -> int | None:
    return await session.scalar(select(col(LastLook.drained_ms)).where(col(LastLook.bot_id) == bot_id))


async def undone(session: AsyncSession, bot_id: int) -> Sequence[Received]:
    """What was taken and not handled, oldest first."""
    statement = (
        select(Received)
        .where(col(Received.bot_id) == bot_id, col(Received.done_ms).is_(None))
        .order_by(col(Received.update_id))
    )
    return (await session.scalars(statement)).all()


async def numbers_done(session: AsyncSession, bot_id: int, most: int) -> Sequence[int]:
    """Of the last updates handled, newest first."""
    statement = (
        select(col(Received.update_id))
        .where(col(Received.bot_id) == bot_id, col(Received.done_ms).is_not(None))
        .order_by(col(Received.received_ms).desc())
        .limit(most)
    )
    return (await session.scalars(statement)).all()


async def purge(session: AsyncSession, before_ms: int) -> None:
    """Forget the numbers of updates handled before then: Telegram keeps none for longer than a day."""
    statement = delete(Received).where(
        col(Received.received_ms) < before_ms, col(Received.done_ms).is_not(None)
    )
    await session.execute(statement.execution_options(synchronize_session=False))


@cache
def _done(dialect: str) -> Executable:
    """Noting what was handled: built once."""
    insert = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(Received.__table__)  # type: ignore[attr-defined]
    changed = {**_FORGET, "done_ms": insert.excluded.done_ms}
    key = [col(Received.bot_id), col(Received.update_id)]
    return insert.on_conflict_do_update(index_elements=key, set_=changed)


def _insert(session: AsyncSession, table: type[Received | LastLook]) -> Any:
    construct = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    return construct(table.__table__)  # type: ignore[union-attr]
