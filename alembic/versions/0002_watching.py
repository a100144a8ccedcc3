"""What is watched and said by itself: alerts, chats, scheduled posts, runs; pictures in the outbox."""

import sqlalchemy as sa

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chat",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("quiet_from", sa.Integer(), nullable=True),
        sa.Column("quiet_to", sa.Integer(), nullable=True),
        sa.Column("moved_to", sa.BigInteger(), nullable=True),
        sa.Column("lost_ms", sa.BigInteger(), nullable=True),
        sa.Column("lost_reason", sa.String(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_chat"),
    )
    op.create_table(
        "chat_loudness",
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("thread_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("loudness", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("chat_id", "thread_id", "event", name="pk_chat_loudness"),
    )
    op.create_table(
        "run",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=False),
        sa.Column("claimed_ms", sa.BigInteger(), nullable=False),
        sa.Column("lease_until_ms", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("done_ms", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_run"),
    )
    op.create_index("ix_run_done_ms_due_ms", "run", ["done_ms", "due_ms"], unique=False)
    op.create_table(
        "watermark",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("seen_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_watermark"),
    )
    op.create_table(
        "scheduled_post",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("thread_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("when", sa.JSON(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("loudness", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["desk_user.id"], name="fk_scheduled_post_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_scheduled_post"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_scheduled_post_chat_id", "scheduled_post", ["chat_id"], unique=False)
    op.create_index("ix_scheduled_post_state_due_ms", "scheduled_post", ["state", "due_ms"], unique=False)
    op.create_table(
        "alert",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("thread_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("symbol", sa.String(), nullable=True),
        sa.Column("level", sa.Text().with_variant(sa.Numeric(), "postgresql"), nullable=True),
        sa.Column("condition", sa.JSON(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=True),
        sa.Column("repeat", sa.Boolean(), nullable=False),
        sa.Column("cooldown_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=True),
        sa.Column("loudness", sa.Text(), nullable=False),
        sa.Column("plan", sa.String(), nullable=True),
        sa.Column("armed_plan", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("memory", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("watched_from_ms", sa.BigInteger(), nullable=False),
        sa.Column("fired_count", sa.Integer(), nullable=False),
        sa.Column("fired_ms", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_alert_account_id"),
        sa.ForeignKeyConstraint(["user_id"], ["desk_user.id"], name="fk_alert_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_alert"),
        sa.UniqueConstraint("source", name="uq_alert_source"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alert_chat_id_state", "alert", ["chat_id", "state"], unique=False)
    op.create_index("ix_alert_expires_ms", "alert", ["expires_ms"], unique=False)
    op.create_index("ix_alert_state_symbol", "alert", ["state", "symbol"], unique=False)
    op.create_index("ix_alert_user_id_state", "alert", ["user_id", "state"], unique=False)
    op.create_table(
        "firing",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("alert_id", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.Text().with_variant(sa.Numeric(), "postgresql"), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("happened_ms", sa.BigInteger(), nullable=False),
        sa.Column("noticed_ms", sa.BigInteger(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("outbox_id", sa.BigInteger(), nullable=True),
        sa.Column("delivered_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name="fk_firing_alert_id"),
        sa.PrimaryKeyConstraint("id", name="pk_firing"),
        sa.UniqueConstraint("alert_id", "sequence", name="uq_firing_alert_id_sequence"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_firing_outbox_id", "firing", ["outbox_id"], unique=False)
    op.create_index("ix_firing_state", "firing", ["state"], unique=False)
    op.create_index("ix_firing_user_id", "firing", ["user_id"], unique=False)
    op.add_column("outbox", sa.Column("photo", sa.LargeBinary(), nullable=True))
    op.add_column("outbox", sa.Column("event", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("outbox", "event")
    op.drop_column("outbox", "photo")
    op.drop_index("ix_firing_user_id", table_name="firing")
    op.drop_index("ix_firing_state", table_name="firing")
    op.drop_index("ix_firing_outbox_id", table_name="firing")
    op.drop_table("firing")
    op.drop_index("ix_alert_user_id_state", table_name="alert")
    op.drop_index("ix_alert_state_symbol", table_name="alert")
    op.drop_index("ix_alert_expires_ms", table_name="alert")
    op.drop_index("ix_alert_chat_id_state", table_name="alert")
    op.drop_table("alert")
    op.drop_index("ix_scheduled_post_state_due_ms", table_name="scheduled_post")
    op.drop_index("ix_scheduled_post_chat_id", table_name="scheduled_post")
    op.drop_table("scheduled_post")
    op.drop_table("watermark")
    op.drop_index("ix_run_done_ms_due_ms", table_name="run")
    op.drop_table("run")
    op.drop_table("chat_loudness")
    op.drop_table("chat")
