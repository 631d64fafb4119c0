"""When a doctor said that a referral or an excuse note is finished, so that the desk may give it out."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

TABLES = ("referrals", "excuse_notes")


def upgrade():
    for table in TABLES:
        op.add_column(table, sa.Column("ready_at", sa.DateTime(timezone=True)))


def downgrade():
    for table in TABLES:
        op.drop_column(table, "ready_at")
