"""Hours moved to another place at the same time of day: a visit may keep its time there, and the patient hears it."""

import pytest
import sqlalchemy as sa

from clinic.actions import blocks, hours, stranding_places, stranding_undo
from clinic.actions.acting import Refused
from clinic.models.notifications import Notification, NotificationKind, NotificationState
from clinic.models.offers import OfferStatus
from clinic.models.strandings import StrandedStatus
from clinic.queries import strandings as asked
from clinic.queries.strandings import is_stranded
from tests.actions.stranding import affected, change, leave, send_all, work
from tests.actions.test_hours_elsewhere import north, row, south, visit  # noqa: F401 (fixtures)

ELSEWHERE = sa.select(Notification).where(Notification.kind == NotificationKind.ACCEPTED)


@pytest.fixture
def moved(app, session, cast, row, visit, south):  # noqa: F811
    """Tomorrow's hours are at South now; Tom was asked to come at another time."""
    found = change(session, cast, hours.update, row, location_id=south.id)
    send_all(app, session, cast, found)
    return found


def keep(session, cast, stranding):
    """Let the one visit keep its time; its row of the workbench."""
    (found,) = asked.visits(session, stranding)
    assert found.is_elsewhere
    line = asked.row(session, stranding.id, found.id)
    stranding_places.keep(line, by=cast.amara.actor)
    session.commit()
    session.expire_all()
    return line


def test_the_visit_keeps_its_time_and_the_patient_hears_where_it_is(session, cast, moved, visit):  # noqa: F811
    line = keep(session, cast, moved)
    assert not is_stranded(session, visit) and not affected(session, moved)
    assert line.offer.status == OfferStatus.WITHDRAWN
    told = session.scalars(ELSEWHERE).one()
    assert (told.visit_id, told.facts["elsewhere"]) == (visit.id, True)
    assert affected(session, leave(session, cast)) == [visit.id]


def test_taken_back_it_needs_another_time_as_before_and_nobody_hears_of_it(app, session, cast, moved, visit):  # noqa: F811
    line = keep(session, cast, moved)
    stranding_places.take_back(line, by=cast.amara.actor)
    session.commit()
    session.expire_all()
    assert is_stranded(session, visit) and affected(session, moved) == [visit.id]
    assert session.scalars(ELSEWHERE).one().state == NotificationState.NOT_NEEDED
    assert [each.status for each in work(app, session, moved)] == [StrandedStatus.PROPOSED]
    with pytest.raises(Refused):
        stranding_places.take_back(line, by=cast.amara.actor)


def test_not_what_something_else_took_the_time_of(session, cast, moved, visit):  # noqa: F811
    blocks.add(cast.dr_osei, visit.starts_at, visit.ends_at, zone="Europe/London", by=cast.ines.actor)
    session.commit()
    line = asked.row(session, moved.id, asked.visits(session, moved)[0].id)
    with pytest.raises(Refused, match="another time"):
        stranding_places.keep(line, by=cast.amara.actor)


def test_not_taken_back_once_the_hours_are_at_the_former_place_again(session, cast, moved, visit):  # noqa: F811
    line = keep(session, cast, moved)
    stranding_undo.undo(moved, by=cast.ines.actor)
    session.commit()
    # Who was told of South has lost that place: it is another change, which asks anew.
    assert is_stranded(session, visit)
    with pytest.raises(Refused):
        stranding_places.take_back(line, by=cast.amara.actor)
