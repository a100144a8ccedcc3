"""The first shape: users, sealed accounts, tickets, orders, fills, outbox, buttons, audit."""

import sqlalchemy as sa

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit"),
    )
    op.create_index("ix_audit_user_id", "audit", ["user_id"], unique=False)
    op.create_table(
        "button",
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("used_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("token", name="pk_button"),
    )
    op.create_index("ix_button_expires_ms", "button", ["expires_ms"], unique=False)
    op.create_index("ix_button_user_id", "button", ["user_id"], unique=False)
    op.create_table(
        "desk_user",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("size_meaning", sa.Text(), nullable=True),
        sa.Column("slippage_percent", sa.Text().with_variant(sa.Numeric(), "postgresql"), nullable=False),
        sa.Column(
            "price_tolerance_percent", sa.Text().with_variant(sa.Numeric(), "postgresql"), nullable=False
        ),
        sa.Column("confirm_mode", sa.Text(), nullable=False),
        sa.Column("confirm_below_usd", sa.Text().with_variant(sa.Numeric(), "postgresql"), nullable=True),
        sa.Column("quiet_from", sa.Integer(), nullable=True),
        sa.Column("quiet_to", sa.Integer(), nullable=True),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("default_account_id", sa.BigInteger(), nullable=True),
        sa.Column("forgotten_ms", sa.BigInteger(), nullable=True),
        sa.Column("access", sa.Text(), nullable=False),
        sa.Column("asked_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_desk_user"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("thread_id", sa.BigInteger(), nullable=True),
        sa.Column("lane", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("dedupe_key", sa.String(), nullable=True),
        sa.Column("card_key", sa.String(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("keyboard", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("reply_to", sa.BigInteger(), nullable=True),
        sa.Column("silent", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before_ms", sa.BigInteger(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("sent_ms", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("lease_until_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("dedupe_key", name="uq_outbox_dedupe_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_card_key", "outbox", ["card_key"], unique=False)
    op.create_index("ix_outbox_chat_id_message_id", "outbox", ["chat_id", "message_id"], unique=False)
    op.create_index("ix_outbox_state_lane_id", "outbox", ["state", "lane", "id"], unique=False)
    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("nonce", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("verified_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["desk_user.id"], name="fk_account_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_account_user_id_label",
        "account",
        ["user_id", "label"],
        unique=True,
        sqlite_where=sa.text("state <> 'unlinked'"),
        postgresql_where=sa.text("state <> 'unlinked'"),
    )
    op.create_index(
        "uq_account_user_id_public_key",
        "account",
        ["user_id", "public_key"],
        unique=True,
        sqlite_where=sa.text("state <> 'unlinked'"),
        postgresql_where=sa.text("state <> 'unlinked'"),
    )
    op.create_table(
        "data_key",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("master_version", sa.Integer(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["desk_user.id"], name="fk_data_key_user_id"),
        sa.PrimaryKeyConstraint("user_id", name="pk_data_key"),
    )
    op.create_index("ix_data_key_master_version", "data_key", ["master_version"], unique=False)
    op.create_table(
        "fill",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("symbol", sa.String(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("trade_id", sa.BigInteger(), nullable=True),
        sa.Column("exchange_order_id", sa.String(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=True),
        sa.Column("price", sa.Text().with_variant(sa.Numeric(), "postgresql"), nullable=False),
        sa.Column("quantity", sa.Text().with_variant(sa.Numeric(), "postgresql"), nullable=False),
        sa.Column("fee", sa.Text().with_variant(sa.Numeric(), "postgresql"), nullable=False),
        sa.Column("fee_symbol", sa.String(), nullable=False),
        sa.Column("is_maker", sa.Boolean(), nullable=False),
        sa.Column("system_type", sa.String(), nullable=True),
        sa.Column("timestamp_ms", sa.BigInteger(), nullable=False),
        sa.Column("judged", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_fill_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_fill"),
        sa.UniqueConstraint(
            "account_id",
            "symbol",
            "exchange_order_id",
            "trade_id",
            name="uq_fill_account_id_symbol_exchange_order_id_trade_id",
        ),
    )
    op.create_index(
        "ix_fill_unjudged",
        "fill",
        ["id"],
        unique=False,
        sqlite_where=sa.text("NOT judged"),
        postgresql_where=sa.text("NOT judged"),
    )
    op.create_index(
        "uq_fill_without_trade_id",
        "fill",
        ["account_id", "symbol", "exchange_order_id", "timestamp_ms", "price", "quantity"],
        unique=True,
        sqlite_where=sa.text("trade_id IS NULL"),
        postgresql_where=sa.text("trade_id IS NULL"),
    )
    op.create_table(
        "ticket",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("legs", sa.JSON(), nullable=False),
        sa.Column("preview", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("claimed_ms", sa.BigInteger(), nullable=True),
        sa.Column("done_ms", sa.BigInteger(), nullable=True),
        sa.Column("reference_price", sa.Text().with_variant(sa.Numeric(), "postgresql"), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_ticket_account_id"),
        sa.ForeignKeyConstraint(["user_id"], ["desk_user.id"], name="fk_ticket_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_ticket"),
        sa.UniqueConstraint("token_hash", name="uq_ticket_token_hash"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_ticket_chat_id_message_id", "ticket", ["chat_id", "message_id"], unique=False)
    op.create_index("ix_ticket_user_id_state", "ticket", ["user_id", "state"], unique=False)
    op.create_table(
        "desk_order",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=True),
        sa.Column("leg", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("symbol", sa.String(), nullable=False),
        sa.Column("base", sa.String(), nullable=False),
        sa.Column("quote", sa.String(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("order_type", sa.Text(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=True),
        sa.Column("broker_id", sa.Integer(), nullable=True),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Text().with_variant(sa.Numeric(), "postgresql"), nullable=True),
        sa.Column("quote_quantity", sa.Text().with_variant(sa.Numeric(), "postgresql"), nullable=True),
        sa.Column("price", sa.Text().with_variant(sa.Numeric(), "postgresql"), nullable=True),
        sa.Column("trigger_price", sa.Text().with_variant(sa.Numeric(), "postgresql"), nullable=True),
        sa.Column("timestamp_ms", sa.BigInteger(), nullable=False),
        sa.Column("window_ms", sa.Integer(), nullable=False),
        sa.Column("deadline_ms", sa.BigInteger(), nullable=False),
        sa.Column("exchange_id", sa.String(), nullable=True),
        sa.Column("executed", sa.Text().with_variant(sa.Numeric(), "postgresql"), nullable=False),
        sa.Column("executed_quote", sa.Text().with_variant(sa.Numeric(), "postgresql"), nullable=False),
        sa.Column("fee", sa.Text().with_variant(sa.Numeric(), "postgresql"), nullable=True),
        sa.Column("fee_symbol", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.Column("error_message", sa.String(), nullable=True),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("exits_due_ms", sa.BigInteger(), nullable=True),
        sa.Column("exits_misses", sa.Integer(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("updated_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_desk_order_account_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_desk_order_ticket_id"),
        sa.ForeignKeyConstraint(["user_id"], ["desk_user.id"], name="fk_desk_order_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_desk_order"),
        sa.UniqueConstraint("account_id", "client_id", name="uq_desk_order_account_id_client_id"),
        sa.UniqueConstraint(
            "account_id", "exchange_id", "symbol", name="uq_desk_order_account_id_exchange_id_symbol"
        ),
        sa.UniqueConstraint("user_id", "code", name="uq_desk_order_user_id_code"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_desk_order_exits_due_ms", "desk_order", ["exits_due_ms"], unique=False)
    op.create_index("ix_desk_order_state", "desk_order", ["state"], unique=False)
    op.create_index("ix_desk_order_ticket_id", "desk_order", ["ticket_id"], unique=False)
    _forbid_changes_to_audit()


def _forbid_changes_to_audit() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'audit is append-only'; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()"
        )
        return
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_refuses_{event.lower()} BEFORE {event} ON audit "
            "BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END"
        )


def downgrade() -> None:
    op.drop_table("desk_order")
    op.drop_table("ticket")
    op.drop_table("fill")
    op.drop_table("data_key")
    op.drop_table("account")
    op.drop_table("outbox")
    op.drop_table("desk_user")
    op.drop_table("button")
    op.drop_table("audit")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_is_append_only()")
