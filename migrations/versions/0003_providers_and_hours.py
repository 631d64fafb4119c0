"""Visit types, doctors, which of them offers what, and when."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from clinic.migrating import protect, touch

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "visit_types",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("buffer_before", sa.Integer(), server_default="0", nullable=False),
        sa.Column("buffer_after", sa.Integer(), server_default="0", nullable=False),
        sa.Column("step_minutes", sa.Integer(), nullable=True),
        sa.Column("visit_mode", sa.Text(), nullable=True),
        sa.Column("fee", sa.Numeric(precision=12, scale=3), nullable=True),
        sa.Column("colour", sa.Text(), nullable=True),
        sa.Column("booking", sa.Text(), server_default="instant", nullable=False),
        sa.Column("answer_within_hours", sa.Integer(), server_default="24", nullable=False),
        sa.Column("minimum_notice_minutes", sa.Integer(), server_default="60", nullable=False),
        sa.Column("horizon_days", sa.Integer(), server_default="60", nullable=False),
        sa.Column("limit_per_day", sa.Integer(), nullable=True),
        sa.Column("limit_per_patient", sa.Integer(), nullable=True),
        sa.Column("cancel_cutoff_hours", sa.Integer(), server_default="24", nullable=False),
        sa.Column("move_cutoff_hours", sa.Integer(), server_default="24", nullable=False),
        sa.Column("capacity", sa.Integer(), server_default="1", nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
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
            "booking IN ('instant', 'request', 'off')",
            name=op.f("ck_visit_types_booking_is_known"),
        ),
        sa.CheckConstraint("colour ~ '^#[0-9a-f]{6}$'", name=op.f("ck_visit_types_colour_is_hex")),
        sa.CheckConstraint(
            "visit_mode IN ('in_person', 'virtual')",
            name=op.f("ck_visit_types_visit_mode_is_known"),
        ),
        sa.CheckConstraint(
            "answer_within_hours BETWEEN 1 AND 720",
            name=op.f("ck_visit_types_answer_in_range"),
        ),
        sa.CheckConstraint(
            "buffer_before BETWEEN 0 AND 240 AND buffer_after BETWEEN 0 AND 240",
            name=op.f("ck_visit_types_buffers_in_range"),
        ),
        sa.CheckConstraint(
            "cancel_cutoff_hours BETWEEN 0 AND 8760",
            name=op.f("ck_visit_types_cancel_cutoff_in_range"),
        ),
        sa.CheckConstraint("capacity BETWEEN 1 AND 500", name=op.f("ck_visit_types_capacity_in_range")),
        sa.CheckConstraint("fee >= 0 AND fee < 1000000000", name=op.f("ck_visit_types_fee_in_range")),
        sa.CheckConstraint(
            "horizon_days BETWEEN 1 AND 730",
            name=op.f("ck_visit_types_horizon_in_range"),
        ),
        sa.CheckConstraint(
            "minimum_notice_minutes BETWEEN 0 AND 525600",
            name=op.f("ck_visit_types_notice_in_range"),
        ),
        sa.CheckConstraint("minutes BETWEEN 1 AND 1440", name=op.f("ck_visit_types_minutes_in_range")),
        sa.CheckConstraint(
            "move_cutoff_hours BETWEEN 0 AND 8760",
            name=op.f("ck_visit_types_move_cutoff_in_range"),
        ),
        sa.CheckConstraint("step_minutes BETWEEN 1 AND 1440", name=op.f("ck_visit_types_step_in_range")),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name="fk_visit_types_clinic_id"),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_visit_types")),
    )
    op.create_index("uq_visit_types_name", "visit_types", ["clinic_id", "name"], unique=True)
    op.create_table(
        "providers",
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column(
            "specialties",
            postgresql.ARRAY(sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column(
            "languages",
            postgresql.ARRAY(sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("license_number", sa.Text(), nullable=True),
        sa.Column("years_experience", sa.Integer(), nullable=True),
        sa.Column("qualifications", sa.Text(), nullable=True),
        sa.Column("bio", sa.Text(), nullable=True),
        sa.Column("consultation_fee", sa.Numeric(precision=12, scale=3), nullable=True),
        sa.Column("telemed_enabled", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("rating", sa.Numeric(precision=3, scale=2), nullable=True),
        sa.Column("colour", sa.Text(), nullable=True),
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
        sa.CheckConstraint("colour ~ '^#[0-9a-f]{6}$'", name=op.f("ck_providers_colour_is_hex")),
        sa.CheckConstraint(
            "consultation_fee >= 0 AND consultation_fee < 1000000000",
            name=op.f("ck_providers_consultation_fee_in_range"),
        ),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name=op.f("ck_providers_rating_in_range")),
        sa.CheckConstraint(
            "years_experience BETWEEN 0 AND 90",
            name=op.f("ck_providers_years_experience_in_range"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "location_id"],
            ["locations.clinic_id", "locations.id"],
            name=op.f("fk_providers_clinic_id_location_id"),
        ),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name="fk_providers_clinic_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_providers_user_id")),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_providers")),
    )
    op.create_index(
        "ix_providers_location_id",
        "providers",
        ["clinic_id", "location_id"],
        unique=False,
    )
    op.create_index(
        "uq_providers_license_number",
        "providers",
        ["clinic_id", "license_number"],
        unique=True,
    )
    op.create_index("uq_providers_user_id", "providers", ["clinic_id", "user_id"], unique=True)
    op.create_table(
        "provider_visit_types",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("visit_type_id", sa.Uuid(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("fee", sa.Numeric(precision=12, scale=3), nullable=True),
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
            "fee >= 0 AND fee < 1000000000",
            name=op.f("ck_provider_visit_types_fee_in_range"),
        ),
        sa.CheckConstraint(
            "minutes BETWEEN 1 AND 1440",
            name=op.f("ck_provider_visit_types_minutes_in_range"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "provider_id"],
            ["providers.clinic_id", "providers.id"],
            name=op.f("fk_provider_visit_types_clinic_id_provider_id"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "visit_type_id"],
            ["visit_types.clinic_id", "visit_types.id"],
            name=op.f("fk_provider_visit_types_clinic_id_visit_type_id"),
        ),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name="fk_provider_visit_types_clinic_id"),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_provider_visit_types")),
    )
    op.create_index(
        "ix_provider_visit_types_visit_type_id",
        "provider_visit_types",
        ["clinic_id", "visit_type_id"],
        unique=False,
    )
    op.create_index(
        "uq_provider_visit_types_offer",
        "provider_visit_types",
        ["clinic_id", "provider_id", "visit_type_id"],
        unique=True,
    )
    op.create_table(
        "availabilities",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("weekday", sa.SmallInteger(), nullable=True),
        sa.Column("on_date", sa.Date(), nullable=True),
        sa.Column("start_time", sa.Time(), nullable=False),
        sa.Column("end_time", sa.Time(), nullable=False),
        sa.Column("visit_mode", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), server_default="active", nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
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
            "status IN ('active', 'paused')",
            name=op.f("ck_availabilities_status_is_known"),
        ),
        sa.CheckConstraint(
            "visit_mode IN ('in_person', 'virtual')",
            name=op.f("ck_availabilities_visit_mode_is_known"),
        ),
        sa.CheckConstraint("end_time > start_time", name=op.f("ck_availabilities_ends_after_it_starts")),
        sa.CheckConstraint(
            "num_nonnulls(weekday, on_date) = 1",
            name=op.f("ck_availabilities_weekly_or_dated"),
        ),
        sa.CheckConstraint("valid_until >= valid_from", name=op.f("ck_availabilities_valid_forwards")),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_availabilities_weekday_in_range")),
        sa.ForeignKeyConstraint(
            ["clinic_id", "location_id"],
            ["locations.clinic_id", "locations.id"],
            name=op.f("fk_availabilities_clinic_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "provider_id"],
            ["providers.clinic_id", "providers.id"],
            name=op.f("fk_availabilities_clinic_id_provider_id"),
        ),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name="fk_availabilities_clinic_id"),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_availabilities")),
    )
    op.create_index(
        "ix_availabilities_location_id",
        "availabilities",
        ["clinic_id", "location_id"],
        unique=False,
    )
    op.create_index(
        "ix_availabilities_provider_id_on_date",
        "availabilities",
        ["clinic_id", "provider_id", "on_date"],
        unique=False,
    )
    op.create_index(
        "ix_availabilities_provider_id_weekday",
        "availabilities",
        ["clinic_id", "provider_id", "weekday"],
        unique=False,
    )
    protect("visit_types")
    touch("visit_types")
    protect("providers")
    touch("providers")
    protect("provider_visit_types", "SELECT, INSERT, UPDATE, DELETE")
    touch("provider_visit_types")
    protect("availabilities", "SELECT, INSERT, UPDATE, DELETE")
    touch("availabilities")


def downgrade():
    op.drop_table("availabilities")
    op.drop_table("provider_visit_types")
    op.drop_table("providers")
    op.drop_table("visit_types")
