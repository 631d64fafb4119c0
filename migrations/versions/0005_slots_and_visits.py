"""Pieces of time, visits in them, and the history of each visit."""

import sqlalchemy as sa
from alembic import op

from clinic.migrating import no_overlap, own_patient, protect, through, touch

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "slots",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("visit_type_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("busy_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("busy_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("visit_mode", sa.Text(), nullable=True),
        sa.Column("capacity", sa.Integer(), server_default="1", nullable=False),
        sa.Column("taken", sa.Integer(), server_default="0", nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held_by_id", sa.Uuid(), nullable=True),
        sa.Column("overbooked", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("overbooked_reason", sa.Text(), nullable=True),
        sa.Column("overbooked_by_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
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
            "(kind = 'blocked') = (status = 'blocked')",
            name=op.f("ck_slots_blocked_is_blocked"),
        ),
        sa.CheckConstraint(
            "(status = 'held') = (held_until IS NOT NULL)",
            name=op.f("ck_slots_held_until_when_held"),
        ),
        sa.CheckConstraint(
            "busy_from >= starts_at - interval '4 hours' AND busy_until <= ends_at + interval '4 hours'",
            name=op.f("ck_slots_buffers_are_short"),
        ),
        sa.CheckConstraint(
            "ends_at > starts_at AND ends_at <= starts_at + interval '24 hours'",
            name=op.f("ck_slots_length"),
        ),
        sa.CheckConstraint(
            "kind IN ('open', 'published', 'blocked')",
            name=op.f("ck_slots_kind_is_known"),
        ),
        sa.CheckConstraint(
            "status IN ('free', 'held', 'booked', 'blocked')",
            name=op.f("ck_slots_status_is_known"),
        ),
        sa.CheckConstraint(
            "visit_mode IN ('in_person', 'virtual')",
            name=op.f("ck_slots_visit_mode_is_known"),
        ),
        sa.CheckConstraint(
            "NOT overbooked OR overbooked_reason IS NOT NULL",
            name=op.f("ck_slots_overbooked_has_a_reason"),
        ),
        sa.CheckConstraint(
            "busy_from <= starts_at AND busy_until >= ends_at",
            name=op.f("ck_slots_busy_covers"),
        ),
        sa.CheckConstraint("taken BETWEEN 0 AND capacity", name=op.f("ck_slots_seats")),
        sa.ForeignKeyConstraint(
            ["clinic_id", "provider_id"],
            ["providers.clinic_id", "providers.id"],
            name=op.f("fk_slots_clinic_id_provider_id"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "visit_type_id"],
            ["visit_types.clinic_id", "visit_types.id"],
            name=op.f("fk_slots_clinic_id_visit_type_id"),
        ),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name="fk_slots_clinic_id"),
        sa.ForeignKeyConstraint(["held_by_id"], ["users.id"], name=op.f("fk_slots_held_by_id")),
        sa.ForeignKeyConstraint(["overbooked_by_id"], ["users.id"], name=op.f("fk_slots_overbooked_by_id")),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_slots")),
        sa.UniqueConstraint("clinic_id", "id", "provider_id", name="uq_slots_provider"),
    )
    op.create_index(
        "ix_slots_held_by_id",
        "slots",
        ["clinic_id", "held_by_id"],
        unique=False,
        postgresql_where=sa.text("held_by_id IS NOT NULL"),
    )
    op.create_index(
        "ix_slots_held_until",
        "slots",
        ["clinic_id", "held_until"],
        unique=False,
        postgresql_where=sa.text("status = 'held'"),
    )
    op.create_index(
        "ix_slots_overbooked_by_id",
        "slots",
        ["clinic_id", "overbooked_by_id"],
        unique=False,
        postgresql_where=sa.text("overbooked_by_id IS NOT NULL"),
    )
    op.create_index(
        "ix_slots_provider_id_starts_at",
        "slots",
        ["clinic_id", "provider_id", "starts_at"],
        unique=False,
    )
    op.create_index("ix_slots_visit_type_id", "slots", ["clinic_id", "visit_type_id"], unique=False)
    op.create_table(
        "seat_holds",
        sa.Column("slot_id", sa.Uuid(), nullable=False),
        sa.Column("held_by_id", sa.Uuid(), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=False),
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
        sa.ForeignKeyConstraint(
            ["clinic_id", "slot_id"],
            ["slots.clinic_id", "slots.id"],
            name=op.f("fk_seat_holds_clinic_id_slot_id"),
        ),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name="fk_seat_holds_clinic_id"),
        sa.ForeignKeyConstraint(["held_by_id"], ["users.id"], name=op.f("fk_seat_holds_held_by_id")),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_seat_holds")),
    )
    op.create_index(
        "ix_seat_holds_held_by_id",
        "seat_holds",
        ["clinic_id", "held_by_id"],
        unique=False,
    )
    op.create_index(
        "uq_seat_holds_slot_id_held_by_id",
        "seat_holds",
        ["clinic_id", "slot_id", "held_by_id"],
        unique=True,
    )
    op.create_table(
        "visits",
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("slot_id", sa.Uuid(), nullable=True),
        sa.Column("visit_type_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("visit_mode", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_for_id", sa.Uuid(), nullable=True),
        sa.Column("external_created_by", sa.Text(), nullable=True),
        sa.Column("ticket_number", sa.Integer(), nullable=True),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_reason", sa.Text(), nullable=True),
        sa.Column("cancel_note", sa.Text(), nullable=True),
        sa.Column("cancelled_by_id", sa.Uuid(), nullable=True),
        sa.Column("meeting_url", sa.Text(), nullable=True),
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
            "(status = 'cancelled') = (cancel_reason IS NOT NULL)",
            name=op.f("ck_visits_cancelled_has_a_reason"),
        ),
        sa.CheckConstraint(
            "cancel_reason IN ('patient', 'clinic', 'provider_away', 'unanswered', 'entered_in_error', 'other')",
            name=op.f("ck_visits_cancel_reason_is_known"),
        ),
        sa.CheckConstraint("kind IN ('scheduled', 'walk_in')", name=op.f("ck_visits_kind_is_known")),
        sa.CheckConstraint(
            "source IN ('desk', 'portal', 'referrer', 'phone', 'cal', 'acuity', 'fhir', 'import')",
            name=op.f("ck_visits_source_is_known"),
        ),
        sa.CheckConstraint(
            "status IN ('requested', 'booked', 'confirmed', 'checked_in', 'in_progress', 'completed', 'cancelled', 'no_show')",
            name=op.f("ck_visits_status_is_known"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('requested', 'booked', 'confirmed', 'checked_in', 'in_progress') OR kind <> 'scheduled' OR source IN ('fhir', 'import') OR (slot_id IS NOT NULL AND provider_id IS NOT NULL AND ends_at IS NOT NULL)",
            name=op.f("ck_visits_live_has_its_time"),
        ),
        sa.CheckConstraint(
            "visit_mode IN ('in_person', 'virtual')",
            name=op.f("ck_visits_visit_mode_is_known"),
        ),
        sa.CheckConstraint("ends_at >= starts_at", name=op.f("ck_visits_ends_after_it_starts")),
        sa.CheckConstraint(
            "slot_id IS NULL OR provider_id IS NOT NULL",
            name=op.f("ck_visits_slot_has_a_provider"),
        ),
        sa.ForeignKeyConstraint(["cancelled_by_id"], ["users.id"], name=op.f("fk_visits_cancelled_by_id")),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"],
            ["patients.clinic_id", "patients.id"],
            name=op.f("fk_visits_clinic_id_patient_id"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "provider_id"],
            ["providers.clinic_id", "providers.id"],
            name=op.f("fk_visits_clinic_id_provider_id"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "slot_id", "provider_id"],
            ["slots.clinic_id", "slots.id", "slots.provider_id"],
            name="fk_visits_slot_id_provider_id",
            deferrable=True,
            initially="IMMEDIATE",
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "visit_type_id"],
            ["visit_types.clinic_id", "visit_types.id"],
            name=op.f("fk_visits_clinic_id_visit_type_id"),
        ),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name="fk_visits_clinic_id"),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_visits_created_by_id")),
        sa.ForeignKeyConstraint(["created_for_id"], ["users.id"], name=op.f("fk_visits_created_for_id")),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_visits")),
    )
    op.create_index(
        "ix_visits_cancelled_by_id",
        "visits",
        ["clinic_id", "cancelled_by_id"],
        unique=False,
        postgresql_where=sa.text("cancelled_by_id IS NOT NULL"),
    )
    op.create_index(
        "ix_visits_created_by_id",
        "visits",
        ["clinic_id", "created_by_id"],
        unique=False,
    )
    op.create_index(
        "ix_visits_created_for_id",
        "visits",
        ["clinic_id", "created_for_id"],
        unique=False,
        postgresql_where=sa.text("created_for_id IS NOT NULL"),
    )
    op.create_index(
        "ix_visits_live",
        "visits",
        ["clinic_id", "status", "starts_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('requested', 'booked', 'confirmed', 'checked_in', 'in_progress')"),
    )
    op.create_index(
        "ix_visits_patient_id_starts_at",
        "visits",
        ["clinic_id", "patient_id", "starts_at"],
        unique=False,
    )
    op.create_index(
        "ix_visits_provider_id_starts_at",
        "visits",
        ["clinic_id", "provider_id", "starts_at"],
        unique=False,
    )
    op.create_index(
        "ix_visits_slot_id",
        "visits",
        ["clinic_id", "slot_id"],
        unique=False,
        postgresql_where=sa.text("slot_id IS NOT NULL"),
    )
    op.create_index("ix_visits_starts_at", "visits", ["clinic_id", "starts_at"], unique=False)
    op.create_index(
        "ix_visits_visit_type_id",
        "visits",
        ["clinic_id", "visit_type_id"],
        unique=False,
    )
    op.create_table(
        "visit_events",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("from_status", sa.Text(), nullable=True),
        sa.Column("to_status", sa.Text(), nullable=True),
        sa.Column("progress", sa.Text(), nullable=True),
        sa.Column("old_starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("new_starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_by_id", sa.Uuid(), nullable=True),
        sa.Column("changed_for_id", sa.Uuid(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "from_status IN ('requested', 'booked', 'confirmed', 'checked_in', 'in_progress', 'completed', 'cancelled', 'no_show')",
            name=op.f("ck_visit_events_from_status_is_known"),
        ),
        sa.CheckConstraint(
            "kind IN ('booked', 'status', 'moved', 'undone', 'progress', 'note')",
            name=op.f("ck_visit_events_kind_is_known"),
        ),
        sa.CheckConstraint(
            "to_status IN ('requested', 'booked', 'confirmed', 'checked_in', 'in_progress', 'completed', 'cancelled', 'no_show')",
            name=op.f("ck_visit_events_to_status_is_known"),
        ),
        sa.ForeignKeyConstraint(["changed_by_id"], ["users.id"], name=op.f("fk_visit_events_changed_by_id")),
        sa.ForeignKeyConstraint(
            ["changed_for_id"],
            ["users.id"],
            name=op.f("fk_visit_events_changed_for_id"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "visit_id"],
            ["visits.clinic_id", "visits.id"],
            name=op.f("fk_visit_events_clinic_id_visit_id"),
        ),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name="fk_visit_events_clinic_id"),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_visit_events")),
    )
    op.create_index(
        "ix_visit_events_changed_by_id",
        "visit_events",
        ["clinic_id", "changed_by_id"],
        unique=False,
    )
    op.create_index(
        "ix_visit_events_changed_for_id",
        "visit_events",
        ["clinic_id", "changed_for_id"],
        unique=False,
        postgresql_where=sa.text("changed_for_id IS NOT NULL"),
    )
    op.create_index(
        "ix_visit_events_visit_id",
        "visit_events",
        ["clinic_id", "visit_id"],
        unique=False,
    )
    protect("slots", "SELECT, INSERT, UPDATE, DELETE")
    touch("slots")
    protect("seat_holds", "SELECT, INSERT, UPDATE, DELETE")
    touch("seat_holds")
    protect("visits", patient=own_patient())
    touch("visits")
    protect(
        "visit_events",
        "SELECT, INSERT",
        patient=through("visit_events", "visits", "visit_id"),
    )
    no_overlap(
        "slots",
        "ex_slots_provider",
        "provider_id",
        "kind <> 'blocked' AND NOT overbooked",
    )


def downgrade():
    op.drop_table("visit_events")
    op.drop_table("visits")
    op.drop_table("seat_holds")
    op.drop_table("slots")
