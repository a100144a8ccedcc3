"""Carries out what every table declares for a person who is forgotten, or an account that is unlinked.

It knows the tables whose modules are imported: `bot.app.tables` imports all of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Table as SqlTable
from sqlalchemy.ext.asyncio import AsyncSession

from bot.kernel.storage.base import Table
from bot.kernel.storage.forgetting import Forgetting

__all__ = ["forget", "rules", "unlink"]


def rules() -> Iterator[tuple[SqlTable, Forgetting]]:
    """Each table with its rule, in the order in which they can be carried out.

    Raises AttributeError for a table that declares none.
    """
    declared = {
        mapper.class_.__tablename__: mapper.class_.forgetting
        for mapper in Table._sa_registry.mappers
        if issubclass(mapper.class_, Table)
    }
    children_first = [(table, declared[table.name]) for table in reversed(Table.metadata.sorted_tables)]
    yield from sorted(children_first, key=lambda one: not one[1].looks_ahead)


async def forget(session: AsyncSession, user_id: int, now_ms: int) -> None:
    """Erase what a person left, and end what could still act for them."""
    for table, rule in rules():
        for statement in rule.forget(table, user_id, now_ms):
            await session.execute(statement, execution_options={"synchronize_session": False})


async def unlink(session: AsyncSession, account_id: int, now_ms: int) -> None:
    """End what could still act on an account whose key goes."""
    for table, rule in rules():
        for statement in rule.unlink(table, account_id, now_ms):
            await session.execute(statement, execution_options={"synchronize_session": False})
