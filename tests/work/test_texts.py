"""Text messages: sent once, believed in one direction, and answered in one word, about the visit that is meant."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from clinic.actions import blocks, reminders, texts, visits
from clinic.actions.booking import Wish, book
from clinic.actions.patients import register
from clinic.integrations import sms
from clinic.models.notifications import Channel, NotificationState, Why
from clinic.models.people import ContactMethod
from clinic.models.telling import Telling
from clinic.models.texts import ReplyMeaning, ReplyResult, TextNumber, TextReply
from clinic.models.visits import Visit, VisitStatus
from clinic.queries.reaching import number_hash
from clinic.scope import Scope
from clinic.work.handlers import run
from tests.integrations import twilio

S, R, M = NotificationState, ReplyResult, ReplyMeaning
NUMBER = "+447700900123"


@pytest.fixture
def tom(session, cast):
    """Tom, who likes text messages."""
    cast.tom.phone, cast.tom.preferred_contact_method = "+44 7700 900123", ContactMethod.SMS
    session.commit()
    return cast.tom


@pytest.fixture
def service(app, telling, monkeypatch):
    """The service for text messages, which the application is told of."""
    with twilio.exchange() as (exchange, url):
        monkeypatch.setitem(app.config, "SMS_URL", url)
        monkeypatch.setitem(app.config, "SMS_FROM", twilio.NUMBER)
        yield exchange


def heard(session, line, status, code=None):
    """What the service says of a message."""
    session.refresh(line, with_for_update=True)
    texts.heard(line, sms.RANKS, line.service_id, status, code, arrived=sms.ARRIVED, lost=sms.LOST)
    session.commit()


class TestSending:
    def test_a_message_is_handed_over_once_with_where_to_say_what_becomes_of_it(self, telling, cast, tom, service):
        cast.booked()
        telling.work()
        line, (sent,) = telling.line(), service.taken
        assert (line.state, line.service_status) == (S.SENT, "queued") and line.service_id.startswith("SM")
        assert sent["To"] == NUMBER and sent["Body"].startswith("Rose Street Clinic: your visit is booked")
        assert sent["StatusCallback"].endswith(f"/texts/{line.clinic_id}/{line.id}/status")

    @pytest.mark.parametrize("mood", ["hang_up", "broken"])
    def test_one_that_nobody_answered_is_never_sent_again_but_asked_about(self, telling, cast, tom, service, mood):
        service.mood = mood
        cast.booked()
        telling.work()
        line = telling.line()
        assert (line.state, line.why) == (S.UNCLEAR, Why.NO_ANSWER) and line.waits_for_the_desk
        service.mood = "well"
        run(telling.app, "notifications.send", {"clinic_id": str(line.clinic_id), "notification_id": str(line.id)})
        assert service.tries == 1

    def test_one_whose_worker_died_meanwhile_is_not_sent_again_either(self, telling, session, cast, tom, service):
        cast.booked()
        session.execute(sa.text("UPDATE notifications SET state = 'sending', channel = 'sms', sent_to = :to,"
                                " send_at = now() - interval '5 minutes'"), {"to": NUMBER})  # fmt: skip
        session.commit()
        telling.work()
        assert telling.line().state == S.UNCLEAR and not service.tries

    def test_a_service_that_is_busy_or_away_gets_it_later(self, telling, cast, tom, service):
        service.mood = "busy"
        cast.booked()
        telling.work()
        assert (telling.line().state, telling.line().why) == (S.WAITING, Why.AWAY)

    def test_a_number_that_takes_none_is_the_desks_work(self, telling, cast, tom, service):
        service.mood = "bad_number"
        cast.booked()
        telling.work()
        line = telling.line()
        assert (line.state, line.service_code) == (S.FAILED, "21211") and line.waits_for_the_desk

    def test_who_asked_the_service_for_no_more_is_told_by_another_way_from_then_on(
        self, telling, session, cast, tom, service
    ):
        tom.email = "tom@baker.example"
        session.commit()
        service.mood = "stopped"
        cast.booked()
        telling.work()
        assert telling.line().channel == Channel.EMAIL and len(telling.mails) == 1
        cast.booked(cast.tomorrow_at(12))
        telling.work()
        assert service.tries == 1 and len(telling.mails) == 2

    def test_a_service_that_keeps_failing_is_left_alone_for_a_while(self, telling, cast, tom, service):
        service.mood = "closed"
        for hour in range(9, 16):
            cast.booked(cast.tomorrow_at(hour, days=4))
        telling.work()
        assert service.tries == 5 and {line.state for line in telling.lines()} == {S.WAITING}


def test_where_mails_go_out_in_earnest_and_no_text_messages_can_none_is_said_to_be_sent(
    app, telling, cast, tom, monkeypatch
):
    monkeypatch.setitem(app.config, "MAIL_URL", "smtp://127.0.0.1:1?starttls=no")
    cast.booked(by=cast.maya)
    cast.tom.email = None
    telling.work()
    assert not telling.texts and telling.line().channel != Channel.SMS


class TestWhatBecameOfIt:
    @pytest.fixture
    def line(self, telling, cast, tom, service):
        """A message that the service has taken."""
        cast.booked()
        telling.work()
        return telling.line()

    def test_it_arrives(self, session, line):
        for status in ("sending", "sent", "delivered"):
            heard(session, line, status)
        assert line.state == S.DELIVERED and line.delivered_at

    def test_what_comes_late_or_twice_changes_nothing(self, session, line):
        heard(session, line, "delivered")
        first = line.delivered_at
        for status in ("sent", "queued", "delivered", "failed", "a word of next year"):
            heard(session, line, status)
        assert (line.state, line.delivered_at, line.service_status) == (S.DELIVERED, first, "delivered")

    def test_it_is_lost_and_the_desk_calls(self, session, line):
        heard(session, line, "undelivered", "30003")
        assert (line.state, line.service_code) == (S.FAILED, "30003") and line.waits_for_the_desk

    def test_one_nobody_was_sure_of_arrived_after_all(self, session, line):
        line.state, line.desk_since, line.service_id = S.UNCLEAR, sa.func.now(), None
        session.commit()
        texts.heard(line, sms.RANKS, "SM9", "delivered", None, arrived=sms.ARRIVED, lost=sms.LOST)
        assert line.state == S.DELIVERED and not line.waits_for_the_desk

    def test_another_messages_fate_is_not_believed(self, session, line):
        texts.heard(line, sms.RANKS, "SMother", "failed", None, arrived=sms.ARRIVED, lost=sms.LOST)
        assert line.state == S.SENT


@pytest.mark.parametrize(
    ("said", "meaning"),
    [("YES", M.CONFIRM), (" yes. ", M.CONFIRM), ("Confirm!", M.CONFIRM), ("no", M.CANCEL), ("CANCEL", M.CANCEL),
     ("Stop", M.STOP), ("START", M.START), ("yes but later please", M.OTHER), ("", M.OTHER), ("Não", M.CANCEL),
     ("SIM", M.CONFIRM)],
)  # fmt: skip
def test_one_word_is_understood_in_any_language_spoken_here(said, meaning):
    portuguese = {M.CONFIRM: "SIM CONFIRMAR", M.CANCEL: "NÃO", M.STOP: "PARAR", M.START: "VOLTAR"}
    assert texts.meaning_of(said, [texts.WORDS, portuguese]) == meaning


class TestAnswers:
    @pytest.fixture
    def reminded(self, telling, session, cast, tom, service):
        """Tom's visit, of which he was reminded by text message."""

        def remind(starts_at=None, patient=None):
            visit = cast.booked(starts_at or cast.tomorrow_at(10, days=3), patient=patient or tom, told=False)
            assert len(reminders.claim(session, cast.rose, Telling(), at=visit.starts_at - timedelta(hours=2))) == 1
            session.commit()
            telling.work()
            return visit

        telling.rules(quiet_from="00:00", quiet_until="00:00")
        return remind

    @pytest.fixture
    def answer(self, telling, session, cast):
        """Answer by text message, as the webhook takes it; the reply after the job."""

        def say(words, sid="SM77"):
            meaning = texts.meaning_of(words, [texts.WORDS])
            made = texts.receive(session, cast.rose.id, sid, NUMBER, words, meaning)
            session.commit()
            telling.work()
            return made and session.get(TextReply, (cast.rose.id, made))

        return say

    def test_yes_confirms_the_visit(self, reminded, answer, session):
        visit = reminded()
        reply = answer("Yes")
        session.refresh(visit)
        assert visit.status == VisitStatus.CONFIRMED and reply.result == R.CONFIRMED and not reply.desk_since

    def test_no_cancels_it_and_says_so(self, reminded, answer, session, telling, service):
        visit = reminded()
        reply = answer("NO")
        session.refresh(visit)
        assert visit.status == VisitStatus.CANCELLED and reply.result == R.CANCELLED
        assert "you have cancelled" in service.taken[-1]["Body"]

    def test_the_same_answer_brought_again_does_nothing_again(self, reminded, answer):
        reminded()
        assert answer("Yes", "SM5") and answer("Yes", "SM5") is None

    def test_no_after_the_time_for_cancelling_is_for_the_desk(self, reminded, answer, session, cast):
        cast.consultation.cancel_cutoff_hours = 200
        session.commit()
        visit = reminded()
        reply = answer("No")
        session.refresh(visit)
        assert visit.status == VisitStatus.BOOKED and reply.result == R.NOT_POSSIBLE and reply.desk_since

    @pytest.mark.parametrize("known", [VisitStatus.BOOKED, VisitStatus.CONFIRMED])
    def test_yes_to_a_visit_that_has_lost_its_time_is_for_the_desk(self, reminded, answer, session, cast, known):
        visit = reminded()
        visit.status = known
        blocks.add(cast.dr_osei, visit.starts_at, visit.ends_at, zone="Europe/London", by=cast.ines.actor)
        session.commit()
        reply = answer("Yes")
        session.refresh(visit)
        assert (visit.status, reply.result) == (known, R.NOT_POSSIBLE) and reply.desk_since

    def test_two_visits_that_wait_for_an_answer_are_for_the_desk(self, reminded, answer, session, cast):
        first, second = reminded(), reminded(cast.tomorrow_at(12, days=4))
        reply = answer("No")
        assert reply.result == R.SEVERAL and reply.desk_since
        visits.confirm(first, by=cast.amara.actor)
        session.commit()
        assert answer("No", "SM78").result == R.CANCELLED
        session.refresh(second)
        assert second.status == VisitStatus.CANCELLED

    def test_two_people_with_one_number_are_for_the_desk(self, reminded, answer, session, cast):
        child = register(session, by=cast.amara.actor, full_name="Tina Baker", date_of_birth=None,
                         phone="+44 7700 900123", preferred_contact_method=ContactMethod.SMS)  # fmt: skip
        session.commit()
        reminded()
        reminded(cast.tomorrow_at(12, days=3), patient=child)
        assert answer("Yes").result == R.SEVERAL

    def test_words_are_for_somebody_to_read(self, reminded, answer):
        visit = reminded()
        reply = answer("can I bring my dog?")
        assert (reply.result, reply.patient_id) == (R.TO_READ, visit.patient_id) and reply.desk_since

    def test_words_to_another_clinic_that_wrote_last_are_not_for_this_one_to_read(self, answer, session, cast):
        later = {"number_hash": number_hash(NUMBER), "clinic_id": cast.harbour.id, "last_at": sa.func.now()}
        session.execute(sa.insert(TextNumber).values(later))
        session.commit()
        reply = answer("can I bring my dog?")
        assert (reply.result, reply.desk_since) == (R.NONE, None)

    def test_an_answer_to_nothing_goes_to_the_desk_that_wrote_last(self, reminded, answer, session, cast):
        visit = reminded()
        session.execute(sa.text("UPDATE visits SET status = 'completed' WHERE id = :id"), {"id": visit.id})
        session.commit()
        assert answer("Yes").result == R.NONE

    def test_a_number_two_clinics_wait_for_is_for_both_desks(self, reminded, answer, telling, session, cast, service):
        visit_id = reminded().id
        session.enter(Scope.staff(cast.harbour.id))
        telling.rules(cast.harbour, quiet_from="00:00", quiet_until="00:00")
        sam = register(session, by=cast.stranger.actor, full_name="Tom Baker", date_of_birth=None,
                       phone="+44 7700 900123", preferred_contact_method=ContactMethod.SMS)  # fmt: skip
        starts_at = cast.tomorrow_at(10, days=3, clinic=cast.harbour)
        book(session, Wish(cast.harbour.id, cast.dr_reyes.id, cast.checkup.id, sam.id, starts_at, told=False),
             by=cast.stranger.actor)  # fmt: skip
        reminders.claim(session, cast.harbour, Telling(), at=starts_at - timedelta(hours=2))
        session.commit()
        session.enter(cast.scope)
        telling.work()
        assert answer("No").result == R.SEVERAL
        assert session.get(Visit, (cast.rose.id, visit_id)).status == VisitStatus.BOOKED

    def test_stop_and_start(self, reminded, answer, session, telling, cast, service):
        reminded()
        texts.stop(session, NUMBER)
        assert session.scalars(sa.select(TextNumber.stopped_at)).all() != [None]
        session.commit()
        cast.booked(cast.tomorrow_at(14))
        telling.work()
        assert len(service.taken) == 1
        texts.start(session, NUMBER)
        session.commit()
        cast.booked(cast.tomorrow_at(15))
        telling.work()
        assert len(service.taken) == 2
