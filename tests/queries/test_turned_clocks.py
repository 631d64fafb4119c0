"""Hours of the night the clock goes back: who comes in them is in them, where they are, and closed when they are."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from clinic.actions import closures, hours
from clinic.db import now
from clinic.models.organizations import Clinic
from clinic.models.visits import Visit
from clinic.queries import strandings
from clinic.queries.places import CLOSED, place_at
from clinic.walltime import instants
from tests.rooms import a_place

ZONE = ZoneInfo("America/New_York")
PIECES = sa.text(f"WITH {CLOSED} SELECT starts_at, ends_at FROM closed WHERE provider_id = :provider_id")


@pytest.fixture
def sunday(session, cast):
    """The next day on which the clock goes back from two to one, where Rose Street stands in New York."""
    session.execute(sa.update(Clinic).where(Clinic.id == cast.rose.id).values(timezone=ZONE.key))
    session.commit()
    days = (now().astimezone(ZONE).date() + timedelta(days=ahead) for ahead in range(1, 400))
    return next(day for day in days if len(instants(day, time(1, 30), ZONE)) == 2)


def _dated(session, cast, day, opens, **more):
    return hours.add(
        session, cast.dr_osei, by=cast.ines.actor, on_date=day, start_time=opens, end_time=time(8), start_first=True,
        end_first=False, **more,
    )  # fmt: skip


def _first(day, wall):
    return datetime.combine(day, wall, ZONE).astimezone(UTC)


def test_a_change_of_the_hours_strands_nobody_who_comes_at_the_first_of_two_equal_times(session, cast, sunday):
    row = _dated(session, cast, sunday, time(1))
    session.commit()
    visit = cast.booked(_first(sunday, time(1)))
    hours.update(row, cast.dr_osei, by=cast.ines.actor, end_time=time(9))
    session.commit()
    assert not strandings.is_stranded(session, session.get(Visit, (cast.rose.id, visit.id)))


def test_who_comes_at_the_second_of_them_is_where_the_hours_are_that_began_at_the_first(session, cast, sunday):
    north = a_place(session, cast, "North")
    a_place(session, cast, "South")
    _dated(session, cast, sunday, time(1, 30), location_id=north.id)
    session.commit()
    second = _first(sunday, time(1, 15)) + timedelta(hours=1)
    assert place_at(session, cast.rose.id, cast.dr_osei.id, second).name == "North"


def test_a_place_that_closes_closes_the_first_of_them_too(session, cast, sunday):
    north, _south = a_place(session, cast, "North"), a_place(session, cast, "South")
    _dated(session, cast, sunday, time(1), location_id=north.id)
    midnight, noon = (datetime.combine(sunday, wall, ZONE) for wall in (time(0), time(12)))
    span = {"starts_at": midnight, "ends_at": noon, "title": "Water damage"}
    closures.add(session, by=cast.ines.actor, provider_id=None, location_id=north.id, **span)
    session.commit()
    facts = {**span, "clinic_id": cast.rose.id, "provider_id": cast.dr_osei.id}
    ((begins, ends),) = session.connection().execute(PIECES, facts).all()
    assert (begins, ends) == (_first(sunday, time(1)), _first(sunday, time(8)))
