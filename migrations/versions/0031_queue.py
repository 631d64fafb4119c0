"""The queue, and days that are closed."""

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade():
    """Filled in with its subject."""


def downgrade():
    """Filled in with its subject."""
