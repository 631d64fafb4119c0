"""Whose a text message is: who has its number now, not who had it when the clinic wrote to it."""

from datetime import timedelta

import pytest

from clinic.actions import reminders, texts
from clinic.models.people import ContactMethod
from clinic.models.telling import Telling
from clinic.models.texts import ReplyResult, TextReply
from clinic.models.visits import VisitStatus

R = ReplyResult
NUMBER = "+447700900123"


@pytest.fixture
def tom(session, tom):
    """Tom, who likes text messages."""
    tom.preferred_contact_method = ContactMethod.SMS
    session.commit()
    return tom


@pytest.fixture
def answer(telling, session, cast):
    """Answer by text message, as the webhook takes it; the reply after the job."""

    def say(words):
        made = texts.receive(session, cast.rose.id, "SM77", NUMBER, words, texts.meaning_of(words, [texts.WORDS]))
        session.commit()
        telling.work()
        return session.get(TextReply, (cast.rose.id, made))

    return say


class TestAfterAReminder:
    @pytest.fixture
    def visit(self, telling, session, cast, tom):
        """Tom's visit, of which he was reminded by text message."""
        visit = cast.booked(cast.tomorrow_at(10, days=3), told=False)
        reminders.claim(session, cast.rose, Telling(), at=visit.starts_at - timedelta(hours=2))
        session.commit()
        telling.work()
        return visit

    @pytest.mark.parametrize("phone", ["+44 7700 900999", None])
    @pytest.mark.parametrize("word", ["YES", "NO"])
    def test_a_word_from_a_number_that_is_theirs_no_more_changes_nothing_and_somebody_reads_it(
        self, session, tom, visit, answer, word, phone
    ):
        tom.phone = phone
        session.commit()
        reply = answer(word)
        assert (visit.status, reply.result) == (VisitStatus.BOOKED, R.TO_READ) and reply.desk_since
        assert (reply.notification.visit_id, reply.patient_id) == (visit.id, None)

    @pytest.mark.parametrize("phone", ["07700 900123", "+44 (0)7700 900-123"])
    def test_it_is_theirs_however_it_is_written(self, session, tom, visit, answer, phone):
        tom.phone = phone
        session.commit()
        reply = answer("NO")
        assert (visit.status, reply.result) == (VisitStatus.CANCELLED, R.CANCELLED)
        assert (reply.patient_id, reply.desk_since) == (tom.id, None)

    def test_words_from_a_number_that_is_theirs_no_more_are_not_said_to_be_theirs(self, session, tom, visit, answer):
        tom.phone = "+44 7700 900999"
        session.commit()
        reply = answer("Who is this?")
        assert (reply.result, reply.patient_id) == (R.TO_READ, None) and reply.desk_since
