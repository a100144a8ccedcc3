"""The insert SQLite and PostgreSQL spell through different SQLAlchemy constructs.

It is built once for each table: with three dozen columns, building it costs many times what running it does.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Executable
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import make_transient_to_detached

from bot.kernel.storage.base import Table

TableT = TypeVar("TableT", bound=Table)


async def insert_or_ignore(session: AsyncSession, row: TableT) -> TableT | None:
    """Insert `row`; None when a unique key already has it. The returned row carries its id."""
    table = type(row)
    key, columns = _columns(table)
    values = {name: getattr(row, name) for name in columns}
    if (own := getattr(row, key)) is not None:
        values[key] = own
    inserted = await insert_values(session, table, values)
    if inserted is None:
        return None
    setattr(row, key, inserted)
    make_transient_to_detached(row)  # the session knows it as it knows a row that was read
    session.add(row)
    return row


async def insert_values(session: AsyncSession, table: type[Table], values: Mapping[str, Any]) -> Any:
    """Insert a row nobody needs back; its key, or None when a unique key already has it."""
    statement = _insert_or_ignore(table, session.get_bind().dialect.name)
    return (await session.execute(statement, values)).scalar_one_or_none()


@cache
def _columns(table: type[Table]) -> tuple[str, tuple[str, ...]]:
    """The key, and the rest."""
    columns = table.__table__.columns  # type: ignore[attr-defined]
    (key,) = (column.name for column in columns if column.primary_key)
    return key, tuple(column.name for column in columns if not column.primary_key)


@cache
def _insert_or_ignore(table: type[Table], dialect: str) -> Executable:
    target: Any = table.__table__  # type: ignore[attr-defined]
    construct = postgresql.insert if dialect == "postgresql" else sqlite.insert
    key, _ = _columns(table)
    return construct(target).on_conflict_do_nothing().returning(target.c[key])
