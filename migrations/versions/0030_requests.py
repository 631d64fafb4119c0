"""Visits asked for without a time, and the waiting list."""

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade():
    """Filled in with its subject."""


def downgrade():
    """Filled in with its subject."""
