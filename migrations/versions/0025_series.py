"""Series of visits, and times for groups."""

import sqlalchemy as sa
from alembic import op

from clinic.migrating import keep_held, own_columns, own_patient, protect, refers, touch

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def _refers_to_user(table, column):
    return sa.ForeignKeyConstraint([column], ["users.id"], name=op.f(f"fk_{table}_{column}"))


def _index(table, *columns):
    op.create_index(f"ix_{table}_" + "_".join(columns), table, ["clinic_id", *columns])


def upgrade():
    _published_slots()
    _called_off_groups()
    _series()


def _published_slots():
    op.add_column("slots", sa.Column("title", sa.Text()))
    op.add_column("slots", sa.Column("location_id", sa.Uuid()))
    op.add_column("slots", sa.Column("closed_at", sa.DateTime(timezone=True)))
    op.create_foreign_key(
        op.f("fk_slots_clinic_id_location_id"), "slots", "locations", ["clinic_id", "location_id"], ["clinic_id", "id"]
    )
    op.create_check_constraint(
        op.f("ck_slots_only_published_has_a_title"), "slots",
        "kind = 'published' OR num_nonnulls(title, location_id, closed_at) = 0",
    )  # fmt: skip
    op.create_index(
        "ix_slots_published", "slots", ["clinic_id", "starts_at"], postgresql_where=sa.text("kind = 'published'")
    )
    op.create_index(
        "ix_slots_location_id", "slots", ["clinic_id", "location_id"],
        postgresql_where=sa.text("location_id IS NOT NULL"),
    )  # fmt: skip


def _called_off_groups():
    op.create_table(
        "called_off_groups",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("visit_type_id", sa.Uuid(), nullable=True),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("busy_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("busy_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("visit_mode", sa.Text(), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("called_off_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("called_off_by_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_called_off_groups_ends_after_it_starts")),
        sa.CheckConstraint("capacity BETWEEN 1 AND 500", name=op.f("ck_called_off_groups_capacity_in_range")),
        sa.CheckConstraint(
            "visit_mode IN ('in_person', 'virtual')", name=op.f("ck_called_off_groups_visit_mode_is_known")
        ),
        sa.CheckConstraint(
            "reason IN ('patient', 'clinic', 'provider_away', 'unanswered', 'entered_in_error', 'other')",
            name=op.f("ck_called_off_groups_reason_is_known"),
        ),
        refers("called_off_groups", "provider_id", "providers"),
        refers("called_off_groups", "visit_type_id", "visit_types"),
        refers("called_off_groups", "location_id", "locations"),
        _refers_to_user("called_off_groups", "called_off_by_id"),
        *own_columns("called_off_groups"),
    )
    for column in ("starts_at", "provider_id", "visit_type_id", "location_id", "called_off_by_id"):
        _index("called_off_groups", column)
    # Why a group was called off is the clinic's own; patients hear it of their visit.
    protect("called_off_groups", "SELECT, INSERT, DELETE", patient="false")
    op.execute("GRANT SELECT, DELETE ON called_off_groups TO clinic_keeper")
    touch("called_off_groups")


def _series():
    op.create_table(
        "series",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("visit_type_id", sa.Uuid(), nullable=False),
        sa.Column("visit_mode", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("every", sa.SmallInteger(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("at_time", sa.Time(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("times", sa.SmallInteger(), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("created_by_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("unit IN ('day', 'week', 'month')", name=op.f("ck_series_unit_is_known")),
        sa.CheckConstraint("visit_mode IN ('in_person', 'virtual')", name=op.f("ck_series_visit_mode_is_known")),
        sa.CheckConstraint("every BETWEEN 1 AND 52", name=op.f("ck_series_every_in_range")),
        sa.CheckConstraint("num_nonnulls(times, until_on) = 1", name=op.f("ck_series_ends_once")),
        sa.CheckConstraint("times BETWEEN 2 AND 60", name=op.f("ck_series_times_in_range")),
        sa.CheckConstraint("until_on >= first_on", name=op.f("ck_series_goes_forwards")),
        refers("series", "patient_id", "patients"),
        refers("series", "provider_id", "providers"),
        refers("series", "visit_type_id", "visit_types"),
        _refers_to_user("series", "created_by_id"),
        *own_columns("series"),
    )
    for column in ("patient_id", "provider_id", "visit_type_id", "created_by_id"):
        _index("series", column)
    protect("series", patient=own_patient())
    op.execute("GRANT SELECT, DELETE ON series TO clinic_keeper")
    keep_held("series", "series.patient_id")
    touch("series")
    op.add_column("visits", sa.Column("series_id", sa.Uuid()))
    op.create_foreign_key(
        op.f("fk_visits_clinic_id_series_id"), "visits", "series", ["clinic_id", "series_id"], ["clinic_id", "id"]
    )
    op.create_index(
        "ix_visits_series_id", "visits", ["clinic_id", "series_id"], postgresql_where=sa.text("series_id IS NOT NULL")
    )


def downgrade():
    op.drop_index("ix_visits_series_id", "visits")
    op.drop_constraint("fk_visits_clinic_id_series_id", "visits")
    op.drop_column("visits", "series_id")
    op.drop_table("series")
    op.drop_table("called_off_groups")
    op.drop_index("ix_slots_location_id", "slots")
    op.drop_index("ix_slots_published", "slots")
    op.drop_constraint("ck_slots_only_published_has_a_title", "slots")
    op.drop_constraint("fk_slots_clinic_id_location_id", "slots")
    for column in ("closed_at", "location_id", "title"):
        op.drop_column("slots", column)
