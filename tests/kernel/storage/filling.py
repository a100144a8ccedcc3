"""A row of one person in every table there is, its columns filled with something to be found again."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Column, Integer, LargeBinary, Table, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.kernel.storage.base import Table as Base
from bot.kernel.storage.columns import Exact, Nano, Word
from tests.support.rows import NOW

MARK = "marked-by-a-test"
PERSON = 5_000_000_777
_PEOPLE = {"desk_user.id"}
_NAMED = {"user_id", "chat_id"}  # ids of a person, where no foreign key says so


def tables() -> list[Table]:
    """Every table, those others point at first."""
    return list(Base.metadata.sorted_tables)


async def fill(session: AsyncSession, number: int) -> dict[str, Any]:
    """One row in each table; returns their primary keys by table, where it is one column."""
    made: dict[str, Any] = {}
    for table in tables():
        values = {column.name: _value(table, column, made, number) for column in table.columns}
        values = {name: value for name, value in values.items() if value is not _UNSET}
        row = (await session.execute(table.insert().values(**values).returning(*table.primary_key))).one()
        made[table.name] = row[0]
    return made


_UNSET = object()


def _value(table: Table, column: Column[Any], made: dict[str, Any], number: int) -> Any:
    for key in column.foreign_keys:
        return PERSON if key.target_fullname in _PEOPLE else made.get(key.target_fullname.split(".")[0])
    if column.name in _NAMED or (table.name in {"desk_user", "chat"} and column.primary_key):
        return PERSON
    if column.name == "account_id":
        return made.get("account", number)
    if column.name in {"forgotten_ms", "moved_to", "done_ms", "lost_ms"}:
        return None
    if column is table.autoincrement_column:
        return _UNSET
    return _of_type(table, column, number)


def _of_type(table: Table, column: Column[Any], number: int) -> Any:
    kind, mark = column.type, f"{MARK}-{table.name}-{column.name}-{number}"
    if isinstance(kind, Word):
        return _word(table, column)
    if isinstance(kind, LargeBinary):
        return mark.encode()
    if isinstance(kind, Integer):  # and whatever is wider
        return NOW + number if column.name.endswith("_ms") and isinstance(kind, BigInteger) else number
    plain: tuple[tuple[Any, Any], ...] = (
        ((Exact, Nano), Decimal(1)),
        (JSON, {"said": mark}),
        (Boolean, False),
    )
    return next((value for types, value in plain if isinstance(kind, types)), mark)


def _word(table: Table, column: Column[Any]) -> Enum:
    live = {
        "account.state": "active",
        "ticket.state": "offered",
        "operation.state": "running",
        "outbox.state": "sent",
    }
    words: list[Enum] = list(column.type.words)  # type: ignore[attr-defined]
    wanted = live.get(f"{table.name}.{column.name}")
    return next((word for word in words if word.value == wanted), words[0])


async def found(session: AsyncSession) -> set[tuple[str, str]]:
    """Table and column of everything that is still the person's: their id, or what they wrote."""
    left: set[tuple[str, str]] = set()
    for table in tables():
        for row in (await session.execute(select(table))).mappings():
            left |= {(table.name, name) for name, value in row.items() if _is_theirs(value)}
    return left


def _is_theirs(value: Any) -> bool:
    if isinstance(value, bytes):
        return MARK.encode() in value
    return value == PERSON or (isinstance(value, str | dict | list) and MARK in str(value))
