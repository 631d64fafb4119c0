"""The steps of a visit's life: what each does, when it is refused, and how it is taken back."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from clinic.actions import visits, walk_ins
from clinic.actions.acting import Refused
from clinic.actions.booking import book
from clinic.db import db, now
from clinic.models.audit import AuditEntry
from clinic.models.people import VisitMode
from clinic.models.schedule import BookingRule
from clinic.models.visits import CancelReason, EventKind, Visit, VisitEvent, VisitStatus

S = VisitStatus


def _events(session, visit):
    rows = sa.select(VisitEvent).where(VisitEvent.visit_id == visit.id).order_by(VisitEvent.created_at, VisitEvent.id)
    return [(each.kind, each.from_status, each.to_status) for each in session.scalars(rows)]


def _audited(session, visit):
    rows = sa.select(AuditEntry.action).where(AuditEntry.resource_id == visit.id).order_by(AuditEntry.created_at)
    return list(session.scalars(rows))


def _requested(cast, session):
    cast.consultation.booking = BookingRule.REQUEST
    session.flush()
    wish = cast.wish(cast.tomorrow_at(10), patient=cast.maya_patient)
    visit_id = book(session, wish, by=cast.maya.actor)
    session.commit()
    return session.get(Visit, (cast.rose.id, visit_id))


def _walk_in(cast, session, **more):
    visit = walk_ins.add(session, cast.tom, timezone="Europe/London", by=cast.amara.actor, **more)
    session.commit()
    return visit


def _begun(cast, minutes=30, **more):
    """A visit whose time began a while ago."""
    return cast.booked(now() - timedelta(minutes=minutes), overbook="Whatever the hour of the test", **more)


class TestAccept:
    def test_a_requested_visit_becomes_booked_and_keeps_its_time(self, session, cast):
        visit = _requested(cast, session)
        visits.accept(visit, by=cast.amara.actor)
        assert visit.status == S.BOOKED and visit.answer_by is None and visit.slot_id
        assert _audited(session, visit)[-1] == "visits.accept"

    def test_a_booked_visit_has_nothing_to_be_accepted(self, session, cast):
        with pytest.raises(Refused, match="already booked"):
            visits.accept(cast.booked(), by=cast.amara.actor)

    def test_one_that_the_desk_moves_to_sooner_waits_for_an_answer_until_it_would_begin(self, session, cast):
        cast.consultation.booking, cast.consultation.answer_within_hours = BookingRule.REQUEST, 72
        session.flush()
        wish = cast.wish(cast.tomorrow_at(10, days=5), patient=cast.maya_patient)
        visit = session.get(Visit, (cast.rose.id, book(session, wish, by=cast.maya.actor)))
        sooner = cast.wish(cast.tomorrow_at(14), patient=cast.maya_patient)
        visits.move_to(visit, sooner, by=cast.amara.actor)
        session.commit()
        assert visit.answer_by == visit.starts_at == cast.tomorrow_at(14)
        jobs = sa.text("SELECT scheduled_at FROM procrastinate_jobs WHERE task_name = 'visits.lapse'")
        assert visit.starts_at in session.scalars(jobs).all()


class TestConfirm:
    def test_a_booked_visit_is_confirmed_once(self, session, cast):
        visit = cast.booked()
        visits.confirm(visit, by=cast.amara.actor)
        assert visit.status == S.CONFIRMED and visit.confirmed_at
        with pytest.raises(Refused, match="already confirmed"):
            visits.confirm(visit, by=cast.amara.actor)

    def test_somebody_who_is_here_need_not_confirm(self, session, cast):
        visit = visits.check_in(cast.booked(), by=cast.amara.actor)
        with pytest.raises(Refused, match="checked in; it cannot become confirmed"):
            visits.confirm(visit, by=cast.amara.actor)


class TestCheckIn:
    def test_the_patient_waits_from_now_on_and_it_is_on_record(self, session, cast):
        visit = cast.booked()
        visits.check_in(visit, by=cast.amara.actor)
        assert visit.status == S.CHECKED_IN and now() - visit.checked_in_at < timedelta(minutes=1)
        assert _events(session, visit)[-1] == (EventKind.STATUS, S.BOOKED, S.CHECKED_IN)
        assert _audited(session, visit)[-1] == "visits.check_in"

    def test_a_requested_visit_must_be_accepted_first(self, session, cast):
        with pytest.raises(Refused):
            visits.check_in(_requested(cast, session), by=cast.amara.actor)

    def test_twice_leaves_one_line_of_history(self, session, cast):
        visit = visits.check_in(cast.booked(), by=cast.amara.actor)
        with pytest.raises(Refused, match="already checked in"):
            visits.check_in(visit, by=cast.amara.actor)
        assert len(_events(session, visit)) == 2

    def test_of_two_receptionists_at_once_one_checks_in_and_the_other_is_told(self, app, session, cast):
        visit = cast.booked()
        at_once, answers = threading.Barrier(2), []

        def click():
            with app.app_context():
                db.session().enter(cast.scope)
                mine = db.session().get(Visit, (cast.rose.id, visit.id))
                at_once.wait()
                try:
                    visits.check_in(mine, by=cast.amara.actor)
                    db.session.commit()
                    answers.append("done")
                except Refused as refused:
                    db.session.rollback()
                    answers.append(str(refused))
                finally:
                    db.session.remove()

        people = [threading.Thread(target=click) for _ in range(2)]
        for each in people:
            each.start()
        for each in people:
            each.join()
        assert sorted(answers) == ["This visit is already checked in.", "done"]
        session.rollback()
        assert len(_events(session, visit)) == 2


class TestStart:
    def test_the_visits_own_doctor_starts_it_once_the_patient_is_here(self, session, cast):
        visit = visits.check_in(cast.booked(), by=cast.amara.actor)
        visits.start(visit, by=cast.osei.actor)
        assert visit.status == S.IN_PROGRESS and visit.started_at

    def test_another_doctor_may_not(self, session, cast):
        visit = visits.check_in(cast.booked(), by=cast.amara.actor)
        with pytest.raises(Refused, match="own doctor"):
            visits.start(visit, by=cast.lind.actor)

    def test_in_person_nobody_starts_before_the_check_in(self, session, cast):
        with pytest.raises(Refused):
            visits.start(cast.booked(), by=cast.osei.actor)

    def test_a_visit_by_video_starts_without_a_check_in(self, session, cast):
        visit = cast.booked(visit_mode=VisitMode.VIRTUAL)
        assert visits.start(visit, by=cast.osei.actor).status == S.IN_PROGRESS

    def test_a_walk_in_for_anybody_becomes_the_visit_of_the_doctor_who_takes_it(self, session, cast):
        visit = _walk_in(cast, session)
        assert visits.start(visit, by=cast.lind.actor).provider_id == cast.dr_lind.id

    def test_somebody_who_is_no_doctor_takes_nobody_in(self, session, cast):
        visit = _walk_in(cast, session)
        with pytest.raises(Refused, match="own doctor"):
            visits.start(visit, by=cast.amara.actor)
        assert visit.provider_id is None

    def test_twice_is_refused(self, session, cast):
        visit = visits.start(_walk_in(cast, session), by=cast.osei.actor)
        with pytest.raises(Refused, match="already in progress"):
            visits.start(visit, by=cast.osei.actor)


class TestComplete:
    def test_the_doctor_finishes_what_they_started(self, session, cast):
        visit = visits.start(_walk_in(cast, session), by=cast.osei.actor)
        visits.complete(visit, by=cast.osei.actor)
        assert visit.status == S.COMPLETED and visit.ended_at

    def test_another_doctor_may_not_and_nobody_twice(self, session, cast):
        visit = visits.start(_walk_in(cast, session), by=cast.osei.actor)
        with pytest.raises(Refused, match="own doctor"):
            visits.complete(visit, by=cast.lind.actor)
        visits.complete(visit, by=cast.osei.actor)
        with pytest.raises(Refused, match="already completed"):
            visits.complete(visit, by=cast.osei.actor)

    def test_what_has_not_started_cannot_be_completed(self, session, cast):
        with pytest.raises(Refused, match="booked; it cannot become completed"):
            visits.complete(cast.booked(), by=cast.osei.actor)


class TestMarkNoShow:
    def test_a_visit_whose_time_has_begun_can_be_missed_and_keeps_its_time(self, session, cast):
        visit = _begun(cast)
        visits.mark_no_show(visit, by=cast.amara.actor)
        assert visit.status == S.NO_SHOW and visit.slot_id

    def test_nobody_has_missed_a_visit_that_has_not_begun(self, session, cast):
        with pytest.raises(Refused, match="not begun yet"):
            visits.mark_no_show(cast.booked(), by=cast.amara.actor)

    def test_somebody_in_the_room_has_come(self, session, cast):
        visit = visits.start(_walk_in(cast, session), by=cast.osei.actor)
        with pytest.raises(Refused, match="in progress; it cannot"):
            visits.mark_no_show(visit, by=cast.amara.actor)


class TestCancel:
    def test_it_keeps_who_when_and_why_and_gives_the_time_back(self, session, cast):
        visit = visits.cancel(cast.booked(), CancelReason.PATIENT, note="Has a cold", by=cast.amara.actor)
        assert visit.status == S.CANCELLED and visit.slot_id is None and visit.cancelled_at
        assert (visit.cancel_reason, visit.cancel_note) == (CancelReason.PATIENT, "Has a cold")
        assert visit.cancelled_by_id == cast.amara.user.id

    def test_twice_is_refused(self, session, cast):
        visit = visits.cancel(cast.booked(), CancelReason.PATIENT, by=cast.amara.actor)
        with pytest.raises(Refused, match="already cancelled"):
            visits.cancel(visit, CancelReason.PATIENT, by=cast.amara.actor)

    def test_what_is_completed_cannot_be_cancelled(self, session, cast):
        visit = visits.start(_walk_in(cast, session), by=cast.osei.actor)
        visits.complete(visit, by=cast.osei.actor)
        with pytest.raises(Refused):
            visits.cancel(visit, CancelReason.CLINIC, by=cast.amara.actor)


class TestWriteNote:
    def test_the_note_is_kept_and_the_audit_log_does_not_quote_it(self, session, cast):
        visit = visits.write_note(cast.booked(), "Comes by taxi", by=cast.osei.actor)
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "visits.write_note")).one()
        assert visit.notes == "Comes by taxi" and "taxi" not in str(entry.changes)
        assert _events(session, visit)[-1][0] == EventKind.NOTE


class TestSetMeetingUrl:
    def test_only_a_visit_by_video_has_a_link(self, session, cast):
        visit = cast.booked(visit_mode=VisitMode.VIRTUAL)
        visits.set_meeting_url(visit, "https://meet.example/1", by=cast.amara.actor)
        assert visit.meeting_url == "https://meet.example/1"
        other = cast.booked(cast.tomorrow_at(11))
        with pytest.raises(Refused, match="by video"):
            visits.set_meeting_url(other, "https://meet.example/1", by=cast.amara.actor)
