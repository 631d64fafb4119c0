"""Files about patients."""

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade():
    """Nothing yet."""


def downgrade():
    """Nothing yet."""
