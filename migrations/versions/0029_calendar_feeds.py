"""Calendars that others read, and busy times read from theirs."""

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade():
    """Filled in with its subject."""


def downgrade():
    """Filled in with its subject."""
