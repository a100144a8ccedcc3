"""Who is active: one lease, and the proof of it that every transaction of the active process begins with."""

import sqlalchemy as sa

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lease",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_lease"),
    )
    if op.get_bind().dialect.name == "postgresql":
        # Taking the lease locks its row for update, and so waits for every transaction that has proved it.
        op.execute(
            "CREATE FUNCTION prove_lease(wanted text, mine bigint) RETURNS void LANGUAGE plpgsql AS "
            "$$ BEGIN PERFORM 1 FROM lease WHERE name = wanted AND epoch = mine FOR KEY SHARE; "
            "IF NOT FOUND THEN RAISE EXCEPTION 'another process is active' USING ERRCODE = 'RK001'; END IF; "
            "END $$"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION prove_lease(text, bigint)")
    op.drop_table("lease")
