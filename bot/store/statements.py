"""The two statements SQLite and PostgreSQL spell through different SQLAlchemy constructs."""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.tables import Table

TableT = TypeVar("TableT", bound=Table)


async def insert_or_ignore(session: AsyncSession, row: TableT) -> TableT | None:
    """Insert `row`; None when a unique key already has it. The returned row carries its id."""
    table = type(row)
    construct = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = construct(table).values(_values(row)).on_conflict_do_nothing().returning(table)
    return (await session.scalars(statement)).one_or_none()


def _values(row: Table) -> dict[str, Any]:
    attributes = inspect(type(row)).column_attrs
    return {
        attribute.key: value
        for attribute in attributes
        if (value := getattr(row, attribute.key)) is not None or not attribute.columns[0].primary_key
    }
