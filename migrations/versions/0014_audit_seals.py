"""Whom an audit entry is about and who may read it, and the hash chain over the log, sealed batch by batch."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from clinic.migrating import CLINIC, EVERYBODY, PATIENTS, grant

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# Patients read who opened their record: what was done, never what was refused to somebody.
OWN = f"decision = 'allowed' AND patient_id = ANY ({PATIENTS}::uuid[])"


def upgrade():
    op.add_column("audit_entries", sa.Column("patient_id", sa.Uuid()))
    op.create_index(
        "ix_audit_entries_patient_id", "audit_entries", ["clinic_id", "patient_id", "created_at"],
        postgresql_where=sa.text("patient_id IS NOT NULL"),
    )  # fmt: skip
    op.create_index("ix_audit_entries_actor_id", "audit_entries", ["clinic_id", "actor_id", "created_at"])
    op.create_index(
        "ix_audit_entries_refused", "audit_entries", ["clinic_id", "created_at"],
        postgresql_where=sa.text("decision = 'refused'"),
    )  # fmt: skip
    op.execute("DROP POLICY reading ON audit_entries")
    op.execute(f"CREATE POLICY reading ON audit_entries FOR SELECT USING (clinic_id = {CLINIC})")
    op.execute(f"CREATE POLICY of_patient ON audit_entries AS RESTRICTIVE FOR SELECT USING ({EVERYBODY} OR ({OWN}))")
    # The keeper alone sees every clinic's entries and those of none: it seals them, and the application cannot.
    op.execute("GRANT SELECT ON audit_entries TO clinic_keeper")
    op.execute("CREATE POLICY sealing ON audit_entries FOR SELECT TO clinic_keeper USING (true)")
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
    grant("audit_seals", "SELECT")
    op.execute("GRANT SELECT, INSERT ON audit_seals TO clinic_keeper")
    op.execute("ALTER TABLE audit_seals ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE audit_seals FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY of_clinic ON audit_seals USING (clinic_id = {CLINIC} AND {EVERYBODY})")
    op.execute("CREATE POLICY sealing ON audit_seals TO clinic_keeper USING (true) WITH CHECK (true)")


def downgrade():
    op.drop_table("audit_seals")
    for policy in ("sealing", "of_patient", "reading"):
        op.execute(f"DROP POLICY {policy} ON audit_entries")
    op.execute("REVOKE SELECT ON audit_entries FROM clinic_keeper")
    op.execute(f"CREATE POLICY reading ON audit_entries FOR SELECT USING (clinic_id = {CLINIC} AND {EVERYBODY})")
    op.drop_index("ix_audit_entries_refused", "audit_entries")
    op.drop_index("ix_audit_entries_actor_id", "audit_entries")
    op.drop_index("ix_audit_entries_patient_id", "audit_entries")
    op.drop_column("audit_entries", "patient_id")
