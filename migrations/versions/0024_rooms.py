"""Rooms, their kinds, which a visit type needs and a doctor's time keeps; and which of two equal times hours mean."""

import sqlalchemy as sa
from alembic import op

from clinic.migrating import no_overlap, own_columns, protect, refers, touch

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table("room_kinds", sa.Column("name", sa.Text(), nullable=False), *own_columns("room_kinds"))
    op.create_index("uq_room_kinds_name", "room_kinds", ["clinic_id", "name"], unique=True)
    op.create_table(
        "rooms",
        sa.Column("room_kind_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="active", nullable=False),
        sa.CheckConstraint("status IN ('active', 'paused')", name=op.f("ck_rooms_status_is_known")),
        refers("rooms", "room_kind_id", "room_kinds"),
        refers("rooms", "location_id", "locations"),
        *own_columns("rooms"),
    )
    op.create_index(
        "uq_rooms_name", "rooms", ["clinic_id", "location_id", "name"], unique=True, postgresql_nulls_not_distinct=True
    )
    op.create_index("ix_rooms_room_kind_id", "rooms", ["clinic_id", "room_kind_id"])
    op.create_table(
        "visit_type_needs",
        sa.Column("visit_type_id", sa.Uuid(), nullable=False),
        sa.Column("room_kind_id", sa.Uuid(), nullable=False),
        refers("visit_type_needs", "visit_type_id", "visit_types"),
        refers("visit_type_needs", "room_kind_id", "room_kinds"),
        *own_columns("visit_type_needs"),
    )
    columns = ["clinic_id", "visit_type_id", "room_kind_id"]
    op.create_index("uq_visit_type_needs_kind", "visit_type_needs", columns, unique=True)
    op.create_index("ix_visit_type_needs_room_kind_id", "visit_type_needs", ["clinic_id", "room_kind_id"])
    op.create_table(
        "slot_rooms",
        sa.Column("slot_id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("busy_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("busy_until", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("busy_until > busy_from", name=op.f("ck_slot_rooms_ends_after_it_begins")),
        refers("slot_rooms", "slot_id", "slots"),
        refers("slot_rooms", "room_id", "rooms"),
        *own_columns("slot_rooms"),
    )
    op.create_index("ix_slot_rooms_slot_id", "slot_rooms", ["clinic_id", "slot_id"])
    op.create_index("ix_slot_rooms_room_id_busy_from", "slot_rooms", ["clinic_id", "room_id", "busy_from"])
    no_overlap("slot_rooms", "ex_slot_rooms_room", "room_id", "true")
    for table, rights in (
        ("room_kinds", "SELECT, INSERT, UPDATE"),
        ("rooms", "SELECT, INSERT, UPDATE"),
        ("visit_type_needs", "SELECT, INSERT, DELETE"),
        ("slot_rooms", "SELECT, INSERT, UPDATE, DELETE"),
    ):
        protect(table, rights)
        op.execute(f"GRANT SELECT, DELETE ON {table} TO clinic_keeper")
        touch(table)
    op.add_column("visits", sa.Column("room_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_visits_clinic_id_room_id"), "visits", "rooms", ["clinic_id", "room_id"], ["clinic_id", "id"]
    )
    op.create_index(
        "ix_visits_room_id", "visits", ["clinic_id", "room_id"], postgresql_where=sa.text("room_id IS NOT NULL")
    )
    for column in ("start_first", "end_first"):
        op.add_column("availabilities", sa.Column(column, sa.Boolean(), server_default="false", nullable=False))
    op.create_check_constraint(
        op.f("ck_availabilities_only_dated_says_which"), "availabilities",
        "NOT (start_first OR end_first) OR on_date IS NOT NULL",
    )  # fmt: skip
    # Slots end in many places: holds that ran out, moves, visits called off, the keeper. A room stays with none of
    # them, and it is let go of with the rights of whoever ends the slot.
    op.execute(
        "CREATE FUNCTION let_rooms_go() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " DELETE FROM slot_rooms WHERE clinic_id = OLD.clinic_id AND slot_id = OLD.id; RETURN OLD; END $$"
    )
    op.execute("CREATE TRIGGER slots_let_rooms_go BEFORE DELETE ON slots FOR EACH ROW EXECUTE FUNCTION let_rooms_go()")


def downgrade():
    op.execute("DROP TRIGGER slots_let_rooms_go ON slots")
    op.execute("DROP FUNCTION let_rooms_go()")
    op.drop_constraint("ck_availabilities_only_dated_says_which", "availabilities")
    for column in ("start_first", "end_first"):
        op.drop_column("availabilities", column)
    op.drop_index("ix_visits_room_id", "visits")
    op.drop_constraint("fk_visits_clinic_id_room_id", "visits")
    op.drop_column("visits", "room_id")
    op.drop_table("slot_rooms")
    op.drop_table("visit_type_needs")
    op.drop_table("rooms")
    op.drop_table("room_kinds")
