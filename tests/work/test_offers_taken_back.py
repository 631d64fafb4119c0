"""A time that was offered is taken back: the patient hears it, unless something better has been said since."""

import pytest

from clinic.actions import blocks, calls, closed_offers, request_offers, requests, stranding_undo, visits
from clinic.actions.acting import Actor
from clinic.actions.requests import Asking
from clinic.models.calls import CallOutcome
from clinic.models.notifications import NotificationKind, NotificationState, Why
from clinic.models.people import ContactMethod
from clinic.models.visits import CancelReason
from clinic.queries import calls as desks_calls
from clinic.queries.requests import live_offer
from tests.actions.lining_up import freed, refill, wait
from tests.actions.stranding import leave, send_all, work

BACK = NotificationKind.OFFER_WITHDRAWN


@pytest.fixture
def asked(telling, session, cast, tom):
    """Tom asked for a visit; tomorrow at three is proposed to him, and he was told."""
    made = requests.ask(session, tom, Asking(reason="My knee is hot"), by=cast.amara.actor)
    requests.triage(made, "yellow", by=cast.amara.actor)
    _propose(session, cast, made, 15)
    return made


def _propose(session, cast, request, hour):
    wish = cast.wish(cast.tomorrow_at(hour), reason=request.reason, source=request.source)
    request_offers.propose(request, wish, by=cast.amara.actor)
    session.commit()


def _take_back(session, cast, request):
    request_offers.take_back(request, by=cast.amara.actor)
    session.commit()


def _close(session, cast, offer):
    """The doctor is away at the offered time, and the minute in which that can be undone is over."""
    blocks.add(offer.provider, offer.starts_at, offer.ends_at, zone="Europe/London", by=cast.ines.actor)
    session.commit()
    closed_offers.take_back(session, offer.provider_id, by=Actor.job(cast.rose.id, "offers.look"))
    session.commit()


def _back(telling, patient=None):
    line = telling.line(patient, kind=BACK)
    return line.state, line.why


def test_a_proposal_taken_back_is_told_with_what_comes_next(telling, session, cast, asked):
    telling.work()
    _take_back(session, cast, asked)
    telling.work()
    assert len(telling.mails) == 1
    telling.later()
    words = telling.mails[-1].text
    assert "Rose Street Clinic has to take back the time it offered you" in words and "at 15:00" in words
    assert "Nothing is booked. We look for another time and will write or call you." in words
    assert "/o/" not in words and telling.line(kind=BACK).state == NotificationState.SENT


def test_whoever_is_proposed_another_time_soon_hears_of_that_alone(telling, session, cast, asked):
    telling.work()
    _take_back(session, cast, asked)
    _propose(session, cast, asked, 16)
    telling.later()
    assert _back(telling) == (NotificationState.NOT_NEEDED, Why.OVERTAKEN)
    assert [line.state for line in telling.lines(kind=NotificationKind.OFFER)] == [NotificationState.SENT] * 2


def test_whoever_had_not_heard_of_the_offer_hears_nothing(telling, session, cast, asked):
    _take_back(session, cast, asked)
    telling.later()
    assert _back(telling) == (NotificationState.NOT_NEEDED, Why.OVERTAKEN)
    assert telling.line(kind=NotificationKind.OFFER).why == Why.OVERTAKEN


def test_of_a_request_that_is_over_only_the_end_is_told(telling, session, cast, asked):
    telling.work()
    _take_back(session, cast, asked)
    request_offers.cancel(asked, by=cast.amara.actor, note="A dentist\n\ncan help you.")
    session.commit()
    telling.later()
    assert _back(telling) == (NotificationState.NOT_NEEDED, Why.OVERTAKEN)
    assert "has closed your request" in telling.mails[-1].text
    assert "what we want to tell you: A dentist can help you." in telling.mails[-1].text


@pytest.mark.parametrize(("way", "hears"), [(ContactMethod.PHONE, True), (ContactMethod.SMS, False)])
def test_words_about_a_closed_request_are_said_on_the_telephone_and_in_no_text_message(
    telling, session, cast, asked, tom, way, hears
):
    tom.preferred_contact_method = way
    request_offers.cancel(asked, by=cast.amara.actor, note="A dentist can help you.")
    session.commit()
    telling.later()
    line = telling.line(kind=NotificationKind.REQUEST_CLOSED)
    assert line.channel == way.value and ("A dentist can help you." in line.text) == hears
    assert "closed" in line.text


