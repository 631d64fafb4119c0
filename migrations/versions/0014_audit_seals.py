"""The hash chain over the audit log: batches of its entries, sealed one after the other."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from clinic.migrating import CLINIC, EVERYBODY, grant

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "audit_seals",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("entry_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_audit_seals")),
        sa.UniqueConstraint("clinic_id", "number", name=op.f("uq_audit_seals_clinic_id_number")),
        sa.UniqueConstraint("clinic_id", "previous_hash", name=op.f("uq_audit_seals_clinic_id_previous_hash")),
        sa.CheckConstraint("number > 0", name=op.f("ck_audit_seals_number_counts")),
        sa.CheckConstraint("cardinality(entry_ids) > 0", name=op.f("ck_audit_seals_seals_something")),
    )
    # No foreign key to the clinic: entries outside any clinic have a chain of their own, under the nil id.
    grant("audit_seals", "SELECT, INSERT")
    op.execute("ALTER TABLE audit_seals ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE audit_seals FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY of_clinic ON audit_seals USING (clinic_id = {CLINIC} AND {EVERYBODY})")


def downgrade():
    op.drop_table("audit_seals")
