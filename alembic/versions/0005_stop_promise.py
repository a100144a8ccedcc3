"""Stops that were promised, and are looked after while their position lives."""

import sqlalchemy as sa

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _exact() -> sa.types.TypeEngine:
    return sa.Text().with_variant(sa.Numeric(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "stop_promise",
        sa.Column("order_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("symbol", sa.String(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("trigger", _exact(), nullable=False),
        sa.Column("is_whole", sa.Boolean(), nullable=False),
        sa.Column("is_released", sa.Boolean(), nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=False),
        sa.Column("misses", sa.Integer(), nullable=False),
        sa.Column("told", _exact(), nullable=True),
        sa.Column("is_alarmed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_stop_promise_account_id"),
        sa.ForeignKeyConstraint(["order_id"], ["desk_order.id"], name="fk_stop_promise_order_id"),
        sa.PrimaryKeyConstraint("order_id", name="pk_stop_promise"),
    )
    op.create_index("ix_stop_promise_due_ms", "stop_promise", ["due_ms"])
    op.create_index("ix_stop_promise_account_id_symbol", "stop_promise", ["account_id", "symbol"])


def downgrade() -> None:
    op.drop_table("stop_promise")
