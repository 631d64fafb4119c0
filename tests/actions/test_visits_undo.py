"""Taking a step of a visit back: to where it came from, by whoever may take the step, later with a reason."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from clinic.actions import booking, visits, walk_ins
from clinic.actions.acting import Refused
from clinic.actions.booking import TimeTaken
from clinic.db import now
from clinic.models.notifications import Notification, NotificationKind
from clinic.models.schedule import BookingRule
from clinic.models.visits import UNDO_WINDOW, CancelReason, EventKind, VisitEvent, VisitStatus

S = VisitStatus


def _events(session, visit):
    rows = sa.select(VisitEvent).where(VisitEvent.visit_id == visit.id).order_by(VisitEvent.created_at, VisitEvent.id)
    return [(each.kind, each.from_status, each.to_status) for each in session.scalars(rows)]


def _walk_in(cast, session, **more):
    visit = walk_ins.add(session, cast.tom, timezone="Europe/London", by=cast.amara.actor, **more)
    session.commit()
    return visit


LAPSES = sa.text(
    "SELECT scheduled_at FROM procrastinate_jobs WHERE task_name = 'visits.lapse' AND args ->> 'visit_id' = :visit_id"
)


def _asked(cast, session, hours=48):
    """A visit that Maya asked for, to be answered within these hours."""
    cast.consultation.booking, cast.consultation.answer_within_hours = BookingRule.REQUEST, hours
    session.commit()
    return cast.booked(cast.tomorrow_at(10, days=3), patient=cast.maya_patient, by=cast.maya)


def _begun(cast, minutes=30, **more):
    """A visit whose time began a while ago."""
    return cast.booked(now() - timedelta(minutes=minutes), overbook="Whatever the hour of the test", **more)


class TestUndo:
    def test_a_check_in_goes_back_to_where_it_came_from(self, session, cast):
        visit = visits.confirm(cast.booked(), by=cast.amara.actor)
        visits.check_in(visit, by=cast.amara.actor)
        visits.undo(visit, by=cast.amara.actor)
        assert visit.status == S.CONFIRMED and visit.checked_in_at is None
        assert _events(session, visit)[-1] == (EventKind.UNDONE, S.CHECKED_IN, S.CONFIRMED)

    def test_undoing_twice_goes_further_back_and_never_forward_again(self, session, cast):
        visit = visits.check_in(cast.booked(), by=cast.amara.actor)
        visits.start(visit, by=cast.osei.actor)
        visits.undo(visit, by=cast.osei.actor)
        assert visit.status == S.CHECKED_IN
        visits.undo(visit, by=cast.amara.actor)
        assert visit.status == S.BOOKED
        with pytest.raises(Refused, match="nothing to take back"):
            visits.undo(visit, by=cast.amara.actor)

    def test_a_completed_and_a_missed_visit_go_back(self, session, cast):
        visit = visits.start(_walk_in(cast, session), by=cast.osei.actor)
        visits.complete(visit, by=cast.osei.actor)
        assert visits.undo(visit, by=cast.osei.actor).status == S.IN_PROGRESS and visit.ended_at is None
        missed = visits.mark_no_show(_begun(cast), by=cast.amara.actor)
        assert visits.undo(missed, by=cast.amara.actor).status == S.BOOKED

    def test_a_visit_booked_over_another_and_called_off_by_mistake_stands_there_again(self, cast):
        cast.booked(patient=cast.maya_patient)
        visit = cast.booked(overbook="Fever of 40")
        visits.cancel(visit, CancelReason.PATIENT, by=cast.amara.actor)
        visits.undo(visit, by=cast.amara.actor)
        assert visit.status == S.BOOKED and visit.slot.overbooked and visit.slot.overbooked_reason == "Fever of 40"

    def test_a_visit_moved_with_a_reason_comes_back_to_no_time_that_another_has_by_now(self, cast):
        visit = visits.move_to(
            cast.booked(), cast.wish(cast.tomorrow_at(11), overbook="The doctor asks for it"), by=cast.amara.actor
        )
        visits.cancel(visit, CancelReason.PATIENT, by=cast.amara.actor)
        cast.booked(cast.tomorrow_at(11), patient=cast.maya_patient)
        with pytest.raises(TimeTaken):
            visits.undo(visit, by=cast.amara.actor)

    def test_a_walk_in_that_a_doctor_took_waits_for_anybody_again(self, session, cast):
        visit = visits.start(_walk_in(cast, session), by=cast.osei.actor)
        visits.undo(visit, by=cast.osei.actor)
        assert visit.status == S.CHECKED_IN and visit.provider_id is None

    def test_a_walk_in_that_was_named_its_doctor_keeps_the_doctor(self, session, cast):
        visit = _walk_in(cast, session, provider_id=cast.dr_osei.id)
        visits.start(visit, by=cast.osei.actor)
        assert visits.undo(visit, by=cast.osei.actor).provider_id == cast.dr_osei.id

    def test_a_walk_in_began_as_it_is(self, session, cast):
        with pytest.raises(Refused, match="began like this"):
            visits.undo(_walk_in(cast, session), by=cast.amara.actor)

    def test_a_cancelled_walk_in_with_a_doctor_and_a_type_waits_again(self, session, cast):
        visit = _walk_in(cast, session, provider_id=cast.dr_osei.id, visit_type_id=cast.consultation.id)
        visits.cancel(visit, CancelReason.PATIENT, by=cast.amara.actor)
        visits.undo(visit, by=cast.amara.actor)
        session.flush()
        assert visit.status == S.CHECKED_IN and visit.slot_id is None

    def test_a_cancelled_visit_comes_back_only_while_its_time_is_free(self, session, cast):
        visit = visits.cancel(cast.booked(), CancelReason.PATIENT, by=cast.amara.actor)
        visits.undo(visit, by=cast.amara.actor)
        session.commit()
        assert visit.status == S.BOOKED and visit.slot_id and visit.cancel_reason is None
        visits.cancel(visit, CancelReason.PATIENT, by=cast.amara.actor)
        session.commit()
        cast.booked(patient=cast.maya_patient)
        with pytest.raises(TimeTaken):
            visits.undo(visit, by=cast.amara.actor)

    def test_taken_back_it_is_as_long_as_visits_of_its_type_are_by_now(self, session, cast):
        visit = visits.cancel(cast.booked(), CancelReason.PATIENT, by=cast.amara.actor)
        cast.consultation.minutes = 40
        session.flush()
        visits.undo(visit, by=cast.amara.actor)
        session.commit()
        assert visit.ends_at == visit.slot.ends_at == cast.tomorrow_at(10, 40)

    @pytest.mark.parametrize("reason", [CancelReason.CLINIC, CancelReason.UNANSWERED])
    def test_a_request_called_off_by_mistake_is_promised_an_answer_anew(
        self, session, cast, monkeypatch, superuser, reason
    ):
        visit = visits.cancel(_asked(cast, session), reason, by=cast.amara.actor)
        session.commit()
        later = now() + timedelta(hours=1)
        monkeypatch.setattr(booking, "now", lambda: later)
        visits.undo(visit, by=cast.amara.actor)
        session.commit()
        assert (visit.status, visit.answer_by) == (S.REQUESTED, later + timedelta(hours=48))
        with superuser.connect() as connection:
            looks = connection.execute(LAPSES, {"visit_id": str(visit.id)}).scalars().all()
        assert len(looks) == 2 and visit.answer_by in looks

    def test_such_an_answer_comes_at_the_latest_when_the_visit_would_begin(self, session, cast):
        visit = visits.cancel(_asked(cast, session, hours=500), CancelReason.CLINIC, by=cast.amara.actor)
        assert visits.undo(visit, by=cast.amara.actor).answer_by == visit.starts_at

    def test_of_a_request_nobody_says_that_the_visit_takes_place(self, session, cast):
        visit = visits.cancel(_asked(cast, session), CancelReason.CLINIC, by=cast.amara.actor)
        visits.undo(visit, by=cast.amara.actor)
        session.commit()
        told = session.scalars(sa.select(Notification.kind).order_by(Notification.id)).all()
        assert told == [NotificationKind.REQUESTED, NotificationKind.CANCELLED, NotificationKind.REQUESTED]

    def test_after_a_quarter_of_an_hour_it_needs_a_reason_which_stays_on_record(self, session, cast, monkeypatch):
        visit = visits.check_in(cast.booked(), by=cast.amara.actor)
        session.commit()
        later = now() + UNDO_WINDOW + timedelta(minutes=1)
        monkeypatch.setattr(visits, "now", lambda: later)
        with pytest.raises(Refused, match="Say why") as refused:
            visits.undo(visit, by=cast.amara.actor)
        assert refused.value.field == "reason"
        visits.undo(visit, by=cast.amara.actor, reason="It was the other Mr Baker")
        last = session.scalars(sa.select(VisitEvent).where(VisitEvent.kind == EventKind.UNDONE)).one()
        assert visit.status == S.BOOKED and last.notes == "It was the other Mr Baker"

    def test_only_the_visits_own_doctor_takes_back_a_start(self, session, cast):
        visit = visits.start(_walk_in(cast, session), by=cast.osei.actor)
        for other in (cast.lind, cast.amara):
            with pytest.raises(Refused, match="own doctor"):
                visits.undo(visit, by=other.actor)

    def test_an_imported_visit_without_a_history_has_nothing_to_take_back(self, session, cast):
        visit = cast.booked()
        # No event of the product's made it so: it arrived like this.
        visit.status = S.NO_SHOW
        with pytest.raises(Refused, match="nothing to take back"):
            visits.undo(visit, by=cast.amara.actor)
