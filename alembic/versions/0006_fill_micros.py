"""Fills to the microsecond; orders by the exchange's id, whichever account sees them."""

import sqlalchemy as sa

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_KNOWN = sa.text("exchange_id IS NOT NULL")


def upgrade() -> None:
    op.add_column("fill", sa.Column("micros", sa.Integer(), nullable=False, server_default="0"))
    op.create_index(
        "ix_desk_order_exchange_id",
        "desk_order",
        ["exchange_id"],
        sqlite_where=_KNOWN,
        postgresql_where=_KNOWN,
    )
    op.create_index("ix_fill_exchange_order_id", "fill", ["exchange_order_id"])


def downgrade() -> None:
    op.drop_index("ix_fill_exchange_order_id", "fill")
    op.drop_index("ix_desk_order_exchange_id", "desk_order")
    with op.batch_alter_table("fill") as batch:
        batch.drop_column("micros")
