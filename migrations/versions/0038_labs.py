"""Laboratory orders and their results."""

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade():
    """Nothing yet."""


def downgrade():
    """Nothing yet."""
