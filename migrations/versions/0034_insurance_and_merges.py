"""Insurance policies, what was known of a patient before, and records that became one."""

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade():
    """Nothing yet."""


def downgrade():
    """Nothing yet."""
