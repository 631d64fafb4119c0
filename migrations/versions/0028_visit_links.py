"""The patient's link to a visit, what is asked before it and how it was."""

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade():
    """Filled in with its subject."""


def downgrade():
    """Filled in with its subject."""
