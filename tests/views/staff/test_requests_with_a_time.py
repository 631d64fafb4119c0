"""Visits asked for with their time, on the desk's board of requests: beside the others, answered there, counted."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from clinic.actions import requests
from clinic.actions.requests import Asking
from clinic.db import now
from clinic.models.schedule import BookingRule
from clinic.models.visits import Visit, VisitSource, VisitStatus
from clinic.queries import requests as asked
from tests.queries_counted import counted

S = VisitStatus
NAME = 'aria-current="page">Requests <span class="view-tabs-count">{}</span>'


@pytest.fixture
def wanted(session, cast):
    """Maya asks in the portal for ten o'clock in six days: a type that the clinic answers first."""
    cast.consultation.booking = BookingRule.REQUEST
    session.commit()
    return ask_for(cast, 10)


def ask_for(cast, hour, days=6):
    starts_at = cast.tomorrow_at(hour, days=days)
    return cast.booked(starts_at, patient=cast.maya_patient, by=cast.maya, source=VisitSource.PORTAL)


def due(session, visit, **ago):
    session.execute(sa.update(Visit).where(Visit.id == visit.id).values(answer_by=now() - timedelta(**ago)))
    session.commit()


def again(session, row):
    session.rollback()
    session.expire_all()
    return row


class TestIndex:
    def test_it_shows_for_when_with_whom_and_until_when_they_are_answered(self, cast, amara, wanted):
        page = amara.open("staff.requests.index").text
        assert "Maya Okafor" in page and "Dr Kwame Osei" in page and "Answer until" in page
        assert f'href="/staff/visits/{wanted.id}"' in page and "10:00" in page

    def test_it_is_gone_once_it_is_answered_or_has_begun(self, session, amara, wanted):
        values = {"starts_at": now() - timedelta(hours=1), "answer_by": now() - timedelta(hours=1)}
        session.execute(sa.update(Visit).where(Visit.id == wanted.id).values(**values))
        session.commit()
        assert "Maya Okafor" not in amara.open("staff.requests.index").text

    def test_they_stand_with_what_nobody_has_looked_at_by_when_an_answer_is_due(self, session, cast, wanted):
        def note(severity=None):
            return requests.ask(session, cast.tom, Asking(reason="x"), severity=severity, by=cast.amara.actor)

        green, red, new = note("green"), note("red"), note()
        later = ask_for(cast, 11)
        due(session, later, minutes=-600)
        due(session, wanted, minutes=-30)
        session.enter(cast.scope)
        order = [each.id for each in asked.board(session, 1)]
        assert order == [red.id, wanted.id, new.id, later.id, green.id]

    def test_what_is_late_stands_with_the_late_ones_and_nobodys_is_among_ones_own(self, session, amara, wanted):
        assert "Maya Okafor" not in amara.open("staff.requests.index", view="late").text
        due(session, wanted, minutes=5)
        assert "Late: an answer was due" in amara.open("staff.requests.index", view="late").text
        assert "Maya Okafor" not in amara.open("staff.requests.index", view="own").text

    def test_they_are_counted_in_the_navigation_and_on_the_tabs(self, session, amara, wanted):
        page = amara.open("staff.requests.index").text
        assert NAME.format(1) in page and "All open <span" in page
        assert asked.counts(session, None)[:2] == (1, 0)
        due(session, wanted, minutes=5)
        assert asked.counts(session, None)[:2] == (1, 1)

    def test_many_take_no_more_questions_and_stand_on_pages(self, app, session, cast, amara, wanted, monkeypatch):
        requests.ask(session, cast.tom, Asking(reason="x"), by=cast.amara.actor)
        session.commit()
        amara.open("staff.requests.index")
        with counted(app) as few:
            amara.open("staff.requests.index")
        for hour in (11, 12, 14, 15):
            ask_for(cast, hour)
        with counted(app) as many:
            amara.open("staff.requests.index")
        assert len(many) == len(few)
        monkeypatch.setattr(asked, "PAGE", 4)
        first, second = (amara.open("staff.requests.index", page=number).text for number in (1, 2))
        assert first.count('<li class="request') == 4 and 'rel="next"' in first
        assert second.count('<li class="request') == 2 and 'rel="next"' not in second

    def test_another_clinics_are_not_there(self, stranger, wanted):
        page = stranger.open("staff.requests.index")
        assert page.status_code == 200 and "Nothing waits here" in page.text


class TestAnswering:
    def test_yes_is_a_form_of_the_board_and_leads_back_to_it(self, session, amara, wanted):
        address = f"/staff/visits/{wanted.id}/accept"
        page = amara.open("staff.requests.index").text
        assert f'action="{address}"' in page and 'name="next" value="/staff/requests"' in page
        answer = amara.send("staff.visits.accept", {"next": "/staff/requests"}, visit_id=wanted.id)
        assert (answer.status_code, answer.location) == (303, "/staff/requests")
        assert again(session, wanted).status == S.BOOKED
        page = amara.open("staff.requests.index").text
        assert "Accepted: the visit is booked." in page and "Maya Okafor" not in page

    def test_no_asks_why_and_leads_back_to_it(self, session, amara, wanted):
        link = f"/staff/visits/{wanted.id}/cancel?next=/staff/requests"
        assert f'href="{link}"' in amara.open("staff.requests.index").text
        form = amara.open(link).text
        assert 'name="next" value="/staff/requests"' in form
        sent = {"reason": "clinic", "note": "", "next": "/staff/requests"}
        answer = amara.send("staff.visits.cancel", sent, visit_id=wanted.id)
        assert (answer.status_code, answer.location) == (303, "/staff/requests")
        assert again(session, wanted).status == S.CANCELLED

    def test_what_was_sent_without_a_reason_comes_back_with_the_way(self, amara, wanted):
        sent = {"reason": "", "note": "They called", "next": "/staff/requests"}
        answer = amara.send("staff.visits.cancel", sent, visit_id=wanted.id)
        assert answer.status_code == 422 and 'value="/staff/requests"' in answer.text and "They called" in answer.text

    def test_nobody_is_led_out_of_the_house(self, amara, wanted):
        sent = {"reason": "clinic", "next": "https://elsewhere.example/staff/"}
        assert "elsewhere" not in amara.send("staff.visits.cancel", sent, visit_id=wanted.id).location
