"""Which message or tap made a scheduled post: what Telegram delivers twice makes one."""

import sqlalchemy as sa

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("scheduled_post", sa.Column("source", sa.String(), nullable=True))
    op.create_index("uq_scheduled_post_source", "scheduled_post", ["source"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_scheduled_post_source", "scheduled_post")
    op.drop_column("scheduled_post", "source")
