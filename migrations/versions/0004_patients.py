"""Patients, the words they are found by, who may act for them, their tags."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from clinic.migrating import own_patient, protect, touch

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "patients",
        sa.Column("mrn", sa.Text(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("first_name", sa.Text(), nullable=True),
        sa.Column("last_name", sa.Text(), nullable=True),
        sa.Column("date_of_birth", sa.Date(), nullable=True),
        sa.Column("gender", sa.Text(), nullable=True),
        sa.Column("blood_group", sa.Text(), nullable=True),
        sa.Column("height_cm", sa.Numeric(precision=4, scale=1), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("address_line", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("postal_code", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("timezone", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("preferred_contact_method", sa.Text(), nullable=True),
        sa.Column("emergency_contact_name", sa.Text(), nullable=True),
        sa.Column("emergency_contact_phone", sa.Text(), nullable=True),
        sa.Column("allergies", sa.Text(), nullable=True),
        sa.Column("chronic_diseases", sa.Text(), nullable=True),
        sa.Column(
            "demographics",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("deceased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("merged_into_id", sa.Uuid(), nullable=True),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "date_of_birth BETWEEN '1880-01-01' AND '2999-12-31'",
            name=op.f("ck_patients_date_of_birth_in_range"),
        ),
        sa.CheckConstraint(
            "gender IN ('male', 'female', 'other', 'prefer_not_to_say', 'unknown')",
            name=op.f("ck_patients_gender_is_known"),
        ),
        sa.CheckConstraint(
            "preferred_contact_method IN ('phone', 'email', 'sms')",
            name=op.f("ck_patients_preferred_contact_method_is_known"),
        ),
        sa.CheckConstraint("height_cm BETWEEN 20 AND 280", name=op.f("ck_patients_height_in_range")),
        sa.CheckConstraint(
            "length(full_name) BETWEEN 1 AND 255",
            name=op.f("ck_patients_full_name_length"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "merged_into_id"],
            ["patients.clinic_id", "patients.id"],
            name=op.f("fk_patients_clinic_id_merged_into_id"),
        ),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name="fk_patients_clinic_id"),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_patients")),
    )
    op.create_index("ix_patients_created_at", "patients", ["clinic_id", "created_at"], unique=False)
    op.create_index(
        "ix_patients_date_of_birth",
        "patients",
        ["clinic_id", "date_of_birth"],
        unique=False,
    )
    op.create_index(
        "ix_patients_merged_into_id",
        "patients",
        ["clinic_id", "merged_into_id"],
        unique=False,
        postgresql_where=sa.text("merged_into_id IS NOT NULL"),
    )
    op.create_index("uq_patients_mrn", "patients", ["clinic_id", "mrn"], unique=True)
    op.create_table(
        "patient_words",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("word", sa.Text(collation="C"), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"],
            ["patients.clinic_id", "patients.id"],
            name=op.f("fk_patient_words_clinic_id_patient_id"),
        ),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name="fk_patient_words_clinic_id"),
        sa.PrimaryKeyConstraint("clinic_id", "word", "patient_id", name=op.f("pk_patient_words")),
    )
    op.create_index(
        "ix_patient_words_patient_id",
        "patient_words",
        ["clinic_id", "patient_id"],
        unique=False,
    )
    op.create_table(
        "patient_access",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "relation IN ('self', 'parent', 'guardian', 'carer')",
            name=op.f("ck_patient_access_relation_is_known"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"],
            ["patients.clinic_id", "patients.id"],
            name=op.f("fk_patient_access_clinic_id_patient_id"),
        ),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name="fk_patient_access_clinic_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_patient_access_user_id")),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_patient_access")),
    )
    op.create_index(
        "ix_patient_access_user_id",
        "patient_access",
        ["clinic_id", "user_id"],
        unique=False,
    )
    op.create_index(
        "uq_patient_access_patient_id_user_id",
        "patient_access",
        ["clinic_id", "patient_id", "user_id"],
        unique=True,
    )
    op.create_table(
        "patient_tags",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("kind IN ('tag', 'flag')", name=op.f("ck_patient_tags_kind_is_known")),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"],
            ["patients.clinic_id", "patients.id"],
            name=op.f("fk_patient_tags_clinic_id_patient_id"),
        ),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name="fk_patient_tags_clinic_id"),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_patient_tags")),
    )
    op.create_index(
        "uq_patient_tags_tag",
        "patient_tags",
        ["clinic_id", "patient_id", "kind", "tag"],
        unique=True,
    )
    protect("patients", patient=own_patient("id"))
    touch("patients")
    protect("patient_words", "SELECT, INSERT, DELETE", patient=own_patient())
    protect("patient_access", patient=own_patient())
    touch("patient_access")
    protect("patient_tags", "SELECT, INSERT, UPDATE, DELETE", patient=own_patient())
    touch("patient_tags")
    op.execute("CREATE SEQUENCE patient_numbers START 1001")
    op.execute("GRANT USAGE ON SEQUENCE patient_numbers TO clinic_app")


def downgrade():
    op.drop_table("patient_tags")
    op.drop_table("patient_access")
    op.drop_table("patient_words")
    op.drop_table("patients")
    op.execute("DROP SEQUENCE patient_numbers")
