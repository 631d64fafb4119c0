"""Legal holds: whose rows must stay although their time to go has come."""

import sqlalchemy as sa
from alembic import op

from clinic.migrating import EVERYBODY, protect, touch

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "legal_holds",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("placed_by_id", sa.Uuid(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("ended_by_id", sa.Uuid()),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name="fk_legal_holds_clinic_id"),
        sa.ForeignKeyConstraint(["placed_by_id"], ["users.id"], name=op.f("fk_legal_holds_placed_by_id")),
        sa.ForeignKeyConstraint(["ended_by_id"], ["users.id"], name=op.f("fk_legal_holds_ended_by_id")),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"], ["patients.clinic_id", "patients.id"],
            name=op.f("fk_legal_holds_clinic_id_patient_id"),
        ),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_legal_holds")),
    )  # fmt: skip
    for column in ("patient_id", "placed_by_id", "ended_by_id"):
        op.create_index(f"ix_legal_holds_{column}", "legal_holds", ["clinic_id", column])
    # No patient sees that their record is held: the restrictive policy knows no row of theirs.
    protect("legal_holds", patient=EVERYBODY)
    touch("legal_holds")


def downgrade():
    op.drop_table("legal_holds")
