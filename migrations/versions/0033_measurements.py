"""What was measured on patients."""

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade():
    """Nothing yet."""


def downgrade():
    """Nothing yet."""
