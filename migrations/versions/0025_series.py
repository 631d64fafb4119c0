"""Series of visits, and times for groups."""

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade():
    """Filled in with its subject."""


def downgrade():
    """Filled in with its subject."""
