"""What patients are told, and whether it arrived."""

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade():
    """Filled in with its subject."""


def downgrade():
    """Filled in with its subject."""
