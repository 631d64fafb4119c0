"""Doctors' notes, what was added to them, and the templates they begin from."""

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade():
    """Nothing yet."""


def downgrade():
    """Nothing yet."""
