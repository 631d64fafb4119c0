"""Calendars that others read, and busy times read from theirs."""

import sqlalchemy as sa
from alembic import op

from clinic.migrating import keep_held, own_columns, own_patient, protect, refers, touch

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

PROBLEMS = "'not_allowed', 'no_answer', 'refused', 'unreadable'"


def upgrade():
    op.create_table(
        "calendar_feeds",
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        *own_columns("calendar_feeds"),
        sa.CheckConstraint(
            "num_nonnulls(provider_id, patient_id) = 1", name=op.f("ck_calendar_feeds_of_a_doctor_or_a_patient")
        ),
        refers("calendar_feeds", "provider_id", "providers"),
        refers("calendar_feeds", "patient_id", "patients"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_calendar_feeds_user_id")),
    )
    op.create_index("uq_calendar_feeds_token_hash", "calendar_feeds", ["clinic_id", "token_hash"], unique=True)
    op.create_index(
        "uq_calendar_feeds_live", "calendar_feeds", ["clinic_id", "user_id", "provider_id", "patient_id"], unique=True,
        postgresql_nulls_not_distinct=True, postgresql_where=sa.text("ended_at IS NULL"),
    )  # fmt: skip
    for column in ("provider_id", "patient_id"):
        op.create_index(
            f"ix_calendar_feeds_{column}", "calendar_feeds", ["clinic_id", column],
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )  # fmt: skip
    op.create_index("ix_calendar_feeds_user_id", "calendar_feeds", ["user_id"])
    protect("calendar_feeds", patient=own_patient())
    op.execute("GRANT SELECT, DELETE ON calendar_feeds TO clinic_keeper")
    keep_held("calendar_feeds", "calendar_feeds.patient_id")
    touch("calendar_feeds")

    op.create_table(
        "busy_sources",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("address_encrypted", sa.LargeBinary(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        *own_columns("busy_sources"),
        sa.CheckConstraint(f"problem IN ({PROBLEMS})", name=op.f("ck_busy_sources_problem_is_known")),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_busy_sources_failures_are_a_count")),
        refers("busy_sources", "provider_id", "providers"),
    )
    op.create_index("ix_busy_sources_provider_id", "busy_sources", ["clinic_id", "provider_id"])
    op.create_index(
        "ix_busy_sources_due_at", "busy_sources", ["clinic_id", "due_at"],
        postgresql_where=sa.text("removed_at IS NULL"),
    )  # fmt: skip
    protect("busy_sources")
    op.execute("GRANT SELECT, DELETE ON busy_sources TO clinic_keeper")
    touch("busy_sources")

    op.add_column("slots", sa.Column("busy_source_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_slots_clinic_id_busy_source_id"), "slots", "busy_sources", ["clinic_id", "busy_source_id"],
        ["clinic_id", "id"],
    )  # fmt: skip
    op.create_check_constraint(
        op.f("ck_slots_only_blocks_come_from_elsewhere"), "slots", "busy_source_id IS NULL OR kind = 'blocked'"
    )
    op.create_index(
        "ix_slots_busy_source_id", "slots", ["clinic_id", "busy_source_id"],
        postgresql_where=sa.text("busy_source_id IS NOT NULL"),
    )  # fmt: skip


def downgrade():
    op.drop_index("ix_slots_busy_source_id", "slots")
    op.drop_constraint("ck_slots_only_blocks_come_from_elsewhere", "slots")
    op.drop_constraint("fk_slots_clinic_id_busy_source_id", "slots")
    op.drop_column("slots", "busy_source_id")
    op.drop_table("busy_sources")
    op.drop_table("calendar_feeds")
