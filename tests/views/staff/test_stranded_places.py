"""The workbench lets a visit keep its time at the place where the doctor is now, and takes that back."""

import re

import pytest

from clinic.actions import hours
from clinic.queries import strandings as asked
from clinic.queries.strandings import is_stranded
from tests.actions.stranding import affected, change, leave, work
from tests.actions.test_hours_elsewhere import north, row, south, visit  # noqa: F401 (fixtures)


@pytest.fixture
def moved(app, session, cast, row, visit, south):  # noqa: F811
    """Tomorrow's hours are at South now."""
    found = change(session, cast, hours.update, row, location_id=south.id)
    work(app, session, found)
    return found


@pytest.fixture
def ids(session, moved):
    return {"stranding_id": moved.id, "stranded_id": asked.visits(session, moved)[0].id}


def test_one_press_keeps_the_time_and_another_takes_that_back(amara, session, cast, moved, ids, visit):  # noqa: F811
    assert "Keep this time at the new place" in amara.open("staff.stranded.show", stranding_id=moved.id).text
    said = amara.send("staff.stranded_visits.keep", **ids, htmx=True)
    assert said.status_code == 200 and "told where it is now" in said.text
    session.expire_all()
    assert not is_stranded(session, visit)
    assert "The visit keeps its time, at another place" in amara.open("staff.visits.show", visit_id=visit.id).text
    (undo,) = set(re.findall(r"/staff/stranded/[0-9a-f-]+/visits/[0-9a-f-]+/take-back", said.text))
    assert amara.send(undo).status_code == 303
    session.expire_all()
    assert is_stranded(session, visit) and affected(session, moved) == [visit.id]
    assert amara.send(undo).status_code in (404, 409)


def test_twice_is_refused_and_it_is_the_desks_of_this_clinic(amara, osei, stranger, ids):
    assert osei.send("staff.stranded_visits.keep", **ids).status_code == 403
    assert stranger.send("staff.stranded_visits.keep", **ids).status_code == 404
    assert amara.send("staff.stranded_visits.keep", **ids).status_code == 303
    assert amara.send("staff.stranded_visits.keep", **ids).status_code in (404, 409)


def test_where_the_doctor_is_away_there_is_no_such_button(amara, session, cast):
    cast.booked(cast.tomorrow_at(10))
    found = leave(session, cast)
    assert "at the new place" not in amara.open("staff.stranded.show", stranding_id=found.id).text
