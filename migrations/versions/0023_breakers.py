"""Breakers: outside services that failed lately and are left alone for a while."""

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade():
    """Filled in with its subject."""


def downgrade():
    """Filled in with its subject."""
