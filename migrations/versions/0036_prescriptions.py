"""Prescriptions, the list of drugs and each doctor's favourites."""

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade():
    """Nothing yet."""


def downgrade():
    """Nothing yet."""
