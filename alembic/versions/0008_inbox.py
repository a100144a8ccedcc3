"""Updates that wait to be handled, and the numbers of those that were."""

import sqlalchemy as sa

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "inbox",
        sa.Column("bot_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("update_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("nonce", sa.LargeBinary(), nullable=True),
        sa.Column("master_version", sa.Integer(), nullable=True),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.Column("unknown_ms", sa.BigInteger(), nullable=False),
        sa.Column("done_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("bot_id", "update_id", name="pk_inbox"),
    )
    op.create_index("ix_inbox_user_id", "inbox", ["user_id"])
    op.create_index("ix_inbox_received_ms", "inbox", ["received_ms"])
    op.create_index(
        "ix_inbox_undone",
        "inbox",
        ["bot_id", "update_id"],
        sqlite_where=sa.text("done_ms IS NULL"),
        postgresql_where=sa.text("done_ms IS NULL"),
    )
    op.create_table(
        "inbox_look",
        sa.Column("bot_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("drained_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("bot_id", name="pk_inbox_look"),
    )


def downgrade() -> None:
    op.drop_table("inbox_look")
    op.drop_table("inbox")
