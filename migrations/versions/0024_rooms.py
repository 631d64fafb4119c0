"""Rooms, their kinds, and which a visit type needs."""

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade():
    """Filled in with its subject."""


def downgrade():
    """Filled in with its subject."""
