"""A word texted back after a time was offered: it may mean the offer or the visit, so nobody guesses."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from clinic.actions import offers, reminders, texts
from clinic.actions.patients import register
from clinic.models.offers import OfferPurpose, OfferStatus
from clinic.models.people import ContactMethod
from clinic.models.telling import Telling
from clinic.models.texts import ReplyResult, TextReply
from clinic.models.visits import Visit, VisitStatus
from clinic.scope import Scope
from tests.actions.lining_up import freed, refill, wait

R = ReplyResult
NUMBER = "+447700900123"


@pytest.fixture
def visit(session, cast, tom):
    """Tom's visit in nine days, who likes text messages."""
    tom.preferred_contact_method = ContactMethod.SMS
    return cast.booked(cast.tomorrow_at(11, days=9), told=False)


@pytest.fixture
def remind(telling, session, cast, visit):
    """Remind Tom of his visit by text message."""
    before = visit.starts_at - timedelta(hours=2)

    def remind():
        reminders.claim(session, cast.rose, Telling(), at=before)
        session.commit()
        telling.work()
        assert "YES" in telling.texts[-1].text

    return remind


@pytest.fixture
def offer(telling, session, cast, visit):
    """Offer an earlier time by text message: Tom for his visit, unless it is somebody else."""

    def offer(patient=None):
        wait(session, cast, patient or visit.patient, visit_id=None if patient else visit.id)
        (made,) = refill(session, cast, freed(cast))
        telling.work()
        assert "/o/" in telling.texts[-1].text
        return made

    return offer


@pytest.fixture
def answer(telling, session, cast):
    """Answer by text message, as the webhook takes it; the reply after the job."""

    def say(words):
        meaning = texts.meaning_of(words, [texts.WORDS])
        made = texts.receive(session, cast.rose.id, "SM77", NUMBER, words, meaning)
        session.commit()
        telling.work()
        return session.get(TextReply, (cast.rose.id, made))

    return say


@pytest.mark.parametrize("word", ["YES", "NO"])
def test_after_the_offer_of_an_earlier_time_it_changes_neither_and_somebody_reads_it(
    visit, remind, offer, answer, word
):
    remind()
    offered = offer()
    reply = answer(word)
    assert (reply.result, reply.notification.offer_id) == (R.SEVERAL, offered.id) and reply.desk_since
    assert (visit.status, offered.status) == (VisitStatus.BOOKED, OfferStatus.SENT)


@pytest.mark.parametrize(("word", "status"), [("YES", VisitStatus.CONFIRMED), ("NO", VisitStatus.CANCELLED)])
def test_after_a_reminder_that_came_later_it_is_about_the_visit(visit, remind, offer, answer, word, status):
    offer()
    remind()
    reply = answer(word)
    assert reply.desk_since is None and visit.status == status


def test_after_an_offer_that_has_just_ended_it_cancels_nothing_either(session, visit, remind, offer, answer):
    remind()
    session.execute(sa.text("UPDATE slot_offers SET until = now() - interval '1 minute' WHERE id = :id"),
                    {"id": offer().id})  # fmt: skip
    assert answer("NO").result == R.SEVERAL and visit.status == VisitStatus.BOOKED


def test_after_an_offer_that_was_answered_it_is_about_the_visit(session, cast, visit, remind, offer, answer):
    remind()
    offers.decline(offer(), by=cast.amara.actor)
    assert answer("YES").result == R.CONFIRMED and visit.status == VisitStatus.CONFIRMED


@pytest.mark.parametrize("word", ["YES", "NO"])
def test_after_an_offer_to_somebody_else_with_the_same_number_it_changes_neither(
    session, cast, visit, remind, offer, answer, word
):
    child = register(session, by=cast.amara.actor, full_name="Tina Baker", phone="+44 7700 900123",
                     preferred_contact_method=ContactMethod.SMS)  # fmt: skip
    remind()
    offered = offer(child)
    reply = answer(word)
    assert (reply.result, reply.patient_id) == (R.SEVERAL, child.id) and reply.desk_since
    assert (visit.status, offered.status) == (VisitStatus.BOOKED, OfferStatus.SENT)


def test_after_an_offer_alone_somebody_reads_it(visit, offer, answer):
    offered = offer()
    reply = answer("NO")
    assert (reply.result, reply.notification.offer_id) == (R.TO_READ, offered.id) and reply.desk_since
    assert (visit.status, offered.status) == (VisitStatus.BOOKED, OfferStatus.SENT)


class TestAnotherClinic:
    @pytest.fixture
    def offered_elsewhere(self, telling, session, cast):
        """Offer Tom, who is a patient of the harbour's too, a time there by text message."""

        def offered_elsewhere():
            session.enter(Scope.staff(cast.harbour.id))
            telling.rules(cast.harbour, quiet_from="00:00", quiet_until="00:00")
            by, starts_at = cast.stranger.actor, cast.tomorrow_at(10, days=12, clinic=cast.harbour)
            patient = register(session, by=by, full_name="Tom Baker", date_of_birth=None, phone="+44 7700 900123",
                               preferred_contact_method=ContactMethod.SMS)  # fmt: skip
            made = offers.Offering(
                OfferPurpose.REQUEST, cast.harbour.id, patient.id, cast.dr_reyes.id, cast.checkup.id, starts_at,
                starts_at - timedelta(days=1),
            )  # fmt: skip
            offers.send(offers.prepare(session, made, by=by), by=by)
            session.commit()
            session.enter(cast.scope)
            telling.work()
            assert "/o/" in telling.texts[-1].text

        return offered_elsewhere

    def test_whose_offer_nobody_answered_before_the_reminder_is_not_what_is_answered(
        self, session, cast, visit, remind, offered_elsewhere, answer
    ):
        visit_id = visit.id
        offered_elsewhere()
        remind()
        reply = answer("YES")
        assert (reply.result, reply.desk_since) == (R.CONFIRMED, None)
        assert session.get(Visit, (cast.rose.id, visit_id)).status == VisitStatus.CONFIRMED

    def test_whose_offer_came_after_the_reminder_may_be_what_is_answered(
        self, session, cast, visit, remind, offered_elsewhere, answer
    ):
        visit_id = visit.id
        remind()
        offered_elsewhere()
        reply = answer("YES")
        assert reply.result == R.SEVERAL and reply.desk_since
        assert session.get(Visit, (cast.rose.id, visit_id)).status == VisitStatus.BOOKED
