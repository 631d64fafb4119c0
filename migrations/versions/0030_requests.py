"""Visits asked for without a time, and the waiting list."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from clinic.migrating import keep_held, own_patient, protect, through, touch

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

OF_REQUEST = (
    "(SELECT r.patient_id FROM visit_requests AS r"
    " WHERE r.clinic_id = request_events.clinic_id AND r.id = request_events.request_id)"
)
# What an offer is for, in tables that are younger than offers.
OF_OFFERS = {"request_id": "visit_requests", "waitlist_entry_id": "waitlist_entries"}
# Whoever frees a time asks this, patients too, who see no entry but their own; it tells nothing but yes or no.
SOMEBODY_WAITS = """
CREATE FUNCTION somebody_waits() RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    seen text := current_setting('app.patient_ids', true);
    waits boolean;
BEGIN
    PERFORM set_config('app.patient_ids', '', true);
    SELECT EXISTS (SELECT 1 FROM waitlist_entries
                    WHERE clinic_id = nullif(current_setting('app.clinic_id', true), '')::uuid AND status = 'waiting')
      INTO waits;
    PERFORM set_config('app.patient_ids', coalesce(seen, ''), true);
    RETURN waits;
END
$$
"""


def upgrade():
    op.create_table(
        "visit_requests",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("visit_mode", sa.Text(), nullable=False),
        sa.Column("visit_type_id", sa.Uuid(), nullable=True),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("requested_on", sa.Date(), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("window_start", sa.Time(), nullable=True),
        sa.Column("window_end", sa.Time(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reason_category", sa.Text(), nullable=True),
        sa.Column("severity", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("proposed_slot_id", sa.Uuid(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("created_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_for_id", sa.Uuid(), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by_id", sa.Uuid(), nullable=True),
        sa.Column("cancel_note", sa.Text(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(status = 'cancelled') = (cancelled_at IS NOT NULL)", name=op.f("ck_visit_requests_cancelled_has_a_time")
        ),
        sa.CheckConstraint(
            "(status = 'converted_to_visit') = (visit_id IS NOT NULL)",
            name=op.f("ck_visit_requests_converted_has_a_visit"),
        ),
        sa.CheckConstraint(
            "(status IN ('new', 'triaged', 'awaiting_patient_confirmation')) = (answer_by IS NOT NULL)",
            name=op.f("ck_visit_requests_open_has_an_answer_by"),
        ),
        sa.CheckConstraint("kind IN ('scheduled', 'walk_in')", name=op.f("ck_visit_requests_kind_is_known")),
        sa.CheckConstraint(
            "reason_category IN ('new_problem', 'follow_up', 'prescription', 'results', 'paper', 'other')",
            name=op.f("ck_visit_requests_reason_category_is_known"),
        ),
        sa.CheckConstraint(
            "severity IN ('green', 'yellow', 'orange', 'red')", name=op.f("ck_visit_requests_severity_is_known")
        ),
        sa.CheckConstraint(
            "source IN ('desk', 'portal', 'referrer', 'phone', 'cal', 'acuity', 'fhir', 'import')",
            name=op.f("ck_visit_requests_source_is_known"),
        ),
        sa.CheckConstraint(
            "status = 'awaiting_patient_confirmation' OR proposed_slot_id IS NULL",
            name=op.f("ck_visit_requests_slot_while_proposed"),
        ),
        sa.CheckConstraint(
            "status IN ('new', 'triaged', 'awaiting_patient_confirmation', 'converted_to_visit', 'cancelled')",
            name=op.f("ck_visit_requests_status_is_known"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('triaged', 'awaiting_patient_confirmation') OR severity IS NOT NULL",
            name=op.f("ck_visit_requests_triaged_has_a_severity"),
        ),
        sa.CheckConstraint(
            "visit_mode IN ('in_person', 'virtual')", name=op.f("ck_visit_requests_visit_mode_is_known")
        ),
        sa.CheckConstraint("until_on >= requested_on", name=op.f("ck_visit_requests_days_forwards")),
        sa.CheckConstraint("window_end > window_start", name=op.f("ck_visit_requests_window_forwards")),
        sa.ForeignKeyConstraint(["cancelled_by_id"], ["users.id"], name=op.f("fk_visit_requests_cancelled_by_id")),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"],
            ["patients.clinic_id", "patients.id"],
            name=op.f("fk_visit_requests_clinic_id_patient_id"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "provider_id"],
            ["providers.clinic_id", "providers.id"],
            name=op.f("fk_visit_requests_clinic_id_provider_id"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "visit_id"],
            ["visits.clinic_id", "visits.id"],
            name=op.f("fk_visit_requests_clinic_id_visit_id"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "visit_type_id"],
            ["visit_types.clinic_id", "visit_types.id"],
            name=op.f("fk_visit_requests_clinic_id_visit_type_id"),
        ),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name="fk_visit_requests_clinic_id"),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_visit_requests_created_by_id")),
        sa.ForeignKeyConstraint(["created_for_id"], ["users.id"], name=op.f("fk_visit_requests_created_for_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_visit_requests_owner_id")),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_visit_requests")),
    )
    op.create_index(
        "ix_visit_requests_answer_by",
        "visit_requests",
        ["clinic_id", "answer_by"],
        postgresql_where=sa.text("status IN ('new', 'triaged', 'awaiting_patient_confirmation')"),
    )
    op.create_index(
        "ix_visit_requests_cancelled_by_id",
        "visit_requests",
        ["clinic_id", "cancelled_by_id"],
        postgresql_where=sa.text("cancelled_by_id IS NOT NULL"),
    )
    op.create_index("ix_visit_requests_created_by_id", "visit_requests", ["clinic_id", "created_by_id"])
    op.create_index(
        "ix_visit_requests_created_for_id",
        "visit_requests",
        ["clinic_id", "created_for_id"],
        postgresql_where=sa.text("created_for_id IS NOT NULL"),
    )
    op.create_index(
        "ix_visit_requests_owner_id",
        "visit_requests",
        ["clinic_id", "owner_id"],
        postgresql_where=sa.text("owner_id IS NOT NULL"),
    )
    op.create_index(
        "ix_visit_requests_patient_id_created_at", "visit_requests", ["clinic_id", "patient_id", "created_at"]
    )
    op.create_index(
        "ix_visit_requests_provider_id",
        "visit_requests",
        ["clinic_id", "provider_id"],
        postgresql_where=sa.text("provider_id IS NOT NULL"),
    )
    op.create_index(
        "ix_visit_requests_visit_id",
        "visit_requests",
        ["clinic_id", "visit_id"],
        postgresql_where=sa.text("visit_id IS NOT NULL"),
    )
    op.create_index("ix_visit_requests_visit_type_id", "visit_requests", ["clinic_id", "visit_type_id"])
    op.create_table(
        "request_events",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("from_status", sa.Text(), nullable=True),
        sa.Column("to_status", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=True),
        sa.Column("before", JSONB(), nullable=False),
        sa.Column("changed_by_id", sa.Uuid(), nullable=True),
        sa.Column("changed_for_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "from_status IN ('new', 'triaged', 'awaiting_patient_confirmation', 'converted_to_visit', 'cancelled')",
            name=op.f("ck_request_events_from_status_is_known"),
        ),
        sa.CheckConstraint(
            "kind IN ('asked', 'triaged', 'taken', 'left', 'proposed', 'declined', 'lapsed', 'withdrawn', 'converted', 'cancelled', 'undone')",
            name=op.f("ck_request_events_kind_is_known"),
        ),
        sa.CheckConstraint(
            "severity IN ('green', 'yellow', 'orange', 'red')", name=op.f("ck_request_events_severity_is_known")
        ),
        sa.CheckConstraint(
            "to_status IN ('new', 'triaged', 'awaiting_patient_confirmation', 'converted_to_visit', 'cancelled')",
            name=op.f("ck_request_events_to_status_is_known"),
        ),
        sa.ForeignKeyConstraint(["changed_by_id"], ["users.id"], name=op.f("fk_request_events_changed_by_id")),
        sa.ForeignKeyConstraint(["changed_for_id"], ["users.id"], name=op.f("fk_request_events_changed_for_id")),
        sa.ForeignKeyConstraint(
            ["clinic_id", "request_id"],
            ["visit_requests.clinic_id", "visit_requests.id"],
            name=op.f("fk_request_events_clinic_id_request_id"),
        ),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name="fk_request_events_clinic_id"),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_request_events")),
    )
    op.create_index("ix_request_events_changed_by_id", "request_events", ["clinic_id", "changed_by_id"])
    op.create_index(
        "ix_request_events_changed_for_id",
        "request_events",
        ["clinic_id", "changed_for_id"],
        postgresql_where=sa.text("changed_for_id IS NOT NULL"),
    )
    op.create_index(
        "ix_request_events_request_id_created_at", "request_events", ["clinic_id", "request_id", "created_at"]
    )
    op.create_table(
        "waitlist_entries",
        sa.Column("visit_type_id", sa.Uuid(), nullable=False),
        sa.Column("provider_ids", ARRAY(sa.Uuid()), nullable=True),
        sa.Column("visit_mode", sa.Text(), nullable=True),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("earliest_on", sa.Date(), nullable=False),
        sa.Column("latest_on", sa.Date(), nullable=False),
        sa.Column("weekdays", ARRAY(sa.SmallInteger()), nullable=True),
        sa.Column("from_time", sa.Time(), nullable=True),
        sa.Column("until_time", sa.Time(), nullable=True),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("priority", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_for_id", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(status IN ('waiting', 'offered')) = (ended_at IS NULL)", name=op.f("ck_waitlist_entries_over_has_an_end")
        ),
        sa.CheckConstraint(
            "source IN ('desk', 'portal', 'referrer', 'phone', 'cal', 'acuity', 'fhir', 'import')",
            name=op.f("ck_waitlist_entries_source_is_known"),
        ),
        sa.CheckConstraint(
            "status IN ('waiting', 'offered', 'fulfilled', 'left', 'expired')",
            name=op.f("ck_waitlist_entries_status_is_known"),
        ),
        sa.CheckConstraint(
            "visit_mode IN ('in_person', 'virtual')", name=op.f("ck_waitlist_entries_visit_mode_is_known")
        ),
        sa.CheckConstraint(
            "cardinality(weekdays) > 0 AND cardinality(provider_ids) > 0", name=op.f("ck_waitlist_entries_any_is_null")
        ),
        sa.CheckConstraint("latest_on >= earliest_on", name=op.f("ck_waitlist_entries_days_forwards")),
        sa.CheckConstraint("priority BETWEEN 0 AND 2", name=op.f("ck_waitlist_entries_priority_in_range")),
        sa.CheckConstraint("until_time > from_time", name=op.f("ck_waitlist_entries_hours_forwards")),
        sa.CheckConstraint(
            "weekdays <@ ARRAY[0, 1, 2, 3, 4, 5, 6]::smallint[]", name=op.f("ck_waitlist_entries_weekdays_in_range")
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "location_id"],
            ["locations.clinic_id", "locations.id"],
            name=op.f("fk_waitlist_entries_clinic_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"],
            ["patients.clinic_id", "patients.id"],
            name=op.f("fk_waitlist_entries_clinic_id_patient_id"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "visit_id"],
            ["visits.clinic_id", "visits.id"],
            name=op.f("fk_waitlist_entries_clinic_id_visit_id"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "visit_type_id"],
            ["visit_types.clinic_id", "visit_types.id"],
            name=op.f("fk_waitlist_entries_clinic_id_visit_type_id"),
        ),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name="fk_waitlist_entries_clinic_id"),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_waitlist_entries_created_by_id")),
        sa.ForeignKeyConstraint(["created_for_id"], ["users.id"], name=op.f("fk_waitlist_entries_created_for_id")),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_waitlist_entries")),
    )
    op.create_index("ix_waitlist_entries_created_by_id", "waitlist_entries", ["clinic_id", "created_by_id"])
    op.create_index(
        "ix_waitlist_entries_created_for_id",
        "waitlist_entries",
        ["clinic_id", "created_for_id"],
        postgresql_where=sa.text("created_for_id IS NOT NULL"),
    )
    op.create_index(
        "ix_waitlist_entries_latest_on",
        "waitlist_entries",
        ["clinic_id", "latest_on"],
        postgresql_where=sa.text("status IN ('waiting', 'offered')"),
    )
    op.create_index(
        "ix_waitlist_entries_line",
        "waitlist_entries",
        ["clinic_id", sa.text("priority DESC"), "joined_at", "id"],
        postgresql_where=sa.text("status = 'waiting'"),
    )
    op.create_index(
        "ix_waitlist_entries_location_id",
        "waitlist_entries",
        ["clinic_id", "location_id"],
        postgresql_where=sa.text("location_id IS NOT NULL"),
    )
    op.create_index(
        "ix_waitlist_entries_patient_id_joined_at", "waitlist_entries", ["clinic_id", "patient_id", "joined_at"]
    )
    op.create_index(
        "ix_waitlist_entries_visit_id",
        "waitlist_entries",
        ["clinic_id", "visit_id"],
        postgresql_where=sa.text("visit_id IS NOT NULL"),
    )
    op.create_index("ix_waitlist_entries_visit_type_id", "waitlist_entries", ["clinic_id", "visit_type_id"])
    op.create_index(
        "uq_waitlist_entries_patient_id",
        "waitlist_entries",
        ["clinic_id", "patient_id", "visit_type_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('waiting', 'offered')"),
    )
    for column, table in OF_OFFERS.items():
        op.create_foreign_key(
            f"fk_slot_offers_clinic_id_{column}", "slot_offers", table, ["clinic_id", column], ["clinic_id", "id"]
        )
    for table in ("visit_requests", "waitlist_entries"):
        protect(table, patient=own_patient())
        touch(table)
        keep_held(table, f"{table}.patient_id")
    protect("request_events", "SELECT, INSERT", patient=through("request_events", "visit_requests", "request_id"))
    keep_held("request_events", OF_REQUEST)
    op.execute("GRANT SELECT, DELETE ON visit_requests, request_events, waitlist_entries TO clinic_keeper")
    op.create_index(
        "ix_slot_offers_refilled", "slot_offers", ["clinic_id", "answered_at"],
        postgresql_where=sa.text("purpose = 'waitlist' AND status = 'accepted'"),
    )  # fmt: skip
    op.execute(SOMEBODY_WAITS)
    op.execute("REVOKE ALL ON FUNCTION somebody_waits() FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION somebody_waits() TO clinic_app")


def downgrade():
    op.execute("DROP FUNCTION somebody_waits()")
    op.drop_index("ix_slot_offers_refilled", "slot_offers")
    for column in OF_OFFERS:
        op.drop_constraint(f"fk_slot_offers_clinic_id_{column}", "slot_offers", type_="foreignkey")
    op.drop_table("waitlist_entries")
    op.drop_table("request_events")
    op.drop_table("visit_requests")
