"""The broker's ledger: fills valued, rates, payouts, statements; files in the outbox."""

import sqlalchemy as sa

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "ledger_fill",
    "ledger_entry",
    "affiliate_rate",
    "share_rate",
    "payout",
    "payout_line",
    "statement",
)


def upgrade() -> None:
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("debit", sa.String(), nullable=False),
        sa.Column("credit", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_entry"),
        sa.UniqueConstraint("key", name="uq_ledger_entry_key"),
    )
    op.create_index("ix_ledger_entry_month", "ledger_entry", ["month"], unique=False)
    op.create_table(
        "ledger_finding",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_finding"),
        sa.UniqueConstraint("day", "account_id", "kind", name="uq_ledger_finding_day_account_id_kind"),
    )
    op.create_table(
        "ledger_person",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("pseudonym", sa.String(), nullable=False),
        sa.Column("named", sa.Boolean(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_person"),
        sa.UniqueConstraint("pseudonym", name="uq_ledger_person_pseudonym"),
        sa.UniqueConstraint("user_id", name="uq_ledger_person_user_id"),
    )
    op.create_table(
        "payout",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_payout"),
    )
    op.create_index("ix_payout_month", "payout", ["month"], unique=False)
    op.create_table(
        "service_key",
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("master_version", sa.Integer(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("purpose", name="pk_service_key"),
    )
    op.create_table(
        "share_rate",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("party_kind", sa.Text(), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("rate", sa.Text().with_variant(sa.Numeric(), "postgresql"), nullable=False),
        sa.Column("from_month", sa.String(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_share_rate"),
    )
    op.create_index(
        "ix_share_rate_party_kind_party_id", "share_rate", ["party_kind", "party_id"], unique=False
    )
    op.create_table(
        "statement",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("party", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_statement"),
        sa.UniqueConstraint("month", "party", "revision", name="uq_statement_month_party_revision"),
    )
    op.create_table(
        "affiliate_rate",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("rate", sa.Text().with_variant(sa.Numeric(), "postgresql"), nullable=True),
        sa.Column("from_month", sa.String(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["ledger_person.id"], name="fk_affiliate_rate_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_affiliate_rate"),
    )
    op.create_index("ix_affiliate_rate_person_id", "affiliate_rate", ["person_id"], unique=False)
    op.create_table(
        "ledger_fill",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("fill_id", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("booked_ms", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("group_id", sa.BigInteger(), nullable=True),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("symbol", sa.String(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("system_type", sa.String(), nullable=True),
        sa.Column("is_maker", sa.Boolean(), nullable=False),
        sa.Column("fee_amount", sa.Text().with_variant(sa.Numeric(), "postgresql"), nullable=False),
        sa.Column("fee_symbol", sa.String(), nullable=False),
        sa.Column("fee_price", sa.Text().with_variant(sa.Numeric(), "postgresql"), nullable=True),
        sa.Column("price_source", sa.Text(), nullable=False),
        sa.Column("notional", sa.BigInteger(), nullable=False),
        sa.Column("fee", sa.BigInteger(), nullable=False),
        sa.Column("earning", sa.BigInteger(), nullable=False),
        sa.Column("affiliate", sa.Text().with_variant(sa.Numeric(), "postgresql"), nullable=True),
        sa.Column("tier", sa.Integer(), nullable=False),
        sa.Column("share", sa.Text().with_variant(sa.Numeric(), "postgresql"), nullable=False),
        sa.Column("accrued", sa.BigInteger(), nullable=False),
        sa.Column("contingent", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["ledger_person.id"], name="fk_ledger_fill_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_fill"),
        sa.UniqueConstraint("fill_id", "revision", name="uq_ledger_fill_fill_id_revision"),
    )
    op.create_index("ix_ledger_fill_month_person_id", "ledger_fill", ["month", "person_id"], unique=False)
    op.create_index("ix_ledger_fill_account_id_at_ms", "ledger_fill", ["account_id", "at_ms"], unique=False)
    op.create_index(
        "ix_ledger_fill_without_price",
        "ledger_fill",
        ["id"],
        unique=False,
        sqlite_where=sa.text("price_source = 'unknown'"),
        postgresql_where=sa.text("price_source = 'unknown'"),
    )
    op.create_index("ix_ledger_fill_month", "ledger_fill", ["month"], unique=False)
    op.create_table(
        "payout_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("payout_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("exchange_order_id", sa.String(), nullable=True),
        sa.Column("trade_id", sa.BigInteger(), nullable=True),
        sa.Column("account", sa.String(), nullable=True),
        sa.Column("symbol", sa.String(), nullable=True),
        sa.Column("at_ms", sa.BigInteger(), nullable=True),
        sa.Column("volume", sa.BigInteger(), nullable=True),
        sa.Column("fee", sa.BigInteger(), nullable=True),
        sa.Column("rebate", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["payout_id"], ["payout.id"], name="fk_payout_line_payout_id"),
        sa.PrimaryKeyConstraint("id", name="pk_payout_line"),
    )
    op.create_index("ix_payout_line_payout_id", "payout_line", ["payout_id"], unique=False)
    op.create_table(
        "web_pass",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("is_session", sa.Boolean(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_web_pass"),
    )
    op.create_index("ix_web_pass_expires_ms", "web_pass", ["expires_ms"], unique=False)
    op.add_column("fill", sa.Column("booked_ms", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_fill_unbooked",
        "fill",
        ["id"],
        unique=False,
        sqlite_where=sa.text("booked_ms IS NULL"),
        postgresql_where=sa.text("booked_ms IS NULL"),
    )
    op.create_index("ix_fill_account_id_timestamp_ms", "fill", ["account_id", "timestamp_ms"], unique=False)
    op.add_column("outbox", sa.Column("document", sa.LargeBinary(), nullable=True))
    op.add_column("outbox", sa.Column("document_name", sa.String(), nullable=True))
    op.add_column("ticket", sa.Column("group_id", sa.BigInteger(), nullable=True))
    _forbid_changes()


def _forbid_changes() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
        )
        for table in APPEND_ONLY:
            op.execute(
                f"CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only()"
            )
        # Without it the planner expects a group for every fill, and sorts millions of rows on disk.
        op.execute("CREATE STATISTICS ledger_fill_day ON (at_ms / 86400000::bigint) FROM ledger_fill")
        return
    for table in APPEND_ONLY:
        for event in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{event.lower()} BEFORE {event} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def downgrade() -> None:
    op.drop_column("ticket", "group_id")
    op.drop_column("outbox", "document_name")
    op.drop_column("outbox", "document")
    op.drop_index("ix_fill_account_id_timestamp_ms", table_name="fill")
    op.drop_index(
        "ix_fill_unbooked",
        table_name="fill",
        sqlite_where=sa.text("booked_ms IS NULL"),
        postgresql_where=sa.text("booked_ms IS NULL"),
    )
    op.drop_column("fill", "booked_ms")
    op.drop_index("ix_web_pass_expires_ms", table_name="web_pass")
    op.drop_table("web_pass")
    op.drop_index("ix_payout_line_payout_id", table_name="payout_line")
    op.drop_table("payout_line")
    op.drop_index("ix_ledger_fill_without_price", table_name="ledger_fill")
    op.drop_index("ix_ledger_fill_account_id_at_ms", table_name="ledger_fill")
    op.drop_index("ix_ledger_fill_month", table_name="ledger_fill")
    op.drop_index("ix_ledger_fill_month_person_id", table_name="ledger_fill")
    op.drop_table("ledger_fill")
    op.drop_index("ix_affiliate_rate_person_id", table_name="affiliate_rate")
    op.drop_table("affiliate_rate")
    op.drop_table("statement")
    op.drop_index("ix_share_rate_party_kind_party_id", table_name="share_rate")
    op.drop_table("share_rate")
    op.drop_table("service_key")
    op.drop_index("ix_payout_month", table_name="payout")
    op.drop_table("payout")
    op.drop_table("ledger_person")
    op.drop_table("ledger_finding")
    op.drop_index("ix_ledger_entry_month", table_name="ledger_entry")
    op.drop_table("ledger_entry")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION ledger_is_append_only()")
