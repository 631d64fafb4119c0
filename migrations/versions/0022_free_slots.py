"""An index of the shared times that have seats left, for the sweeper."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade():
    op.create_index(
        "ix_slots_free", "slots", ["clinic_id", "provider_id"],
        postgresql_where=sa.text("kind = 'open' AND status = 'free'"),
    )  # fmt: skip


def downgrade():
    op.drop_index("ix_slots_free", "slots")
