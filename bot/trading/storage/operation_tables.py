"""Acts of several steps that survive a restart: what each is, how far it has come, and its steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, Executable, Index, UniqueConstraint, select, text, update
from sqlalchemy import Table as SqlTable
from sqlmodel import Field

from bot.domain.execution.operation import OperationState
from bot.kernel.storage.base import Table
from bot.kernel.storage.columns import Word, row_id
from bot.kernel.storage.forgetting import NOBODYS, OPAQUE, Forgetting, keeping, other


def _end(table: SqlTable, user_id: int, now_ms: int) -> Sequence[Executable]:
    """Nothing is carried on, and nothing is left of what was learnt."""
    mine = table.c.user_id == user_id
    running = mine & (table.c.state == "running")
    return [
        update(table).where(running).values(state="ended", done_ms=now_ms),
        update(table).where(mine).values(data={}),
    ]


def _end_of_account(table: SqlTable, account_id: int, now_ms: int) -> Sequence[Executable]:
    """A panic ends; a list of statements is refused its next step, and says so."""
    mine = (table.c.account_id == account_id) & (table.c.kind == "flatten")
    running = mine & (table.c.state == "running")
    return [update(table).where(running).values(state="ended", done_ms=now_ms)]


def _blank_steps(table: SqlTable, user_id: int, _: int) -> Sequence[Executable]:
    operation = other(table, "operation")
    mine = select(operation.c.id).where(operation.c.user_id == user_id)
    return [update(table).where(table.c.operation_id.in_(mine)).values(plan={}, result={})]


class Operation(Table, table=True):
    """One act of several steps. One process carries it out: the active one."""

    __tablename__ = "operation"
    forgetting: ClassVar[Forgetting] = Forgetting(
        forget=_end,
        unlink=_end_of_account,
        kept=keeping(OPAQUE, "user_id", "account_id", "key") | keeping(NOBODYS, "kind"),
    )
    __table_args__ = (
        Index(
            "ix_operation_running",
            "id",
            sqlite_where=text("state = 'running'"),
            postgresql_where=text("state = 'running'"),
        ),
        {"sqlite_autoincrement": True},
    )

    id: int = row_id()
    key: str = Field(unique=True)  # what it is for, e.g. `ticket:12`: that is done once
    kind: str  # by which the executor finds the algorithm
    user_id: int = Field(foreign_key="desk_user.id", sa_type=BigInteger)
    account_id: int | None = Field(default=None, foreign_key="account.id", sa_type=BigInteger)
    ticket_id: int | None = Field(default=None, foreign_key="ticket.id", index=True, sa_type=BigInteger)
    state: OperationState = Field(default=OperationState.RUNNING, sa_type=Word(OperationState))
    data: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)  # of its kind
    attempts: int = 1  # how often it was taken up; more than once: after a crash or an error
    steps: int = 0  # how many were begun
    created_ms: int = Field(sa_type=BigInteger)
    done_ms: int | None = Field(default=None, sa_type=BigInteger)


class StepRow(Table, table=True):
    """One step, written before it is done, in the transaction that writes its orders."""

    __tablename__ = "step"
    forgetting: ClassVar[Forgetting] = Forgetting(forget=_blank_steps, kept=keeping(NOBODYS, "what"))
    __table_args__ = (UniqueConstraint("operation_id", "number"), {"sqlite_autoincrement": True})

    id: int = row_id()
    operation_id: int = Field(foreign_key="operation.id", sa_type=BigInteger)
    number: int  # from 1
    attempt: int  # of the operation, in which it was begun
    what: str  # a word of the operation's kind
    plan: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)  # as it was decided
    result: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)  # what was learnt by doing it
    begun_ms: int = Field(sa_type=BigInteger)
    ended_ms: int | None = Field(default=None, sa_type=BigInteger)  # None: nobody lived to say
