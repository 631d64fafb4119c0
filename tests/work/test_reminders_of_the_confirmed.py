"""Whoever has said that they come is reminded, and not asked again; nor called by a desk that knows it."""

from datetime import timedelta

import pytest

from clinic.actions import reminders, visits
from clinic.models.notifications import NotificationState, Why
from clinic.models.people import ContactMethod
from clinic.models.telling import Telling
from clinic.queries import calls

S = NotificationState


@pytest.fixture
def visit(session, cast, tom):
    """Tom's visit in five days, to which he has said that he comes."""
    visit = cast.booked(cast.tomorrow_at(14, days=5), told=False)
    visits.confirm(visit, by=cast.amara.actor)
    session.commit()
    return visit


@pytest.fixture
def due(telling, session, cast):
    """Do what is due so many hours before the visit."""

    def due(visit, hours=48):
        at = visit.starts_at - timedelta(hours=hours)
        assert len(reminders.claim(session, cast.rose, Telling(), at=at)) == 1
        session.commit()
        telling.work()

    return due


def prefers(session, patient, method):
    patient.preferred_contact_method = method
    session.commit()


def move(session, cast, visit):
    """The desk moves the visit by a day and tells nobody."""
    visits.move_to(visit, cast.wish(cast.tomorrow_at(14, days=6), told=False), by=cast.amara.actor)
    session.commit()


def test_a_mail_does_not_ask_whether_they_come(telling, visit, due):
    due(visit)
    (letter,) = telling.mails
    assert "we expect you at" in letter.text and "Please say whether" not in letter.text
    assert "If you cannot come after all, cancel in time" in letter.text


def test_a_text_message_asks_for_no_yes_and_says_how_to_cancel(telling, session, tom, visit, due):
    prefers(session, tom, ContactMethod.SMS)
    due(visit)
    (text,) = telling.texts
    assert "YES" not in text.text and "Answer NO to cancel." in text.text


def test_too_late_to_cancel_it_says_to_call(telling, session, cast, tom, visit, due):
    prefers(session, tom, ContactMethod.SMS)
    cast.consultation.cancel_cutoff_hours = 24 * 30
    session.commit()
    due(visit)
    (text,) = telling.texts
    assert "YES" not in text.text and "NO" not in text.text and "If you cannot come, please call us" in text.text


def test_in_german_as_well(telling, session, tom, visit, due):
    tom.language = "de"
    session.commit()
    due(visit)
    (letter,) = telling.mails
    assert "ob Sie kommen" not in letter.text and "Wenn Sie doch nicht kommen können" in letter.text


def test_who_has_confirmed_a_time_that_the_clinic_has_moved_is_asked(telling, session, cast, visit, due):
    move(session, cast, visit)
    due(visit)
    assert "Please say whether you will come." in telling.mails[-1].text


class TestWhoLikesToBeCalled:
    def test_is_not_called_about_a_visit_that_they_confirmed(self, telling, session, cast, tom, visit, due):
        prefers(session, tom, ContactMethod.PHONE)
        due(visit)
        line = telling.line()
        assert (line.state, line.why) == (S.NOT_NEEDED, Why.KNOWN) and not calls.waiting(session, cast.rose.id)

    def test_nor_is_whoever_can_only_be_called(self, telling, session, cast, tom, visit, due):
        tom.email, tom.phone = None, "020 7946 0000"
        session.commit()
        due(visit)
        assert telling.line().why == Why.KNOWN and not calls.waiting(session, cast.rose.id)

    def test_is_called_once_the_clinic_has_moved_it(self, telling, session, cast, tom, visit, due):
        prefers(session, tom, ContactMethod.PHONE)
        move(session, cast, visit)
        due(visit)
        (call,) = calls.waiting(session, cast.rose.id)
        assert "Please say whether you will come." in call.text
