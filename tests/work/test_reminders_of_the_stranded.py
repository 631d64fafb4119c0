"""Reminders of a visit that has lost its time to a change of the clinic's: none, until it has one again."""

from datetime import time, timedelta

import pytest

from clinic.actions import reminders, stranding_undo, visits
from clinic.models.notifications import NotificationKind, NotificationState, Why
from clinic.models.telling import Telling
from clinic.queries.strandings import is_stranded
from tests.actions.stranding import leave


@pytest.fixture
def due(session, cast):
    """Claim what is due at an instant, at a clinic that knows no night; the starts of the visits."""

    def claim(at):
        starts = reminders.claim(session, cast.rose, Telling(time(), time()), at=at)
        session.commit()
        return starts

    return claim


@pytest.fixture
def visit(session, cast):
    """Tom's visit of tomorrow at ten, agreed long ago."""
    visit = cast.booked(cast.tomorrow_at(10), told=False)
    visit.created_at = visit.starts_at - timedelta(days=30)
    session.commit()
    return visit


@pytest.fixture
def ill(session, cast, visit):
    """Dr Osei is ill tomorrow."""
    return leave(session, cast)


def test_none_comes_and_given_back_it_comes_as_planned(session, cast, visit, ill, due):
    soon = visit.starts_at - timedelta(hours=2)
    assert not due(soon)
    stranding_undo.undo(ill, by=cast.ines.actor)
    session.commit()
    assert due(soon) == [visit.starts_at]


def test_moved_to_another_time_it_comes_for_that(session, cast, visit, ill, due):
    later = cast.tomorrow_at(10, days=8)
    visits.move_to(visit, cast.wish(later, told=False), by=cast.amara.actor)
    session.commit()
    assert due(later - timedelta(hours=48)) == [later]


def test_with_another_doctor_at_the_same_time_it_comes(session, cast, visit, ill, due):
    visits.move_to(visit, cast.wish(visit.starts_at, provider=cast.dr_lind, told=False), by=cast.amara.actor)
    session.commit()
    assert due(visit.starts_at - timedelta(hours=2)) and not is_stranded(session, visit)


def test_one_put_down_just_before_waits_and_is_said_if_the_visit_has_its_time_back(
    telling, session, cast, tom, visit, due
):
    assert due(visit.starts_at - timedelta(hours=2))
    ill = leave(session, cast)
    telling.work()
    (line,) = telling.lines(kind=NotificationKind.REMINDER)
    assert line.state == NotificationState.WAITING and not telling.mails
    stranding_undo.undo(ill, by=cast.ines.actor)
    session.commit()
    telling.later()
    (line,) = telling.lines(kind=NotificationKind.REMINDER)
    assert line.state == NotificationState.SENT


def test_one_put_down_just_before_is_needless_once_the_visit_has_another(telling, session, cast, tom, visit, due):
    assert due(visit.starts_at - timedelta(hours=2))
    leave(session, cast)
    telling.work()
    visits.move_to(visit, cast.wish(cast.tomorrow_at(10, days=8), told=False), by=cast.amara.actor)
    session.commit()
    telling.later()
    (line,) = telling.lines(kind=NotificationKind.REMINDER)
    assert (line.state, line.why) == (NotificationState.NOT_NEEDED, Why.OVERTAKEN)
