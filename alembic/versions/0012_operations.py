"""Acts of several steps as rows: what ran, how far it came, and which orders each step sent.

Filled in from what panics and chains kept on their tickets; a bot of before finds it there again after a
downgrade. When other tickets were done was never asked, and is not kept.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_KINDS = {"panic": "flatten", "chain": "order_list"}
_OWN = {"found", "held", "doubts", "begun", "cancelled"}  # of a ticket's preview
_SOME = 500

_ticket = sa.table(
    "ticket",
    sa.column("id", sa.BigInteger()),
    sa.column("user_id", sa.BigInteger()),
    sa.column("account_id", sa.BigInteger()),
    sa.column("kind", sa.Text()),
    sa.column("state", sa.Text()),
    sa.column("legs", sa.JSON()),
    sa.column("preview", sa.JSON()),
    sa.column("created_ms", sa.BigInteger()),
    sa.column("claimed_ms", sa.BigInteger()),
    sa.column("done_ms", sa.BigInteger()),
)
_operation = sa.table(
    "operation",
    sa.column("id", sa.BigInteger()),
    sa.column("key", sa.String()),
    sa.column("kind", sa.String()),
    sa.column("user_id", sa.BigInteger()),
    sa.column("account_id", sa.BigInteger()),
    sa.column("ticket_id", sa.BigInteger()),
    sa.column("state", sa.Text()),
    sa.column("data", sa.JSON()),
    sa.column("attempts", sa.Integer()),
    sa.column("steps", sa.Integer()),
    sa.column("created_ms", sa.BigInteger()),
    sa.column("done_ms", sa.BigInteger()),
)
_step = sa.table(
    "step",
    sa.column("id", sa.BigInteger()),
    sa.column("operation_id", sa.BigInteger()),
    sa.column("number", sa.Integer()),
    sa.column("attempt", sa.Integer()),
    sa.column("what", sa.String()),
    sa.column("plan", sa.JSON()),
    sa.column("result", sa.JSON()),
    sa.column("begun_ms", sa.BigInteger()),
    sa.column("ended_ms", sa.BigInteger()),
)
_order = sa.table(
    "desk_order",
    sa.column("ticket_id", sa.BigInteger()),
    sa.column("step_id", sa.BigInteger()),
    sa.column("parent_id", sa.BigInteger()),
    sa.column("leg", sa.Integer()),
)


def upgrade() -> None:
    row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "operation",
        sa.Column("id", row_id, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("ticket_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("done_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_operation_account_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_operation_ticket_id"),
        sa.ForeignKeyConstraint(["user_id"], ["desk_user.id"], name="fk_operation_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_operation"),
        sa.UniqueConstraint("key", name="uq_operation_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_operation_ticket_id", "operation", ["ticket_id"])
    is_running = sa.text("state = 'running'")
    op.create_index(
        "ix_operation_running", "operation", ["id"], sqlite_where=is_running, postgresql_where=is_running
    )
    op.create_table(
        "step",
        sa.Column("id", row_id, nullable=False),
        sa.Column("operation_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("plan", sa.JSON(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("begun_ms", sa.BigInteger(), nullable=False),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["operation_id"], ["operation.id"], name="fk_step_operation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_step"),
        sa.UniqueConstraint("operation_id", "number", name="uq_step_operation_id_number"),
        sqlite_autoincrement=True,
    )
    op.add_column(
        "desk_order",
        sa.Column(
            "step_id",
            sa.BigInteger(),
            sa.ForeignKey("step.id", name="fk_desk_order_step_id"),
            nullable=True,
        ),
        inline_references=True,  # SQLite takes a foreign key only with its column
    )
    for ticket in _in_turn(_ticket, _ticket.c.kind.in_(_KINDS), _ticket.c.state == "claimed"):
        _open(ticket)
    op.drop_column("ticket", "done_ms")


def _in_turn(table: sa.TableClause, *conditions: Any) -> Iterator[Any]:
    """The rows, some at a time, by their ids."""
    last = 0
    while True:
        some = sa.select(table).where(table.c.id > last, *conditions).order_by(table.c.id).limit(_SOME)
        found = op.get_bind().execute(some).all()
        if not found:
            return
        yield from found
        last = found[-1].id


def _open(ticket: Any) -> None:
    """The operation a ticket was claimed for, and its steps."""
    connection = op.get_bind()
    begun_ms = ticket.claimed_ms or ticket.created_ms
    steps = _steps_of_chain(ticket) if ticket.kind == "chain" else _steps_of_panic(ticket)
    doubts = {name: ticket.preview[name] for name in ("doubts",) if name in ticket.preview}
    operation = {
        "key": f"ticket:{ticket.id}",
        "kind": _KINDS[ticket.kind],
        "user_id": ticket.user_id,
        "account_id": ticket.account_id,
        "ticket_id": ticket.id,
        "state": "running" if ticket.done_ms is None else "done",
        "data": doubts,
        "attempts": 1,
        "steps": len(steps),
        "created_ms": begun_ms,
        "done_ms": ticket.done_ms,
    }
    opened = connection.execute(
        sa.insert(_operation).values(operation).returning(_operation.c.id)
    ).scalar_one()
    mine = sa.and_(_order.c.ticket_id == ticket.id, _order.c.parent_id.is_(None))
    for number, (step, legs) in enumerate(steps, 1):
        row = {"operation_id": opened, "number": number, "attempt": 1, "begun_ms": begun_ms, **step}
        made = connection.execute(sa.insert(_step).values(row).returning(_step.c.id)).scalar_one()
        if legs is not None:
            of_step = sa.update(_order).where(mine, _order.c.leg.in_(legs))
            connection.execute(of_step.values(step_id=made))
    kept = {name: value for name, value in ticket.preview.items() if name not in _OWN}
    connection.execute(sa.update(_ticket).where(_ticket.c.id == ticket.id).values(preview=kept))


def _steps_of_chain(ticket: Any) -> list[tuple[dict[str, Any], list[int] | None]]:
    """Each with the numbers of its orders, if it sent some."""
    cancelled = ticket.preview.get("cancelled", {})
    steps: list[tuple[dict[str, Any], list[int] | None]] = []
    first = 0
    for number, statement in enumerate(ticket.legs[: ticket.preview.get("begun", -1) + 1]):
        many, plan = len(statement["legs"]), {"statement": number}
        if many:
            sent = {"what": "send", "plan": plan, "result": {}, "ended_ms": ticket.done_ms}
            steps.append((sent, list(range(first, first + many))))
        else:
            failures = cancelled.get(str(number))
            result = {} if failures is None else {"failures": failures}
            ended_ms = None if failures is None else (ticket.done_ms or ticket.claimed_ms)
            steps.append(({"what": "cancel", "plan": plan, "result": result, "ended_ms": ended_ms}, None))
        first += many
    return steps


def _steps_of_panic(ticket: Any) -> list[tuple[dict[str, Any], list[int] | None]]:
    found, held = ticket.preview.get("found"), ticket.preview.get("held")
    ended = {"result": {}, "ended_ms": ticket.done_ms}
    steps: list[tuple[dict[str, Any], list[int] | None]] = []
    if found is not None:
        steps.append(({"what": "withdraw", "plan": {"found": found, "strategies": []}, **ended}, None))
    if held is not None:
        sent = sa.select(_order.c.leg).where(_order.c.ticket_id == ticket.id)
        legs = sorted(set(op.get_bind().execute(sent).scalars()))
        steps.append(({"what": "close", "plan": {"held": held, "rests": {}}, **ended}, legs))
    return steps


def downgrade() -> None:
    op.add_column("ticket", sa.Column("done_ms", sa.BigInteger(), nullable=True))
    connection = op.get_bind()
    for operation in _in_turn(_operation, _operation.c.kind.in_(_KINDS.values())):
        of_ticket = _ticket.c.id == operation.ticket_id
        preview = connection.execute(sa.select(_ticket.c.preview).where(of_ticket)).scalar_one()
        learnt = preview | operation.data | _learnt(operation.id)
        changed = sa.update(_ticket).where(of_ticket).values(done_ms=operation.done_ms, preview=learnt)
        connection.execute(changed)
    op.drop_column("desk_order", "step_id")
    op.drop_table("step")
    op.drop_index("ix_operation_running", "operation")
    op.drop_index("ix_operation_ticket_id", "operation")
    op.drop_table("operation")


def _learnt(operation_id: int) -> dict[str, Any]:
    """What the steps of an operation say, as a ticket's preview said it."""
    of_operation = sa.select(_step).where(_step.c.operation_id == operation_id).order_by(_step.c.number)
    learnt: dict[str, Any] = {}
    for step in op.get_bind().execute(of_operation).all():
        plan = step.plan
        if step.what in {"send", "cancel"} and "statement" in plan:
            learnt["begun"] = plan["statement"]
        if step.what == "cancel" and step.ended_ms is not None and "statement" in plan:
            failures = {str(plan["statement"]): step.result.get("failures", [])}
            learnt["cancelled"] = learnt.get("cancelled", {}) | failures
        if step.what == "withdraw" and "found" in plan:
            learnt["found"] = plan["found"] | learnt.get("found", {})
        if step.what == "close" and "held" in plan:
            learnt["held"] = plan["held"] | learnt.get("held", {})
    return learnt
