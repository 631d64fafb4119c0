"""What patients answer on the phone is noted where the call is: yes or no to an offered time, or that they come."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from clinic.actions import visits
from clinic.db import now
from clinic.models.calls import CallAttempt
from clinic.models.notifications import Channel, Notification, NotificationKind, NotificationState
from clinic.models.offers import OfferPurpose, OfferStatus
from clinic.models.people import ContactMethod
from clinic.models.texts import ReplyMeaning, ReplyResult, TextReply
from clinic.models.visits import CancelReason, Visit, VisitStatus
from tests.actions.offering import offered, run_out
from tests.calling import line_of, proposed, to_call, to_remind

K, S = NotificationKind, NotificationState


@pytest.fixture
def offer(session, cast):
    """Eleven o'clock in two days, proposed to Maya, who asked for a visit."""
    return proposed(session, cast)


@pytest.fixture
def call(session, offer):
    """The desk has to tell her of it by phone."""
    return to_call(session, line_of(session, offer))


@pytest.fixture
def visit(cast):
    """Tom's visit, of which nobody was told yet."""
    return cast.booked(told=False)


@pytest.fixture
def reminder(session, visit):
    """The desk has to remind Tom of it by phone."""
    return to_remind(session, visit)


@pytest.fixture
def reply(session, cast, offer):
    """Maya was texted the offer and has answered by a word, which somebody reads."""
    line = line_of(session, offer)
    line.channel, line.state, line.sent_at = Channel.SMS, S.DELIVERED, now()
    made = TextReply(
        clinic_id=cast.rose.id, id=uuid7(), patient_id=cast.maya_patient.id, service_id="SM9", text="YES",
        sender="+447700900123", meaning=ReplyMeaning.CONFIRM, result=ReplyResult.TO_READ, desk_since=now(),
        notification_id=line.id,
    )  # fmt: skip
    session.add(made)
    session.commit()
    return made


def answer(who, verb, line, words="", **more):
    """Press the button with the answer."""
    return who.send(f"staff.calls.{verb}", {"note": words}, notification_id=line.id, **more)


def fresh(session, row):
    session.rollback()
    session.expire_all()
    return row


class TestAnOfferedTime:
    def test_that_is_taken_on_the_phone_is_booked_and_the_call_is_done(self, session, amara, call, offer):
        page = amara.open("staff.calls.index").text
        assert "They say yes" in page and "They say no" in page and "kept until" in page
        assert answer(amara, "accept", call, "asks for the lift").location == amara.url("staff.calls.index")
        page = amara.open("staff.calls.index").text
        assert "Booked: Maya Okafor" in page and "Nobody has to be called" in page
        assert fresh(session, offer).status == OfferStatus.ACCEPTED and session.get(
            Visit, (offer.clinic_id, offer.visit_id)
        )
        assert session.scalars(sa.select(CallAttempt)).one().note == "asks for the lift"

    def test_that_does_not_suit_is_free_again_and_the_call_is_done(self, session, amara, call, offer):
        assert answer(amara, "decline", call).status_code == 303
        assert "does not suit" in amara.open("staff.calls.index").text
        assert fresh(session, offer).status == OfferStatus.DECLINED and session.scalar(sa.select(Visit)) is None
        assert not fresh(session, call).waits_for_the_desk

    def test_may_be_thought_about_and_says_where_it_stands(self, amara, call, offer):
        page = amara.open("staff.calls.index").text
        assert "Reached, they think about it" in page and f'href="/staff/requests/{offer.request_id}"' in page

    def test_is_known_on_the_requests_page_to_be_told_by_phone(self, session, cast, amara, offer):
        patient = session.merge(cast.maya_patient)
        patient.phone, patient.preferred_contact_method = "+44 7700 900123", ContactMethod.SMS
        session.commit()
        assert "somebody has to tell them" not in amara.open("staff.requests.show", request_id=offer.request_id).text
        patient.preferred_contact_method = ContactMethod.PHONE
        session.commit()
        assert "somebody has to tell them" in amara.open("staff.requests.show", request_id=offer.request_id).text

    def test_that_is_kept_no_longer_or_was_answered_meanwhile_is_refused_with_nothing_booked(
        self, session, amara, call, offer
    ):
        run_out(session, offer)
        assert answer(amara, "accept", call).status_code == 409 == answer(amara, "decline", call).status_code
        assert session.scalar(sa.select(Visit)) is None and fresh(session, call).waits_for_the_desk

    def test_is_taken_once(self, session, amara, call, offer):
        assert answer(amara, "accept", call).status_code == 303
        assert answer(amara, "accept", call).status_code == 409
        assert len(session.scalars(sa.select(Visit)).all()) == 1

    def test_is_the_desks_and_no_other_clinics(self, osei, maya, stranger, call, reminder):
        for verb in ("accept", "decline", "confirm"):
            assert answer(osei, verb, call).status_code == 403 == answer(maya, verb, call).status_code
            assert answer(stranger, verb, call).status_code == 404

    def test_is_no_other_messages(self, amara, call, reminder):
        assert answer(amara, "accept", reminder).status_code == 404 == answer(amara, "decline", reminder).status_code
        assert answer(amara, "confirm", call).status_code == 404

    def test_keeps_a_note_that_is_too_long_on_the_page(self, amara, call, offer, session):
        page = answer(amara, "accept", call, "x" * 301)
        assert page.status_code == 422 and "x" * 301 in page.text
        assert fresh(session, offer).is_live

    def test_for_a_visit_that_moves_is_answered_on_the_visits_page_too(self, session, cast, amara, visit):
        earlier = offered(session, cast, cast.tomorrow_at(9, days=1), visit, purpose=OfferPurpose.STRANDED)
        line = to_call(
            session, session.scalars(sa.select(Notification).where(Notification.offer_id == earlier.id)).one()
        )
        page = amara.open("staff.visits.show", visit_id=visit.id).text
        assert f"/staff/calls/{line.id}/accept?on=visit" in page
        done = answer(amara, "accept", line, on="visit")
        assert done.location == amara.url("staff.visits.show", visit_id=visit.id)
        assert fresh(session, visit).starts_at == earlier.starts_at


