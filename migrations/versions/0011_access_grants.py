"""Rights that somebody has for a reason and for a while: break-glass, support, impersonation."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from clinic.migrating import own_patient, protect, touch

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "access_grants",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("granted_by_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid()),
        sa.Column("patient_id", sa.Uuid()),
        sa.Column("scope", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("reviewed_at", sa.DateTime(timezone=True)),
        sa.Column("reviewed_by_id", sa.Uuid()),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('break_glass', 'support', 'impersonation')", name=op.f("ck_access_grants_kind_is_known")
        ),
        sa.CheckConstraint("char_length(btrim(reason)) >= 10", name=op.f("ck_access_grants_reason_is_said")),
        sa.CheckConstraint("until <= created_at + interval '4 hours'", name=op.f("ck_access_grants_is_short")),
        sa.CheckConstraint(
            "(kind = 'break_glass') = (patient_id IS NOT NULL) AND (kind = 'impersonation') = (subject_id IS NOT NULL)"
            " AND (kind = 'support') = (cardinality(scope) > 0)",
            name=op.f("ck_access_grants_says_what_for"),
        ),
        sa.CheckConstraint("subject_id <> user_id", name=op.f("ck_access_grants_is_for_another")),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name="fk_access_grants_clinic_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_access_grants_user_id")),
        sa.ForeignKeyConstraint(["granted_by_id"], ["users.id"], name=op.f("fk_access_grants_granted_by_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["users.id"], name=op.f("fk_access_grants_subject_id")),
        sa.ForeignKeyConstraint(["reviewed_by_id"], ["users.id"], name=op.f("fk_access_grants_reviewed_by_id")),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"], ["patients.clinic_id", "patients.id"],
            name=op.f("fk_access_grants_clinic_id_patient_id"),
        ),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_access_grants")),
    )  # fmt: skip
    for column in ("granted_by_id", "subject_id", "reviewed_by_id", "patient_id"):
        op.create_index(f"ix_access_grants_{column}", "access_grants", ["clinic_id", column])
    op.create_index("ix_access_grants_user_id", "access_grants", ["clinic_id", "user_id", "until"])
    op.create_index("ix_access_grants_created_at", "access_grants", ["clinic_id", "created_at"])
    protect("access_grants", patient=own_patient())
    touch("access_grants")


def downgrade():
    op.drop_table("access_grants")
