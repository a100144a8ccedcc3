"""What each order is: its role, the order it belongs to, its contingency and its group.

Filled in from what told them apart before: the exits of the exchange's making have no client id and name
their order in the JSON beside them; what closes says so in its request, or its ticket does.
"""

import sqlalchemy as sa

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_TARGET, _STOP = "takeProfitTriggerPrice", "stopLossTriggerPrice"

_order = sa.table(
    "desk_order",
    sa.column("id", sa.BigInteger()),
    sa.column("ticket_id", sa.BigInteger()),
    sa.column("leg", sa.Integer()),
    sa.column("account_id", sa.BigInteger()),
    sa.column("symbol", sa.String()),
    sa.column("exchange_id", sa.String()),
    sa.column("client_id", sa.BigInteger()),
    sa.column("trigger_price", sa.Text()),
    sa.column("request", sa.JSON()),
    sa.column("role", sa.Text()),
    sa.column("parent_id", sa.BigInteger()),
    sa.column("contingency", sa.Text()),
    sa.column("group", sa.BigInteger()),
)
_ticket = sa.table(
    "ticket",
    sa.column("id", sa.BigInteger()),
    sa.column("kind", sa.Text()),
    sa.column("state", sa.Text()),
    sa.column("legs", sa.JSON()),
    sa.column("expires_ms", sa.BigInteger()),
)


def upgrade() -> None:
    op.add_column("desk_order", sa.Column("role", sa.Text(), nullable=False, server_default="entry"))
    op.add_column(
        "desk_order",
        sa.Column(
            "parent_id",
            sa.BigInteger(),
            sa.ForeignKey("desk_order.id", name="fk_desk_order_parent_id"),
            nullable=True,
        ),
        inline_references=True,  # SQLite takes a foreign key only with its column
    )
    op.add_column("desk_order", sa.Column("contingency", sa.Text(), nullable=False, server_default="none"))
    op.add_column("desk_order", sa.Column("group", sa.BigInteger(), nullable=True))
    op.create_index("ix_desk_order_parent_id", "desk_order", ["parent_id"])
    _fill_sent()
    _fill_triggers()
    _fill_attached()
    # A preview of before does not say the role of its orders: it is offered no more. A panic has none yet.
    offered = sa.update(_ticket).where(_ticket.c.state == "offered", _ticket.c.kind != "panic")
    op.execute(offered.values(expires_ms=0))


def _fill_sent() -> None:
    """What we sent, but for what waits for its trigger."""
    kind = sa.select(_ticket.c.kind).where(_ticket.c.id == _order.c.ticket_id).scalar_subquery()
    closes = sa.or_(_order.c.request["reduceOnly"].as_boolean(), kind.in_(["close", "panic"]))
    mine = sa.update(_order).where(_order.c.client_id.is_not(None))
    op.execute(mine.where(closes).values(role="close"))
    with_exits = sa.or_(*(_order.c.request[name].as_string().is_not(None) for name in (_TARGET, _STOP)))
    op.execute(mine.where(with_exits).values({"contingency": "oto", "group": _order.c.client_id}))


def _fill_triggers() -> None:
    """Stops and targets of our own: which of the two, only their tickets say. One without its ticket's words
    is taken for a stop, as its alarm was worded."""
    connection = op.get_bind()
    own = sa.and_(_order.c.client_id.is_not(None), _order.c.trigger_price.is_not(None))
    connection.execute(sa.update(_order).where(own).values(role="stop"))
    found = connection.execute(
        sa.select(_order.c.id, _order.c.leg, _ticket.c.legs)
        .join(_ticket, _ticket.c.id == _order.c.ticket_id)
        .where(own)
    ).all()
    targets = [order_id for order_id, leg, legs in found if _exit_kind(legs, leg) == "tp"]
    for start in range(0, len(targets), 500):
        some = _order.c.id.in_(targets[start : start + 500])
        connection.execute(sa.update(_order).where(some).values(role="take_profit"))


def _exit_kind(legs: list[dict], number: int) -> str | None:
    """What a ticket says of its order of this number; a chain's are those of its steps together."""
    flat = [leg for one in legs for leg in one.get("legs", [one] if "request" in one else [])]
    return flat[number].get("exit_kind") if number < len(flat) else None


def _fill_attached() -> None:
    """Exits the exchange made for an order of ours, which leads their group."""
    parent = _order.alias("parent")
    its = sa.and_(
        parent.c.account_id == _order.c.account_id,
        parent.c.symbol == _order.c.symbol,
        parent.c.exchange_id == _order.c.request["relatedOrderId"].as_string(),
    )
    both = sa.and_(*(parent.c.request[name].as_string().is_not(None) for name in (_TARGET, _STOP)))
    is_target = _order.c.request["exit"].as_string() == "tp"
    attached = _order.c.client_id.is_(None)
    op.execute(
        sa.update(_order)
        .where(attached)
        .values(
            role=sa.case((is_target, "take_profit"), else_="stop"),
            contingency=sa.case((sa.exists().where(its, both), "oco"), else_="none"),
            parent_id=sa.select(parent.c.id).where(its).scalar_subquery(),
        )
    )
    of_children = sa.select(_order.alias().c.parent_id).distinct()
    op.execute(sa.update(_order).where(_order.c.id.in_(of_children)).values({"group": _order.c.client_id}))
    leader = sa.select(parent.c.client_id).where(parent.c.id == _order.c.parent_id).scalar_subquery()
    op.execute(sa.update(_order).where(attached).values({"group": leader}))


def downgrade() -> None:
    parent = _order.alias("parent")
    attached = sa.select(_order.c.id, _order.c.role, parent.c.exchange_id).join(
        parent, parent.c.id == _order.c.parent_id
    )
    connection = op.get_bind()
    for order_id, role, exchange_id in connection.execute(attached).all():
        kind = "tp" if role == "take_profit" else "sl"
        request = {"reduceOnly": True, "relatedOrderId": exchange_id, "exit": kind}
        connection.execute(sa.update(_order).where(_order.c.id == order_id).values(request=request))
    op.drop_index("ix_desk_order_parent_id", "desk_order")
    for name in ("group", "contingency", "parent_id", "role"):
        op.drop_column("desk_order", name)
