"""Calling a visit off by text message when it is too late for that: promised by no reminder, and answered if tried."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from clinic.actions import blocks, reminders, texts
from clinic.models.notifications import Channel, NotificationKind
from clinic.models.people import ContactMethod
from clinic.models.telling import Telling
from clinic.models.texts import ReplyResult, TextReply
from clinic.models.visits import VisitStatus

NUMBER = "+447700900123"


@pytest.fixture
def tom(session, cast, tom):
    """Tom, who likes text messages; his clinic takes calls."""
    tom.preferred_contact_method = ContactMethod.SMS
    cast.rose.phone = "+44 20 7946 0000"
    session.commit()
    return tom


@pytest.fixture
def too_late(session, cast):
    """Make it too late for patients to cancel a visit in three days."""

    def too_late():
        cast.consultation.cancel_cutoff_hours = 200
        session.commit()

    return too_late


@pytest.fixture
def remind(telling, session, cast, tom):
    """Tom's visit in three days, of which he is reminded."""

    def remind():
        visit = cast.booked(cast.tomorrow_at(10, days=3), told=False)
        reminders.claim(session, cast.rose, Telling(), at=visit.starts_at - timedelta(hours=2))
        session.commit()
        telling.work()
        return visit

    return remind


@pytest.fixture
def answer(telling, session, cast):
    """Answer by text message, as the webhook takes it; the reply after the job."""

    def say(words):
        made = texts.receive(session, cast.rose.id, "SM77", NUMBER, words, texts.meaning_of(words, [texts.WORDS]))
        session.commit()
        telling.work()
        return session.get(TextReply, (cast.rose.id, made))

    return say


class TestReminders:
    def test_says_no_cancels_while_it_does(self, telling, remind):
        remind()
        (text,) = telling.texts
        assert "Answer YES to confirm or NO to cancel." in text.text and "call us" not in text.text

    def test_says_where_to_call_once_it_does_not(self, telling, too_late, remind):
        too_late()
        remind()
        (text,) = telling.texts
        assert "Answer YES to confirm. If you cannot come, please call us: +44 20 7946 0000." in text.text
        assert "NO to" not in text.text

    def test_says_no_number_where_there_is_none(self, telling, session, cast, too_late, remind):
        too_late()
        session.execute(sa.text("UPDATE clinics SET phone = NULL"))
        session.commit()
        remind()
        assert "Answer YES to confirm. If you cannot come, please call us." in telling.texts[0].text

    @pytest.mark.parametrize("language", ["en", "de"])
    def test_a_mail_asks_nobody_to_cancel_in_time_for_which_it_is_too_late(
        self, telling, session, tom, too_late, remind, language
    ):
        tom.preferred_contact_method, tom.language = ContactMethod.EMAIL, language
        too_late()
        remind()
        text = telling.mails[0].text
        wanted = {"en": "If you cannot, please call us.", "de": "rufen Sie uns bitte an."}[language]
        assert wanted in text and "in time" not in text and "rechtzeitig" not in text

    def test_a_call_is_no_place_to_ask_for_one(self, telling, tom, too_late, remind):
        tom.preferred_contact_method = ContactMethod.PHONE
        too_late()
        remind()
        line = telling.line()
        assert line.channel == Channel.PHONE and "say whether you will come." in line.text
        assert "call us" not in line.text and "in time" not in line.text


class TestNo:
    @pytest.mark.parametrize(
        ("language", "sentence"),
        [("en", "still stands. It is too late to cancel it by text message."),
         ("de", "Für eine Absage per SMS ist es zu spät.")],
    )  # fmt: skip
    def test_is_answered_at_once_that_the_visit_stands_and_the_desk_reads_it(
        self, telling, session, tom, too_late, remind, answer, language, sentence
    ):
        tom.language = language
        too_late()
        visit = remind()
        telling.at_night()
        reply = answer("NO")
        assert (visit.status, reply.result) == (VisitStatus.BOOKED, ReplyResult.NOT_POSSIBLE) and reply.desk_since
        assert len(telling.texts) == 2 and sentence in telling.texts[-1].text
        assert "+44 20 7946 0000" in telling.texts[-1].text and "/v/" in telling.texts[-1].text

    def test_is_answered_by_the_way_that_is_liked_by_then(self, telling, session, tom, too_late, remind, answer):
        too_late()
        remind()
        tom.preferred_contact_method = ContactMethod.EMAIL
        session.commit()
        answer("NO")
        (mail,) = telling.mails
        assert (
            "still stands. It is too late to cancel it by text message." in mail.text and "is booked" not in mail.text
        )

    def test_in_time_is_not_answered_that_it_stands(self, telling, remind, answer):
        remind()
        answer("NO")
        assert "you have cancelled" in telling.texts[-1].text and len(telling.texts) == 2

    def test_of_a_visit_that_has_lost_its_time_is_for_the_desk_alone(
        self, telling, session, cast, too_late, remind, answer
    ):
        too_late()
        visit = remind()
        blocks.add(cast.dr_osei, visit.starts_at, visit.ends_at, zone="Europe/London", by=cast.ines.actor)
        session.commit()
        reply = answer("NO")
        assert reply.result == ReplyResult.NOT_POSSIBLE and reply.desk_since
        assert not telling.lines(kind=NotificationKind.BOOKED)
