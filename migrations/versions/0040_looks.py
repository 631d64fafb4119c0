"""When somebody who sees a record in the portal last looked at it, and when they had looked before."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

COLUMNS = ("looked_at", "looked_before_at")


def upgrade():
    for column in COLUMNS:
        op.add_column("patient_access", sa.Column(column, sa.DateTime(timezone=True)))


def downgrade():
    for column in COLUMNS:
        op.drop_column("patient_access", column)