class TestAReminder:
    def test_to_which_they_say_that_they_come_confirms_the_visit(self, session, amara, reminder, visit):
        assert "Reached, they come" in amara.open("staff.calls.index").text
        assert answer(amara, "confirm", reminder).status_code == 303
        assert "Nobody has to be called" in amara.open("staff.calls.index").text
        assert fresh(session, visit).status == VisitStatus.CONFIRMED

    def test_of_a_visit_they_have_confirmed_meanwhile_is_a_call_that_nobody_makes(
        self, session, cast, amara, reminder, visit
    ):
        visits.confirm(visit, by=cast.amara.actor)
        session.commit()
        assert "Nobody has to be called" in amara.open("staff.calls.index").text

    def test_of_a_visit_that_was_moved_or_called_off_meanwhile_confirms_nothing(
        self, session, cast, amara, reminder, visit
    ):
        visits.move_to(visit, cast.wish(visit.starts_at + timedelta(days=1)), by=cast.amara.actor)
        session.commit()
        assert answer(amara, "confirm", reminder).status_code == 409
        visits.cancel(visit, CancelReason.PATIENT, by=cast.amara.actor)
        session.commit()
        assert answer(amara, "confirm", reminder).status_code == 409
        assert fresh(session, visit).status == VisitStatus.CANCELLED


class TestAWordByText:
    def test_to_an_offer_is_answered_on_its_card(self, session, amara, reply, offer):
        page = amara.open("staff.calls.index").text
        assert re.search(rf'action="[^"]+/accept\?reply_id={reply.id}"', page)
        done = amara.send("staff.calls.accept", notification_id=reply.notification_id, reply_id=reply.id)
        assert done.status_code == 303 and fresh(session, offer).status == OfferStatus.ACCEPTED
        assert reply.desk_done_at is not None and session.scalar(sa.select(CallAttempt)) is None
        assert "Nobody has to be called" in amara.open("staff.calls.index").text

    def test_leaves_the_others_answers_to_be_read(self, session, amara, reply, offer, reminder):
        amara.send("staff.calls.confirm", notification_id=reminder.id, reply_id=reply.id)
        assert fresh(session, reply).desk_done_at is None

    @pytest.mark.parametrize("how", ["the offer is over", "the number is another's"])
    def test_has_no_buttons_where(self, session, amara, reply, offer, how):
        if how == "the offer is over":
            run_out(session, offer)
        else:
            reply.patient_id = None
            session.commit()
        page = amara.open("staff.calls.index").text
        assert "They say yes" not in page and "Done" in page
