"""Somebody who comes without a time is told their number, their wait and their link: in writing, or by nobody."""

import re
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from clinic.actions import calls, notifications, request_offers, requests, texts, visits, walk_ins
from clinic.actions.acting import Refused
from clinic.db import now
from clinic.models.notifications import Channel, NotificationKind, NotificationState, Why
from clinic.models.people import ContactMethod
from clinic.models.visits import CancelReason, VisitKind
from clinic.queries.calls import waiting
from clinic.work.handlers import run

K, S = NotificationKind, NotificationState
NUMBER = "+447700900123"
# What a text message can say without becoming twice as dear, as far as ours go.
CHEAP = re.compile(r"[A-Za-z0-9 \n.,:;/?!%&()'+_äöüÄÖÜß-]+")


@pytest.fixture
def come_in(session, cast, telling):
    """Tom comes in: ``come_in()``; with the minutes he will probably wait, ``come_in((5, 20))``."""

    def came(wait=None, patient=None):
        visit = walk_ins.add(session, patient or cast.tom, timezone=cast.rose.timezone, by=cast.amara.actor)
        visit.wait_low, visit.wait_high = wait or (None, None)
        session.commit()
        return visit

    return came


def prefers(session, patient, method):
    """The patient likes to be reached like this."""
    patient.preferred_contact_method = method
    session.commit()


def wants_no_texts(session, cast):
    """Tom's number has asked for no more text messages."""
    texts.written_to(session, SimpleNamespace(sent_to=NUMBER, clinic_id=cast.rose.id))
    texts.stop(session, NUMBER)
    session.commit()


def between(visit, cast):
    """From when to when they were told to be called, on the clinic's clock."""
    zone = ZoneInfo(cast.rose.timezone)
    return tuple(f"{each.astimezone(zone):%H:%M}" for each in (visit.expected_from, visit.expected_until))


class TestInWriting:
    def test_a_mail_has_the_number_the_wait_and_the_link_that_opens_and_nothing_clinical(
        self, telling, session, cast, tom, come_in, nobody
    ):
        visit = come_in((5, 20))
        telling.work()
        line, (letter,) = telling.line(), telling.mails
        assert (line.kind, line.channel, line.state, line.visit_id) == (K.TICKET, Channel.EMAIL, S.SENT, visit.id)
        assert letter.to == "tom@baker.example" and letter.subject == "Your number is 1"
        assert "between {} and {}".format(*between(visit, cast)) in letter.text and "Consultation" not in letter.text
        assert "\n\nOn this page you see where you stand" in letter.text
        page = nobody.client.get(re.search(r"/v/\S+", letter.text)[0]).text
        assert "Your number is 1." in page

    def test_a_text_message_is_short_and_the_ledger_keeps_it_without_the_key(
        self, telling, session, cast, tom, come_in
    ):
        prefers(session, tom, ContactMethod.SMS)
        visit = come_in((5, 20))
        telling.work()
        (text,), line = telling.texts, telling.line()
        assert text.to == NUMBER and text.text.startswith("Rose Street Clinic: your number is 1. ")
        assert "between {} and {}".format(*between(visit, cast)) in text.text and "/v/" in text.text
        assert CHEAP.fullmatch(text.text) and len(text.text.partition("http")[0]) < 110
        assert line.channel == Channel.SMS and line.text.endswith("/v/…")

    def test_in_german_too(self, telling, session, cast, tom, come_in):
        tom.language = "de"
        prefers(session, tom, ContactMethod.SMS)
        visit = come_in((5, 20))
        telling.work()
        (text,) = telling.texts
        assert "Ihre Nummer ist 1." in text.text and "zwischen {} und {}".format(*between(visit, cast)) in text.text
        assert CHEAP.fullmatch(text.text)

    def test_where_nobody_can_say_how_long_it_takes_that_is_said(self, telling, tom, come_in):
        come_in()
        telling.work()
        assert "can’t say yet" in telling.mails[0].text and "between" not in telling.mails[0].text

    def test_who_is_awake_in_the_building_is_told_in_the_quiet_hours_too(self, telling, tom, come_in):
        telling.at_night()
        come_in()
        telling.work()
        assert len(telling.mails) == 1

    def test_who_had_asked_to_come_is_told_when_they_are_let_in(self, telling, session, cast, tom):
        request = requests.ask(session, tom, requests.Asking("A cough", kind=VisitKind.WALK_IN), by=cast.amara.actor)
        request_offers.admit(request, timezone=cast.rose.timezone, by=cast.amara.actor)
        session.commit()
        telling.work()
        assert K.TICKET in [line.kind for line in telling.lines()] and "Your number is 1" in telling.mails[-1].subject

    def test_by_mail_who_wants_no_more_text_messages(self, telling, session, cast, tom, come_in):
        wants_no_texts(session, cast)
        prefers(session, tom, ContactMethod.SMS)
        come_in()
        telling.work()
        assert telling.line().channel == Channel.EMAIL and not telling.texts


