"""A day on a clinic's calendar, and what the day's statements find in it."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from clinic.models.schedule import Slot, SlotKind, SlotStatus
from clinic.models.visits import Visit
from clinic.queries.day import DAYS_VISITS, Day, doctors_of, visits_of


class TestDay:
    @pytest.mark.parametrize(("zone", "when", "hours"), [
        ("Europe/London", date(2026, 3, 29), 23),
        ("Europe/London", date(2026, 10, 25), 25),
        ("Europe/London", date(2026, 7, 1), 24),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Australia/Lord_Howe", date(2026, 10, 4), 23.5),
        ("Africa/Cairo", date(2026, 4, 24), 23),
    ])  # fmt: skip
    def test_it_is_as_long_as_it_is_on_that_calendar(self, zone, when, hours):
        day = Day.on(when, zone)
        assert day.ends_at - day.starts_at == timedelta(hours=hours)

    @pytest.mark.parametrize("zone", ["Europe/London", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"])
    def test_days_follow_each_other_without_a_gap_all_year_long(self, zone):
        days = [Day.on(date(2026, 1, 1) + timedelta(days=n), zone) for n in range(366)]
        assert all(one.ends_at == other.starts_at for one, other in pairwise(days))


class TestVisitsOf:
    @pytest.mark.parametrize("when", [date(2031, 3, 30), date(2031, 10, 26)])
    def test_every_visit_of_a_long_or_a_short_day_and_none_of_its_neighbours(self, session, cast, when):
        day = Day.on(when, "Europe/London")
        moments = [day.starts_at, day.ends_at - timedelta(minutes=1), day.starts_at - timedelta(minutes=1), day.ends_at]
        for moment in moments:
            _put(session, cast, moment)
        found = visits_of(session, cast.rose.id, day)
        assert [visit.starts_at for visit in found] == moments[:2]

    def test_another_clinics_visits_are_never_among_them(self, session, cast):
        day = Day.on(date(2031, 3, 4), "Europe/London")
        _put(session, cast, day.starts_at)
        session.commit()
        assert visits_of(session, cast.harbour.id, day) == []

    def test_the_index_on_the_day_is_used_by_the_role_the_product_works_as(self, session, cast, superuser):
        day = Day.on(date(2031, 3, 4), "Europe/London")
        for n in range(3000):
            _put(session, cast, day.starts_at + timedelta(days=n % 300))
        session.commit()
        with superuser.connect() as connection:
            connection.execute(sa.text("ANALYZE visits"))
        session.execute(sa.text("SET LOCAL enable_seqscan = off"))
        bounds = {"clinic_id": cast.rose.id, "starts_at": day.starts_at, "ends_at": day.ends_at, "provider_id": None}
        plan = "\n".join(session.connection().execute(sa.text("EXPLAIN " + DAYS_VISITS.text), bounds).scalars())
        assert "ix_visits_starts_at" in plan


class TestDoctorsOf:
    def test_a_block_that_began_the_day_before_is_cut_to_the_day(self, session, cast):
        day = Day.on(date(2031, 3, 4), "Europe/London")
        start = day.starts_at - timedelta(hours=2)
        session.add(Slot(clinic_id=cast.rose.id, provider_id=cast.dr_lind.id, kind=SlotKind.BLOCKED,
                         status=SlotStatus.BLOCKED, starts_at=start, ends_at=start + timedelta(hours=5),
                         busy_from=start, busy_until=start + timedelta(hours=5)))  # fmt: skip
        session.flush()
        lind, osei = doctors_of(session, cast.rose.id, day)
        assert lind.away == [(day.starts_at, day.starts_at + timedelta(hours=3), None)] and osei.away == []
        assert doctors_of(session, cast.rose.id, Day.on(date(2031, 3, 5), "Europe/London"))[0].away == []


def _put(session, cast, moment: datetime):
    row = {
        "clinic_id": cast.rose.id, "id": uuid7(), "patient_id": cast.tom.id, "kind": "scheduled",
        "visit_mode": "in_person", "status": "booked", "starts_at": moment.astimezone(UTC), "timezone": "Europe/London",
        "source": "import",
    }  # fmt: skip
    session.execute(sa.insert(Visit.__table__), row)
