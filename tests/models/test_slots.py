"""What the database itself forbids a doctor's time to be, on the embedded server and on Debian's."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from tests.databases import debian_server, debians_binaries, migrated_database

TEN = datetime(2030, 5, 6, 10, tzinfo=UTC)


@pytest.fixture(scope="module", params=["embedded", "debian"])
def database(request, server):
    """A migrated database's superuser connection, on either server."""
    if request.param == "debian":
        if debians_binaries() is None:
            pytest.skip("Debian's PostgreSQL is not installed here; `make test` installs it where it runs as root.")
        with debian_server() as other, migrated_database(other) as environment:
            yield from _connected(other, environment)
    else:
        with migrated_database(server) as environment:
            yield from _connected(server, environment)


def _connected(server, environment):
    with psycopg.connect(_libpq(server.url("postgres", _name(environment))), autocommit=True) as connection:
        yield connection


def _libpq(url):
    return url.replace("postgresql+psycopg", "postgresql")


def _name(environment):
    return environment["DATABASE_URL"].partition("?")[0].rpartition("/")[2]


@pytest.fixture
def doctor(database):
    """A clinic with one doctor: (clinic_id, provider_id)."""
    clinic, provider = uuid4(), uuid4()
    database.execute("INSERT INTO clinics (id, name, slug) VALUES (%s, 'A', %s)", [clinic, f"a-{clinic.hex}"])
    database.execute("INSERT INTO providers (clinic_id, id, display_name) VALUES (%s, %s, 'Dr A')", [clinic, provider])
    return clinic, provider


def slot(database, doctor, starts=TEN, minutes=20, kind="open", status="booked", before=0, after=0, **more):
    """Write one slot as plain SQL."""
    ends = starts + timedelta(minutes=minutes)
    row = {
        "clinic_id": doctor[0], "id": uuid4(), "provider_id": doctor[1], "kind": kind, "status": status,
        "starts_at": starts, "ends_at": ends, "busy_from": starts - timedelta(minutes=before),
        "busy_until": ends + timedelta(minutes=after), **more,
    }  # fmt: skip
    names, places = ", ".join(row), ", ".join(["%s"] * len(row))
    database.execute(f"INSERT INTO slots ({names}) VALUES ({places})", list(row.values()))
    return row["id"]


class TestOverlaps:
    def test_two_visits_of_one_doctor_never_overlap(self, database, doctor):
        slot(database, doctor)
        with pytest.raises(psycopg.errors.ExclusionViolation):
            slot(database, doctor, TEN + timedelta(minutes=10))

    def test_they_may_follow_each_other(self, database, doctor):
        slot(database, doctor)
        slot(database, doctor, TEN + timedelta(minutes=20))

    def test_buffers_are_kept_free_too(self, database, doctor):
        slot(database, doctor, after=10)
        with pytest.raises(psycopg.errors.ExclusionViolation):
            slot(database, doctor, TEN + timedelta(minutes=20))

    def test_another_doctor_may_be_busy_at_the_same_time(self, database, doctor):
        other = uuid4()
        database.execute(
            "INSERT INTO providers (clinic_id, id, display_name) VALUES (%s, %s, 'Dr B')", [doctor[0], other]
        )
        slot(database, doctor)
        slot(database, (doctor[0], other))

    def test_leave_may_lie_over_booked_visits(self, database, doctor):
        slot(database, doctor)
        slot(database, doctor, TEN - timedelta(hours=1), 480, kind="blocked", status="blocked")

    def test_what_is_overbooked_on_purpose_stands_outside_the_rule(self, database, doctor):
        slot(database, doctor)
        slot(database, doctor, overbooked=True, overbooked_reason="Cannot wait")

    @pytest.mark.promise(2, "in the table itself")
    def test_a_held_time_is_as_taken_as_a_booked_one(self, database, doctor):
        slot(database, doctor, status="held", held_until=TEN)
        with pytest.raises(psycopg.errors.ExclusionViolation):
            slot(database, doctor)


class TestRules:
    @pytest.mark.parametrize(
        "facts",
        [
            {"minutes": 0},
            {"minutes": -20},
            {"minutes": 24 * 60 + 1},
            {"taken": 2},
            {"taken": -1},
            {"status": "held"},
            {"kind": "blocked"},
            {"overbooked": True},
            {"status": "asleep"},
            {"kind": "whatever"},
            {"visit_mode": "by_post"},
        ],
        ids=str,
    )
    def test_it_refuses(self, database, doctor, facts):
        with pytest.raises(psycopg.errors.CheckViolation):
            slot(database, doctor, **facts)

    def test_a_visit_cannot_sit_in_another_doctors_slot(self, database, doctor):
        other, patient, seat = uuid4(), uuid4(), slot(database, doctor)
        database.execute(
            "INSERT INTO providers (clinic_id, id, display_name) VALUES (%s, %s, 'Dr B')", [doctor[0], other]
        )
        database.execute(
            "INSERT INTO patients (clinic_id, id, mrn, full_name) VALUES (%s, %s, '1', 'P')", [doctor[0], patient]
        )
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            database.execute(
                """INSERT INTO visits (clinic_id, id, patient_id, provider_id, slot_id, kind, visit_mode, status,
                       starts_at, ends_at, timezone, source)
                   VALUES (%s, %s, %s, %s, %s, 'scheduled', 'in_person', 'booked', %s, %s, 'UTC', 'desk')""",
                [doctor[0], uuid4(), patient, other, seat, TEN, TEN + timedelta(minutes=20)],
            )

    def test_a_live_scheduled_visit_has_a_slot(self, database, doctor):
        patient = uuid4()
        database.execute(
            "INSERT INTO patients (clinic_id, id, mrn, full_name) VALUES (%s, %s, '1', 'P')", [doctor[0], patient]
        )
        with pytest.raises(psycopg.errors.CheckViolation):
            database.execute(
                """INSERT INTO visits (clinic_id, id, patient_id, provider_id, kind, visit_mode, status, starts_at,
                       ends_at, timezone, source)
                   VALUES (%s, %s, %s, %s, 'scheduled', 'in_person', 'booked', %s, %s, 'UTC', 'desk')""",
                [doctor[0], uuid4(), patient, doctor[1], TEN, TEN],
            )


def test_debians_server_compares_with_btree_gist_and_the_embedded_one_with_a_range_of_one_uuid(database):
    gist = database.execute("SELECT count(*) FROM pg_extension WHERE extname = 'btree_gist'").fetchone()[0]
    text = database.execute(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'ex_slots_provider'"
    ).fetchone()[0]
    assert ("provider_id WITH =" in text) == bool(gist)
    assert ("uuidrange" in text) != bool(gist)
