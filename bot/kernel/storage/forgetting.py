"""What each table does when a person is forgotten, and when one of their accounts is unlinked.

Every table says it beside its definition (`Table.forgetting`): what it erases, what may no longer act, and
which columns that could tell of a person it keeps, with the reason. `kernel.storage.erasure` carries it out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Executable, Table, delete, select, update

# Of a table, the id of the person or account, and the time: the statements to execute.
Statements = Callable[[Table, int, int], Sequence[Executable]]

OPAQUE: Final = "a number that names nobody: rows of the books point at it"
BOOKS: Final = "the books: what was ordered, executed, earned and paid, with no name in it"
NOBODYS: Final = "tells of no person"


def _nothing(_table: Table, _id: int, _now_ms: int) -> Sequence[Executable]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgetting:
    """`kept`: by column, why it stays. `looks_ahead`: its statements need rows of others to be there."""

    forget: Statements = _nothing
    unlink: Statements = _nothing
    kept: Mapping[str, str] = field(default_factory=dict)
    looks_ahead: bool = False


def keeping(reason: str, *columns: str) -> dict[str, str]:
    """The same reason for some columns."""
    return dict.fromkeys(columns, reason)


def rows_of(column: str) -> Statements:
    """Delete the rows where `column` is the id."""
    return lambda table, id_, _: [delete(table).where(table.c[column] == id_)]


def rows_of_accounts(column: str) -> Statements:
    """Delete the rows of any account of the person."""
    return lambda table, id_, _: [delete(table).where(table.c[column].in_(accounts_of(table, id_)))]


def blanked(column: str, **values: Any) -> Statements:
    """Empty columns of the rows where `column` is the id."""
    return lambda table, id_, _: [update(table).where(table.c[column] == id_).values(**values)]


def accounts_of(table: Table, user_id: int) -> Any:
    """Ids of every account a person ever linked."""
    account = other(table, "account")
    return select(account.c.id).where(account.c.user_id == user_id)


def other(table: Table, name: str) -> Table:
    """Another table of the same schema."""
    return table.metadata.tables[name]
