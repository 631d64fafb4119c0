"""Whose a text message is: who has its number now, not who had it when the clinic wrote to it."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from clinic.actions import reminders, texts
from clinic.actions.patients import register
from clinic.models.people import ContactMethod
from clinic.models.telling import Telling
from clinic.models.texts import ReplyResult, TextNumber, TextReply
from clinic.models.visits import VisitStatus
from clinic.queries.reaching import number_hash
from clinic.scope import Scope

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


class TestWhereNothingIsAsked:
    @pytest.fixture
    def visit(self, telling, cast, tom):
        """Tom's visit, whose booking was confirmed to him by text message."""
        visit = cast.booked(cast.tomorrow_at(10, days=3))
        telling.work()
        assert len(telling.texts) == 1
        return visit

    @pytest.mark.parametrize(("words", "result"), [("Sorry, I am ill", R.TO_READ), ("NO", R.NONE)])
    def test_the_desk_reads_whose_answer_it_is_and_to_what(self, telling, tom, visit, answer, words, result):
        reply = answer(words)
        assert (reply.result, reply.patient_id) == (result, tom.id) and reply.desk_since
        assert reply.notification_id == telling.line().id and visit.status == VisitStatus.BOOKED

    def test_it_is_about_what_was_written_last(self, telling, session, cast, visit, answer):
        cast.booked(cast.tomorrow_at(12, days=4))
        telling.work()
        assert answer("Sorry, I am ill").notification_id == telling.lines()[-1].id

    def test_it_is_nobodys_for_certain_where_the_clinic_wrote_to_two_people_there(
        self, telling, session, cast, visit, answer
    ):
        child = register(session, by=cast.amara.actor, full_name="Tina Baker", phone="+44 7700 900123",
                         preferred_contact_method=ContactMethod.SMS)  # fmt: skip
        cast.booked(cast.tomorrow_at(12, days=4), patient=child)
        telling.work()
        reply = answer("Sorry, I am ill")
        assert (reply.result, reply.patient_id, reply.notification_id) == (R.TO_READ, None, None) and reply.desk_since

    def test_what_never_went_out_is_not_what_is_answered(self, telling, session, cast, visit, answer):
        session.execute(sa.text("UPDATE notifications SET state = 'failed'"))
        session.commit()
        assert answer("Sorry, I am ill").patient_id is None


class TestWordsToAnotherClinic:
    @pytest.fixture
    def harbour_wrote_last(self, telling, session, cast, tom):
        """That Rose Street confirmed a booking to Tom by text message, and the harbour texted his number after that."""
        cast.booked(cast.tomorrow_at(10, days=3))
        telling.work()
        later = {"number_hash": number_hash(NUMBER), "clinic_id": cast.harbour.id, "last_at": sa.func.now()}
        session.execute(sa.insert(TextNumber).values(later))
        session.commit()

    @pytest.mark.parametrize("words", ["My test at the harbour", "NO"])
    def test_are_not_kept_here_nor_the_number_nor_whose_it_is(self, harbour_wrote_last, answer, words):
        reply = answer(words)
        assert (reply.result, reply.desk_since) == (R.NONE, None)
        assert (reply.text, reply.sender, reply.patient_id, reply.notification_id) == ("", "", None, None)

    def test_are_read_there_as_they_were_written(self, telling, session, cast, harbour_wrote_last):
        session.enter(Scope.staff(cast.harbour.id))
        words = "My test at the harbour"
        made = texts.receive(session, cast.harbour.id, "SM77", NUMBER, words, texts.meaning_of(words, [texts.WORDS]))
        session.commit()
        telling.work()
        session.enter(Scope.staff(cast.harbour.id))
        reply = session.get(TextReply, (cast.harbour.id, made))
        assert (reply.result, reply.text, reply.sender) == (R.TO_READ, words, NUMBER) and reply.desk_since

    def test_come_once_however_often_they_are_brought(self, session, cast, harbour_wrote_last, answer):
        answer("My test at the harbour")
        assert texts.receive(session, cast.rose.id, "SM77", NUMBER, "My test at the harbour", "other") is None
