"""Breakers: outside services that failed lately and are left alone for a while."""

import sqlalchemy as sa
from alembic import op

from clinic.migrating import grant, touch

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "breakers",
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("rests_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_breakers_failures_are_a_count")),
        sa.PrimaryKeyConstraint("service", name=op.f("pk_breakers")),
    )
    grant("breakers", "SELECT, INSERT, UPDATE, DELETE")
    touch("breakers")


def downgrade():
    op.drop_table("breakers")
