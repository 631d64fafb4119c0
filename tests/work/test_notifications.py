"""Telling patients: with the change or not at all, once, by the way they like, in the day, and never somebody gone."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from clinic.actions import calls, erasures, notifications, same_people, visits
from clinic.actions.booking import book
from clinic.actions.patients import register
from clinic.db import now
from clinic.models.calls import CallAttempt
from clinic.models.notifications import Channel, NotificationKind, NotificationState, Why
from clinic.models.patients import PatientAccess
from clinic.models.people import ContactMethod, IdentityCheck, Relation
from clinic.models.schedule import BookingRule
from clinic.models.visits import CancelReason
from clinic.work.handlers import run

K, S = NotificationKind, NotificationState


def prefers(session, patient, method):
    """The patient likes to be reached like this."""
    patient.preferred_contact_method = method
    session.commit()


class TestWithTheChangeOrNotAtAll:
    def test_a_booking_that_is_rolled_back_tells_nobody(self, telling, session, cast, tom):
        book(session, cast.wish(cast.tomorrow_at(10)), by=cast.amara.actor)
        session.rollback()
        telling.work()
        assert not telling.lines() and not telling.mails

    def test_a_booking_is_told_once_with_what_to_know_and_the_visits_own_link(self, telling, cast, tom):
        visit = cast.booked()
        telling.work()
        line, (letter,) = telling.line(), telling.mails
        assert (line.kind, line.channel, line.state, line.visit_id) == (K.BOOKED, Channel.EMAIL, S.SENT, visit.id)
        assert letter.to == "tom@baker.example" and "10:00" in letter.text and "Dr Kwame Osei" in letter.text
        assert "/v/" in letter.text and "Rose Street Clinic" in letter.text
        assert "Consultation" not in letter.text

    def test_the_ledger_keeps_the_exact_words_without_the_key_of_the_link(self, telling, cast, tom):
        cast.booked()
        telling.work()
        (letter,) = telling.mails
        key = letter.text.partition("/v/")[2].split()[0]
        assert telling.line().text == letter.text.strip().replace(key, "…") and len(key) > 40

    def test_a_job_that_comes_again_tells_nothing_again(self, telling, app, cast, tom):
        cast.booked()
        telling.work()
        ids = {"clinic_id": str(cast.rose.id), "notification_id": str(telling.line().id)}
        run(app, notifications.SEND, ids)
        assert len(telling.mails) == 1

    def test_whoever_tells_in_words_of_their_own_has_the_booking_silent(self, telling, session, cast, tom):
        book(session, cast.wish(cast.tomorrow_at(10), told=False), by=cast.amara.actor)
        session.commit()
        assert not telling.lines()


class TestWhatIsTold:
    def test_every_step_of_a_visit_that_concerns_the_patient(self, telling, session, cast, tom):
        cast.consultation.booking = BookingRule.REQUEST
        session.commit()
        cast.maya_patient.email = "maya@okafor.example"
        visit = cast.booked(patient=cast.maya_patient, by=cast.maya)
        telling.work()
        visits.accept(visit, by=cast.amara.actor)
        session.commit()
        telling.work()
        visits.move_to(visit, cast.wish(cast.tomorrow_at(14), cast.maya_patient), by=cast.amara.actor)
        session.commit()
        telling.work()
        visits.cancel(visit, CancelReason.CLINIC, by=cast.amara.actor)
        session.commit()
        telling.work()
        visits.undo(visit, by=cast.amara.actor)
        session.commit()
        telling.work()
        assert [line.kind for line in telling.lines(cast.maya_patient)] == [
            K.REQUESTED, K.ACCEPTED, K.MOVED, K.CANCELLED, K.RESTORED,
        ]  # fmt: skip
        asked, accepted, moved, cancelled, restored = (each.text for each in telling.mails)
        assert "not booked yet" in asked and "accepted" in accepted and "10:00" in moved and "14:00" in moved
        assert "has to cancel" in cancelled and "after all" in restored

    def test_a_request_nobody_answered_is_told_as_that(self, telling, session, cast, tom):
        visit = cast.booked()
        telling.work()
        visits.cancel(visit, CancelReason.UNANSWERED, by=cast.amara.actor)
        session.commit()
        telling.work()
        assert "could not accept" in telling.mails[-1].subject

    def test_what_was_overtaken_is_not_told_any_more(self, telling, session, cast, tom):
        visit = cast.booked()
        visits.move_to(visit, cast.wish(cast.tomorrow_at(14)), by=cast.amara.actor)
        visits.cancel(visit, CancelReason.CLINIC, by=cast.amara.actor)
        session.commit()
        telling.work()
        assert [(line.kind, line.state, line.why) for line in telling.lines()] == [
            (K.BOOKED, S.NOT_NEEDED, Why.OVERTAKEN), (K.MOVED, S.NOT_NEEDED, Why.OVERTAKEN),
            (K.CANCELLED, S.SENT, None),
        ]  # fmt: skip

    def test_a_visit_entered_by_mistake_and_never_told_of_is_taken_away_silently(self, telling, session, cast, tom):
        visits.cancel(cast.booked(), CancelReason.ENTERED_IN_ERROR, by=cast.amara.actor)
        session.commit()
        telling.work()
        assert not telling.mails

    def test_nothing_the_clinic_has_switched_off(self, telling, cast, tom):
        telling.rules(quiet_from="00:00", quiet_until="00:00", off=["booked"])
        cast.booked()
        telling.work()
        assert telling.line().why == Why.SWITCHED_OFF and not telling.mails

    def test_the_type_of_visit_where_the_clinic_wants_it_and_its_own_name_and_address(self, telling, cast, tom):
        telling.rules(quiet_from="00:00", quiet_until="00:00", names_type=True, sender="Rose St",
                      reply_to="desk@rose-street.example")  # fmt: skip
        cast.booked()
        telling.work()
        (letter,) = telling.mails
        assert "Consultation" in letter.text and letter.sender.startswith("Rose St")

    def test_a_visit_for_somebody_who_just_walked_in_is_not_told(self, telling, session, cast, tom):
        visit = cast.booked()
        visit.kind = "walk_in"
        assert notifications.tell(session, K.BOOKED, visit=visit, by=cast.amara.actor) is None


def test_what_is_done_to_several_visits_at_once_is_told_in_one_message(telling, session, cast, tom):
    for days in (2, 9, 16):
        book(session, cast.wish(cast.tomorrow_at(10, days=days)), by=cast.amara.actor)
    session.commit()
    telling.work()
    (letter,) = telling.mails
    assert letter.text.count("10:00") == 3 and "And as well:" in letter.text
    assert [(line.state, line.why) for line in telling.lines()] == [
        (S.SENT, None), (S.NOT_NEEDED, Why.TOGETHER), (S.NOT_NEEDED, Why.TOGETHER),
    ]  # fmt: skip
    prefers(session, tom, ContactMethod.SMS)
    for line in telling.lines():
        visits.cancel(line.visit, CancelReason.CLINIC, by=cast.amara.actor)
    session.commit()
    telling.work()
    (text,) = telling.texts
    assert "And 2 more visits." in text.text


class TestNobodyWhoIsGone:
    @pytest.mark.parametrize("fact", ["deceased_at", "deleted_at", "erased_at"])
    def test_is_told_anything(self, telling, session, cast, tom, fact):
        visit = cast.booked()
        setattr(tom, fact, now())
        session.commit()
        telling.work()
        assert telling.line().why == Why.PATIENT_GONE and not telling.mails
        assert notifications.tell(session, K.REMINDER, visit=visit, by=cast.amara.actor) is None

    def test_nor_whose_record_went_into_another(self, telling, session, cast, tom):
        cast.booked()
        tom.merged_into_id = cast.maya_patient.id
        session.commit()
        telling.work()
        assert telling.line().why == Why.PATIENT_GONE and not telling.mails


class TestTheWayTheyLike:
    def test_by_text_message_in_a_few_words(self, telling, session, cast, tom):
        prefers(session, tom, ContactMethod.SMS)
        cast.booked()
        telling.work()
        (text,) = telling.texts
        assert text.to == "+447700900123" and "Rose Street Clinic: your visit is booked" in text.text
        assert telling.line().channel == Channel.SMS and not telling.mails

    def test_by_mail_where_there_is_no_number_a_text_message_reaches(self, telling, session, cast, tom):
        tom.phone = "+44 20 7946 0123"
        prefers(session, tom, ContactMethod.SMS)
        cast.booked()
        telling.work()
        assert telling.line().channel == Channel.EMAIL and len(telling.mails) == 1

    def test_by_the_mail_of_who_sees_the_record_where_it_names_none(self, telling, session, cast):
        session.add(PatientAccess(clinic_id=cast.rose.id, patient_id=cast.tom.id, user_id=cast.maya.user.id,
                                  relation=Relation.CARER))  # fmt: skip
        session.commit()
        cast.booked()
        telling.work()
        assert [letter.to for letter in telling.mails] == ["maya@rose-street.example"]

    def test_by_phone_as_a_call_the_desk_makes_of_what_they_do_not_know(self, telling, session, cast, tom):
        prefers(session, tom, ContactMethod.PHONE)
        visit = cast.booked()
        telling.work()
        visits.cancel(visit, CancelReason.PROVIDER_AWAY, by=cast.amara.actor)
        session.commit()
        telling.work()
        booked, cancelled = telling.lines()
        assert (booked.state, booked.why) == (S.NOT_NEEDED, Why.KNOWN)
        assert cancelled.state == S.CALL and cancelled.waits_for_the_desk and "has to cancel" in cancelled.text
        assert not telling.mails and "/v/" not in cancelled.text

    def test_a_patient_whom_nothing_reaches_becomes_the_desks_work(self, telling, cast):
        cast.booked()
        telling.work()
        line = telling.line()
        assert (line.state, line.why) == (S.FAILED, Why.NO_ADDRESS) and line.waits_for_the_desk

    def test_and_once_for_a_series_with_all_its_dates(self, telling, session, cast):
        for days in (2, 9, 16):
            book(session, cast.wish(cast.tomorrow_at(10, days=days)), by=cast.amara.actor)
        session.commit()
        telling.work()
        first, *others = telling.lines()
        assert (first.state, first.why) == (S.FAILED, Why.NO_ADDRESS) and first.text.count("10:00") == 3
        assert not any(line.waits_for_the_desk for line in others)


class TestByNight:
    def test_a_message_waits_for_the_morning(self, telling, cast, tom):
        morning = telling.at_night()
        cast.booked(cast.tomorrow_at(10, days=3))
        telling.work()
        line = telling.line()
        assert line.state == S.WAITING and line.send_at == morning and not telling.mails

    def test_the_answer_to_what_a_patient_does_comes_at_once(self, telling, session, cast):
        telling.at_night()
        cast.maya_patient.email = "maya@okafor.example"
        cast.booked(cast.tomorrow_at(10, days=3), patient=cast.maya_patient, by=cast.maya)
        telling.work()
        assert len(telling.mails) == 1

    def test_a_change_of_the_early_morning_does_not_wait(self, telling, session, cast, tom):
        telling.at_night()
        visit = cast.booked(now() + timedelta(hours=2, minutes=30), overbook="a friend", told=False)
        visits.cancel(visit, CancelReason.PROVIDER_AWAY, by=cast.amara.actor)
        session.commit()
        telling.work()
        assert "cancel" in telling.mails[0].subject

    def test_the_night_is_the_patients_own(self, telling, session, cast, tom):
        telling.at_night()
        tom.timezone = "Pacific/Auckland"
        session.commit()
        cast.booked(cast.tomorrow_at(10, days=3))
        telling.work()
        assert len(telling.mails) == 1


def test_an_erased_patients_ledger_keeps_that_something_was_told_and_nothing_of_what(telling, session, cast, tom):
    cast.booked()
    telling.work()
    calls.record(_for_the_desk(session, telling.line()), "no_answer", note="engaged", by=cast.amara.actor)
    erasures.repeat(tom, by=cast.ines.actor)
    session.commit()
    line = next(each for each in telling.lines() if each.kind == K.BOOKED)
    assert (line.text, line.subject, line.sent_to) == (None, None, None) and line.sent_at
    assert session.scalars(sa.select(CallAttempt.note)).all() == [None]


def _for_the_desk(session, line):
    line.desk_since = now()
    session.flush()
    return line


def test_who_turns_out_to_be_known_is_told_as_the_one_they_are(telling, session, cast, tom):
    sign_up = register(session, by=cast.amara.actor, full_name="Tom Baker", signed_up_at=sa.func.now())
    session.commit()
    cast.booked(patient=sign_up)
    same_people.join(sign_up, tom, by=cast.amara.actor, checked=IdentityCheck.KNOWN)
    session.commit()
    telling.work()
    assert [letter.to for letter in telling.mails] == ["tom@baker.example"] and telling.line().state == S.SENT
