"""Held times that are offered to somebody."""

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade():
    """Filled in with its subject."""


def downgrade():
    """Filled in with its subject."""
