"""`flask check` finds what it is there to find."""

import pytest
from sqlalchemy import text

from clinic.actions import holds


@pytest.fixture
def plant(superuser, cast, session):
    """Break a rule past every protection of the database."""
    cast.booked()
    cast.booked(cast.tomorrow_at(11), patient=cast.maya_patient)

    def do(*statements):
        with superuser.connect() as connection:
            connection.execute(text("SET session_replication_role = replica"))
            for statement in statements:
                connection.execute(text(statement))
            connection.execute(text("SET session_replication_role = origin"))

    return do


FAULTS = {
    "two times of one doctor overlap": ["UPDATE slots SET busy_until = busy_until + interval '1 hour'"],
    "the taken seats of a time are not its visits": ["UPDATE slots SET taken = 0"],
    "a visit's status is not the last one of its history": ["UPDATE visits SET status = 'confirmed'"],
    "a visit's history takes a step that there is not": [
        "INSERT INTO visit_events (clinic_id, id, visit_id, kind, from_status, to_status, created_at)"
        " SELECT clinic_id, gen_random_uuid(), id, 'status', 'booked', 'requested', now() FROM visits"
    ],
    "a visit to come has no time of a doctor's, or another one": [
        "UPDATE visits SET starts_at = starts_at - interval '1 hour'"
    ],
    "a visit was made without an entry in the audit log": ["DELETE FROM audit_entries WHERE action = 'booking.book'"],
    "a patient cannot be found by any word": ["DELETE FROM patient_words"],
}
OVERLAPS = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'ex_slots_provider'"


class TestCheck:
    def test_ordinary_days_break_no_rule(self, flask, plant):
        result = flask("check")
        assert result.exit_code == 0 and "2 clinics checked, 0 faults" in result.output

    @pytest.mark.parametrize("sentence", FAULTS)
    def test_it_finds_a_planted_fault_and_ends_with_one(self, flask, plant, superuser, sentence):
        with superuser.connect() as connection:
            rule = connection.execute(text(OVERLAPS)).scalar()
            connection.execute(text("ALTER TABLE slots DROP CONSTRAINT ex_slots_provider"))
        try:
            plant(*FAULTS[sentence])
            result = flask("check")
            assert result.exit_code == 1 and f"fault: rose-street: {sentence}" in result.output, result.output
        finally:
            plant("DELETE FROM slots")
            with superuser.connect() as connection:
                connection.execute(text(f"ALTER TABLE slots ADD CONSTRAINT ex_slots_provider {rule}"))

    def test_leave_over_a_booked_visit_is_only_a_warning(self, flask, plant):
        plant(
            "INSERT INTO slots (clinic_id, id, provider_id, kind, status, starts_at, ends_at, busy_from, busy_until)"
            " SELECT clinic_id, gen_random_uuid(), provider_id, 'blocked', 'blocked', starts_at, ends_at, starts_at,"
            " ends_at FROM visits"
        )
        result = flask("check")
        assert result.exit_code == 0 and "warning: rose-street: a visit lies in a time when" in result.output

    def test_a_hold_nobody_swept_is_only_a_warning(self, flask, plant, cast, session):
        holds.hold(session, cast.wish(cast.tomorrow_at(15)), by=cast.maya.actor)
        session.commit()
        plant("UPDATE slots SET held_until = now() - interval '3 minutes' WHERE status = 'held'")
        result = flask("check")
        assert result.exit_code == 0 and "does the worker run?" in result.output

    def test_a_month_the_audit_log_has_no_place_for_is_a_fault(self, flask, cast, superuser):
        name = "audit_entries_" + f"{cast.tomorrow_at(0, days=40):%Y_%m}"
        with superuser.connect() as connection:
            connection.execute(text(f"ALTER TABLE {name} RENAME TO hidden"))
        try:
            result = flask("check")
            assert result.exit_code == 1 and "has no place for this month" in result.output
        finally:
            with superuser.connect() as connection:
                connection.execute(text(f"ALTER TABLE hidden RENAME TO {name}"))