class TestWithTheWalkInOrNotAtAll:
    def test_rolled_back_nobody_is_told(self, telling, session, cast, tom):
        walk_ins.add(session, tom, timezone=cast.rose.timezone, by=cast.amara.actor)
        session.rollback()
        telling.work()
        assert not telling.lines() and not telling.mails

    def test_refused_the_second_time_they_are_told_once(self, telling, session, cast, tom, come_in):
        come_in()
        with pytest.raises(Refused):
            come_in()
        session.rollback()
        telling.work()
        assert len(telling.mails) == 1

    def test_a_job_that_comes_again_tells_nothing_again(self, telling, app, cast, tom, come_in):
        come_in()
        telling.work()
        ids = {"clinic_id": str(cast.rose.id), "notification_id": str(telling.line().id)}
        run(app, notifications.SEND, ids)
        assert len(telling.mails) == 1


class TestNothingIsSent:
    def test_to_who_likes_to_be_called_and_nobody_is_to_call_them(self, telling, session, cast, tom, come_in):
        prefers(session, tom, ContactMethod.PHONE)
        come_in()
        telling.work()
        assert not telling.lines() and not telling.mails and not waiting(session, cast.rose.id)

    def test_to_who_has_no_address(self, telling, session, cast, come_in):
        come_in()
        telling.work()
        assert not telling.lines() and not waiting(session, cast.rose.id)

    def test_where_the_only_number_wants_no_more_text_messages(self, telling, session, cast, tom, come_in):
        tom.email = None
        wants_no_texts(session, cast)
        prefers(session, tom, ContactMethod.SMS)
        come_in()
        telling.work()
        assert not telling.lines() and not telling.texts

    def test_where_the_clinic_does_not_send_it(self, telling, tom, come_in):
        telling.rules(quiet_from="00:00", quiet_until="00:00", off=["ticket"])
        come_in()
        telling.work()
        assert not telling.lines() and not telling.mails


class TestWhatHappensMeanwhile:
    def undelivered(self, telling, why):
        """Nothing went out, for this reason, and nobody is to call about it."""
        telling.work()
        line = telling.line()
        assert (line.state, line.why) == (S.NOT_NEEDED, why) and not line.waits_for_the_desk
        assert not telling.mails and not telling.texts

    def test_who_is_called_before_it_goes_out_hears_no_wait(self, telling, session, tom, come_in):
        visit = come_in()
        visit.called_at, visit.called_to, visit.times_called = now(), "Room 2", 1
        session.commit()
        self.undelivered(telling, Why.OVERTAKEN)

    def test_nor_who_was_added_by_mistake(self, telling, session, cast, tom, come_in):
        visits.cancel(come_in(), CancelReason.ENTERED_IN_ERROR, by=cast.amara.actor)
        session.commit()
        self.undelivered(telling, Why.OVERTAKEN)

    def test_nor_who_is_dead_by_then(self, telling, session, tom, come_in):
        come_in()
        tom.deceased_at = now()
        session.commit()
        self.undelivered(telling, Why.PATIENT_GONE)

    def test_nor_anybody_with_a_number_of_yesterday(self, telling, session, tom, come_in):
        visit = come_in()
        visit.ticket_on = visit.ticket_on.replace(year=2020)
        session.commit()
        self.undelivered(telling, Why.TOO_LATE)

    def test_who_likes_to_be_called_by_then_knows_the_number_from_the_desk(self, telling, session, tom, come_in):
        come_in()
        prefers(session, tom, ContactMethod.PHONE)
        self.undelivered(telling, Why.KNOWN)

    @pytest.mark.parametrize("gone_wrong", ["refused", "unclear", "nowhere"])
    def test_what_does_not_arrive_is_no_call_for_the_desk_at_which_they_stand(
        self, telling, session, cast, tom, come_in, gone_wrong
    ):
        come_in()
        line = telling.line()
        if gone_wrong == "nowhere":
            tom.email = tom.phone = None
            session.commit()
            telling.work()
            line = telling.line()
        elif gone_wrong == "unclear":
            line.channel = Channel.SMS
            notifications.leave_unclear(line)
        else:
            notifications.fail(line, Why.REFUSED)
        session.commit()
        assert line.state in (S.FAILED, S.UNCLEAR) and not line.waits_for_the_desk
        assert not waiting(session, cast.rose.id)
        with pytest.raises(Refused):
            calls.record(line, "reached", by=cast.amara.actor)
