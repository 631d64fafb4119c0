"""Referrals and excuse notes."""

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade():
    """Nothing yet."""


def downgrade():
    """Nothing yet."""
