"""What everybody reads of a visit that the clinic moved after the patient had said yes: it is booked, no more."""

import re
from datetime import timedelta

import pytest

from clinic.actions import visits
from clinic.models.visits import VisitStatus


@pytest.fixture
def moved(session, cast):
    """Maya had said that she comes tomorrow at ten; the desk has moved her to three."""
    visit = cast.booked(patient=cast.maya_patient)
    visits.confirm(visit, by=cast.amara.actor)
    visits.move_to(visit, cast.wish(cast.tomorrow_at(15), patient=cast.maya_patient), by=cast.amara.actor)
    session.commit()
    return visit


# Who reads it, where, and in which words of the page's address the visit is named.
READ = [
    ("amara", "staff.day.index", {"date"}),
    ("amara", "staff.calendar.index", {"date"}),
    ("amara", "staff.visits.show", {"visit_id"}),
    ("amara", "staff.visits.cancel", {"visit_id"}),
    ("amara", "staff.patients.show", {"patient_id"}),
    ("osei", "staff.calendar.sheet", {"date"}),
    ("osei", "staff.charts.timeline", {"patient_id"}),
]
# A badge on a screen, a word on paper; the tiles above a day and the history of a visit are named after every status.
SAYS_CONFIRMED = re.compile(r'class="badge badge-confirmed"|<td>Confirmed</td>')


def says_confirmed(request, who, page, names, visit):
    """Whether the page reads that the visit is confirmed."""
    known = {"date": visit.starts_at.date().isoformat(), "visit_id": visit.id, "patient_id": visit.patient_id}
    answer = request.getfixturevalue(who).open(page, **{name: known[name] for name in names})
    assert answer.status_code == 200 and "Maya Okafor" in answer.text
    return bool(SAYS_CONFIRMED.search(answer.text))


@pytest.mark.parametrize(("who", "page", "names"), READ)
def test_it_reads_booked_until_they_have_said_so_of_the_new_time(request, session, cast, moved, who, page, names):
    assert not says_confirmed(request, who, page, names, moved)
    visits.confirm(session.merge(moved), by=cast.amara.actor)
    session.commit()
    assert says_confirmed(request, who, page, names, moved)


def test_the_days_count_and_choice_are_those_of_the_badges(amara, moved):
    day = moved.starts_at.date().isoformat()
    assert "Maya Okafor" in amara.open("staff.day.index", date=day, status="booked").text
    assert "Maya Okafor" not in amara.open("staff.day.index", date=day, status="confirmed").text


def test_whoever_looks_at_it_may_note_the_yes_where_its_steps_are(amara, session, moved):
    page = amara.open("staff.day.index", date=moved.starts_at.date().isoformat()).text
    assert f'formaction="/staff/visits/{moved.id}/confirm"' in page
    assert amara.send("staff.visits.confirm", visit_id=moved.id).status_code == 303
    session.rollback()
    session.expire_all()
    assert not moved.is_unconfirmed and moved.state == VisitStatus.CONFIRMED


def test_the_patient_reads_it_in_the_portal_also_when_it_is_over(maya, session, moved):
    assert "Confirmed" not in maya.open("portal.home.index").text
    moved.starts_at, moved.ends_at = (each - timedelta(days=3) for each in (moved.starts_at, moved.ends_at))
    session.commit()
    page = maya.open("portal.home.index").text
    assert "Past and cancelled visits" in page and "badge-booked" in page and "badge-confirmed" not in page
