"""A request called off by mistake: soon undone nobody hears of it, later they hear that it is open again."""

import pytest

from clinic.actions import calls, request_offers, requests
from clinic.actions.requests import Asking
from clinic.models.calls import CallOutcome
from clinic.models.notifications import NotificationKind, NotificationState, Why
from clinic.models.people import ContactMethod
from clinic.queries import calls as desks_calls

K, S = NotificationKind, NotificationState


@pytest.fixture
def asked(telling, session, cast, tom):
    """Tom asked for a visit."""
    made = requests.ask(session, tom, Asking(reason="My knee is hot"), by=cast.amara.actor, severity="yellow")
    session.commit()
    return made


@pytest.fixture
def call_off(telling, session, cast, asked):
    """The desk calls it off."""

    def call_off():
        request_offers.cancel(asked, by=cast.amara.actor)
        session.commit()
        telling.work()

    return call_off


@pytest.fixture
def undo(telling, session, cast, asked):
    """The desk takes that back."""

    def undo():
        requests.undo(asked, by=cast.amara.actor)
        session.commit()
        telling.work()

    return undo


def on_the_list(session, cast):
    """What the desk has to tell by telephone."""
    return [call.kind for call in desks_calls.waiting(session, cast.rose.id)]


def test_undone_at_once_it_was_never_closed(telling, call_off, undo):
    call_off()
    undo()
    telling.later()
    assert not telling.mails and telling.line(kind=K.REQUEST_CLOSED).why == Why.OVERTAKEN


def test_called_off_again_it_is_told_once(telling, call_off, undo):
    call_off()
    undo()
    call_off()
    telling.later()
    (letter,) = telling.mails
    assert "has closed your request" in letter.text


def test_whoever_read_that_it_is_closed_hears_that_it_is_open(telling, call_off, undo):
    call_off()
    telling.later()
    undo()
    telling.later()
    closed, opened = telling.mails
    assert "has closed your request" in closed.text and "has your request for a visit" in opened.text


def test_one_that_nobody_called_about_is_no_call_any_more(telling, session, cast, tom, call_off, undo):
    tom.preferred_contact_method = ContactMethod.PHONE
    session.commit()
    call_off()
    telling.later()
    assert on_the_list(session, cast) == [K.REQUEST_CLOSED.value]
    undo()
    telling.later()
    assert not on_the_list(session, cast)
    call_off()
    telling.later()
    assert on_the_list(session, cast) == [K.REQUEST_CLOSED.value]


def test_whoever_was_called_is_called_again(telling, session, cast, tom, call_off, undo):
    tom.preferred_contact_method = ContactMethod.PHONE
    session.commit()
    call_off()
    telling.later()
    calls.record(telling.line(kind=K.REQUEST_CLOSED), CallOutcome.REACHED, by=cast.amara.actor)
    undo()
    telling.later()
    assert on_the_list(session, cast) == [K.REQUEST_RECEIVED.value]
