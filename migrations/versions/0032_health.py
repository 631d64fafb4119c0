"""What a person has had and must not have: conditions, allergies, immunizations, procedures."""

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade():
    """Nothing yet."""


def downgrade():
    """Nothing yet."""
