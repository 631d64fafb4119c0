"""The calendar asks as much of the database of a full clinic as of an empty one; of a closed one it says why."""

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from clinic.actions import closures
from clinic.db import now
from clinic.models.people import VisitMode
from clinic.models.providers import Provider
from clinic.models.visits import Visit, VisitSource
from tests.queries_counted import counted

DAY = date(2031, 3, 5)


@pytest.fixture
def asked(app, amara):
    """How many statements a view of the day takes; for ``everybody`` or one doctor."""

    def ask(view, **whose):
        with counted(app) as statements:
            answer = amara.open(f"staff.calendar.{view}", date=DAY, **whose)
        assert answer.status_code == 200
        return len(statements)

    return ask


def fill(cast, session, count, doctors):
    """So many visits on the day, each with the next of the doctors."""
    begin = datetime(2031, 3, 5, 9, tzinfo=UTC)
    rows = [
        {"clinic_id": cast.rose.id, "id": uuid7(), "patient_id": cast.tom.id, "provider_id": doctors[n % len(doctors)],
         "visit_type_id": cast.consultation.id, "kind": "scheduled", "visit_mode": VisitMode.IN_PERSON,
         "status": "completed", "starts_at": begin + timedelta(minutes=n % 400),
         "ends_at": begin + timedelta(minutes=n % 400 + 15), "timezone": "UTC", "source": VisitSource.IMPORT}
        for n in range(count)
    ]  # fmt: skip
    session.execute(sa.insert(Visit.__table__), rows)
    session.commit()


@pytest.mark.parametrize("view", ["index", "week", "month", "sheet"])
def test_two_visits_or_two_hundred_ask_the_same_of_the_database(cast, session, asked, view):
    fill(cast, session, 2, [cast.dr_osei.id])
    asked(view, provider=cast.dr_osei.id)
    few = asked(view, provider=cast.dr_osei.id)
    fill(cast, session, 200, [cast.dr_osei.id])
    assert asked(view, provider=cast.dr_osei.id) == few <= 14


@pytest.mark.parametrize("view", ["index", "month"])
@pytest.mark.parametrize("by", ["doctor", "room"])
def test_two_doctors_or_ten_ask_the_same_of_the_database(cast, session, asked, view, by):
    doctors = [cast.dr_osei.id, cast.dr_lind.id]
    fill(cast, session, 20, doctors)
    asked(view, provider="", by=by)
    few = asked(view, provider="", by=by)
    for number in range(8):
        made = Provider(clinic_id=cast.rose.id, id=uuid7(), display_name=f"Dr {number}", approved_at=now())
        session.add(made)
        doctors.append(made.id)
    session.commit()
    fill(cast, session, 100, doctors)
    assert asked(view, provider="", by=by) == few <= 14


def test_a_day_on_which_everything_is_closed_says_why(cast, session, amara):
    begins = cast.tomorrow_at(0, days=2)
    span = {"starts_at": begins, "ends_at": begins + timedelta(days=1), "title": "Christmas Day"}
    closures.add(session, by=cast.ines.actor, provider_id=None, location_id=None, **span)
    session.execute(sa.text("DELETE FROM availabilities WHERE on_date IS NULL"))
    session.commit()
    page = amara.open("staff.calendar.index", date=begins.date()).text
    assert "Nobody is here on this day" in page and "Closed: Christmas Day" in page
