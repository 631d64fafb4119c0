"""Hours of one date beside the weekly ones, not only in their place."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("availabilities", sa.Column("in_addition", sa.Boolean(), server_default="false", nullable=False))
    op.create_check_constraint(
        op.f("ck_availabilities_only_dated_in_addition"), "availabilities", "NOT in_addition OR on_date IS NOT NULL"
    )


def downgrade():
    # Alone, the extra hours would take the place of the weekly ones.
    op.execute("ALTER TABLE availabilities NO FORCE ROW LEVEL SECURITY")
    op.execute("DELETE FROM availabilities WHERE in_addition")
    op.execute("ALTER TABLE availabilities FORCE ROW LEVEL SECURITY")
    op.drop_constraint("ck_availabilities_only_dated_in_addition", "availabilities")
    op.drop_column("availabilities", "in_addition")