def test_who_likes_to_be_called_is_called(telling, session, cast, asked, tom):
    tom.preferred_contact_method = ContactMethod.PHONE
    session.commit()
    telling.work()
    calls.record(telling.line(kind=NotificationKind.OFFER), CallOutcome.REACHED, by=cast.amara.actor)
    _take_back(session, cast, asked)
    telling.later()
    (call,) = desks_calls.waiting(session, cast.rose.id)
    assert call.kind == BACK.value and "has to take back the time it offered you" in call.text


def test_an_offer_nobody_was_called_about_leaves_no_call(telling, session, cast, asked, tom):
    tom.preferred_contact_method = ContactMethod.PHONE
    session.commit()
    telling.work()
    _take_back(session, cast, asked)
    telling.later()
    assert not desks_calls.waiting(session, cast.rose.id)


@pytest.mark.parametrize("language", ["en", "de"])
def test_by_text_message_in_the_patients_language(telling, session, cast, asked, tom, language):
    tom.preferred_contact_method, tom.language = ContactMethod.SMS, language
    session.commit()
    telling.work()
    _close(session, cast, live_offer(session, asked))
    telling.later()
    said = {
        "en": ("sorry, the time we offered you", "Nothing is booked. We look for another time"),
        "de": ("ist leider doch nicht mehr zu haben.", "Es ist nichts gebucht. Wir suchen eine andere Zeit"),
    }
    assert all(words in telling.texts[-1].text for words in said[language])


class TestWhatItWasFor:
    def test_who_waits_stays_on_the_list(self, telling, session, cast, tom):
        wait(session, cast, tom)
        (offer,) = refill(session, cast, freed(cast))
        telling.work()
        _close(session, cast, offer)
        telling.later()
        assert "Nothing is booked. You stay on the waiting list." in telling.mails[-1].text

    def test_who_has_a_later_visit_keeps_it(self, telling, session, cast, tom):
        later = cast.booked(cast.tomorrow_at(11, days=9))
        wait(session, cast, tom, visit_id=later.id)
        (offer,) = refill(session, cast, freed(cast))
        telling.work()
        _close(session, cast, offer)
        telling.later()
        assert offer.is_move and "Your visit stays as it is:" in telling.mails[-1].text

    def test_who_loses_the_later_visit_too_is_not_told_that_it_stays(self, telling, session, cast, tom):
        later = cast.booked(cast.tomorrow_at(11, days=9))
        wait(session, cast, tom, visit_id=later.id)
        (offer,) = refill(session, cast, freed(cast))
        telling.work()
        blocks.add(cast.dr_osei, later.starts_at, later.ends_at, zone="Europe/London", by=cast.ines.actor)
        _close(session, cast, offer)
        telling.later()
        assert _back(telling) == (NotificationState.NOT_NEEDED, Why.OVERTAKEN)

    def test_for_a_stranded_visit_another_time_is_looked_for(self, telling, app, session, cast, tom):
        cast.booked(cast.tomorrow_at(10))
        (row,) = send_all(app, session, cast, leave(session, cast))
        telling.work()
        _close(session, cast, row.offer)
        telling.later()
        assert "We look for another time for your visit and will write or call you." in telling.mails[-1].text

    def test_of_a_visit_called_off_meanwhile_nothing_more_is_said(self, telling, app, session, cast, tom):
        visit = cast.booked(cast.tomorrow_at(10))
        (row,) = send_all(app, session, cast, leave(session, cast))
        telling.work()
        _close(session, cast, row.offer)
        visits.cancel(visit, CancelReason.PATIENT, by=cast.amara.actor)
        session.commit()
        telling.later()
        assert _back(telling) == (NotificationState.NOT_NEEDED, Why.OVERTAKEN)

    def test_of_a_change_taken_back_only_that_all_stays_is_told(self, telling, app, session, cast, tom):
        cast.booked(cast.tomorrow_at(10))
        stranding = leave(session, cast)
        (row,) = send_all(app, session, cast, stranding)
        telling.work()
        _close(session, cast, row.offer)
        stranding_undo.undo(stranding, by=cast.ines.actor)
        session.commit()
        telling.later()
        assert _back(telling) == (NotificationState.NOT_NEEDED, Why.OVERTAKEN)
        assert "takes place after all" in telling.mails[-1].text

    def test_a_proposal_the_desk_has_not_sent_is_nobodys_news(self, telling, app, session, cast, tom):
        cast.booked(cast.tomorrow_at(10))
        (row,) = work(app, session, leave(session, cast))
        _close(session, cast, row.offer)
        assert not telling.lines(kind=BACK)
