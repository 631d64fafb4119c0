"""Who asked for whose record to be erased, and when it was done."""

import sqlalchemy as sa
from alembic import op

from clinic.migrating import EVERYBODY, protect, touch

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

PEOPLE = ("asked_by_id", "confirmed_by_id", "withdrawn_by_id")


def upgrade():
    op.add_column("patients", sa.Column("erased_at", sa.DateTime(timezone=True)))
    op.create_table(
        "erasures",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by_id", sa.Uuid()),
        sa.Column("confirmed_at", sa.DateTime(timezone=True)),
        sa.Column("confirmed_by_id", sa.Uuid()),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.Column("withdrawn_by_id", sa.Uuid()),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("num_nonnulls(confirmed_at, withdrawn_at) <= 1", name=op.f("ck_erasures_one_answer")),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name="fk_erasures_clinic_id"),
        *(sa.ForeignKeyConstraint([name], ["users.id"], name=op.f(f"fk_erasures_{name}")) for name in PEOPLE),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"], ["patients.clinic_id", "patients.id"],
            name=op.f("fk_erasures_clinic_id_patient_id"),
        ),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_erasures")),
    )  # fmt: skip
    for column in PEOPLE:
        op.create_index(f"ix_erasures_{column}", "erasures", ["clinic_id", column])
    op.create_index(
        "uq_erasures_patient_id", "erasures", ["clinic_id", "patient_id"], unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )  # fmt: skip
    # No patient sees that somebody asked: the restrictive policy knows no row of theirs.
    protect("erasures", patient=EVERYBODY)
    touch("erasures")


def downgrade():
    op.drop_table("erasures")
    op.drop_column("patients", "erased_at")
