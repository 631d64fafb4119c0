"""Booking a time, holding it, moving it: nobody else can get what one has."""

import pytest
import sqlalchemy as sa

from clinic.actions import holds, visits
from clinic.actions.acting import Refused
from clinic.actions.booking import TimeTaken, book
from clinic.models.audit import AuditEntry
from clinic.models.schedule import Slot
from clinic.models.visits import CancelReason, EventKind, Visit, VisitEvent, VisitStatus
from clinic.queries.open_times import open_times


class TestBook:
    def test_an_open_time_becomes_a_visit_with_its_slot_history_and_audit_entry(self, session, cast):
        ten = cast.tomorrow_at(10)
        visit_id = book(session, cast.wish(ten), by=cast.amara.actor)
        visit = session.get(Visit, (cast.rose.id, visit_id))
        assert visit.status == VisitStatus.BOOKED
        assert visit.slot.starts_at == ten and visit.slot.taken == 1
        assert [event.kind for event in visit.events] == [EventKind.BOOKED]
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.resource_id == visit_id)).one()
        assert entry.action == "booking.book" and entry.actor_id == cast.amara.user.id

    def test_a_time_that_overlaps_a_booked_one_is_refused(self, session, cast):
        book(session, cast.wish(cast.tomorrow_at(10)), by=cast.amara.actor)
        with pytest.raises(TimeTaken):
            book(session, cast.wish(cast.tomorrow_at(10, 10), visit_type=cast.follow_up), by=cast.amara.actor)

    def test_outside_the_doctors_hours_is_refused_but_may_be_overbooked_with_a_reason(self, session, cast):
        late = cast.wish(cast.tomorrow_at(18))
        with pytest.raises(TimeTaken):
            book(session, late, by=cast.amara.actor)
        visit_id = book(session, cast.wish(cast.tomorrow_at(18), overbook="Needs to be seen"), by=cast.amara.actor)
        slot = session.get(Visit, (cast.rose.id, visit_id)).slot
        assert slot.overbooked and slot.overbooked_reason == "Needs to be seen"

    def test_an_unapproved_doctor_cannot_be_booked(self, session, cast):
        cast.dr_osei.approved_at = None
        session.flush()
        with pytest.raises(Refused):
            book(session, cast.wish(cast.tomorrow_at(10)), by=cast.amara.actor)

    def test_the_times_shown_as_open_no_longer_hold_the_booked_one(self, session, cast):
        ten = cast.tomorrow_at(10)
        book(session, cast.wish(ten), by=cast.amara.actor)
        day = ten.date()
        found = open_times(session, cast.at, cast.consultation, [cast.dr_osei.id, cast.dr_lind.id], day, day)
        free = {(each.provider_id, each.starts_at) for each in found}
        assert (cast.dr_osei.id, ten) not in free and (cast.dr_lind.id, ten) in free


class TestHold:
    def test_a_held_time_is_not_open_to_others_but_is_to_the_one_who_holds_it(self, session, cast):
        ten = cast.tomorrow_at(10)
        wish = cast.wish(ten, patient=cast.maya_patient)
        holds.hold(session, wish, by=cast.maya.actor)
        with pytest.raises(TimeTaken):
            book(session, cast.wish(ten), by=cast.amara.actor)
        assert book(session, wish, by=cast.maya.actor)
        assert session.scalar(sa.select(sa.func.count()).select_from(Slot)) == 1

    def test_a_hold_that_ran_out_stands_in_nobodys_way(self, session, cast):
        ten = cast.tomorrow_at(10)
        holds.hold(session, cast.wish(ten, patient=cast.maya_patient), by=cast.maya.actor)
        session.execute(sa.update(Slot).values(held_until=sa.func.now() - sa.text("interval '1 second'")))
        assert book(session, cast.wish(ten), by=cast.amara.actor)


class TestMove:
    def test_a_visit_moves_by_less_than_its_own_length_and_keeps_id_and_status(self, session, cast):
        visit = cast.booked()
        later = cast.tomorrow_at(10, 10)
        visits.move_to(visit, cast.wish(later), by=cast.amara.actor)
        session.commit()
        assert visit.starts_at == later and visit.status == VisitStatus.BOOKED
        assert session.scalar(sa.select(sa.func.count()).select_from(Slot)) == 1
        moved = session.scalars(sa.select(VisitEvent).where(VisitEvent.kind == EventKind.MOVED)).one()
        assert moved.new_starts_at == later

    def test_moving_onto_a_taken_time_leaves_the_old_one_alone(self, session, cast):
        visit, other = cast.booked(), cast.booked(cast.tomorrow_at(11), patient=cast.maya_patient)
        with pytest.raises(TimeTaken):
            visits.move_to(visit, cast.wish(other.starts_at), by=cast.amara.actor)
        session.rollback()
        assert visit.slot.starts_at == visit.starts_at == cast.tomorrow_at(10)


class TestCancel:
    def test_the_time_is_open_again_even_for_another_length(self, session, cast):
        visit = cast.booked()
        visits.cancel(visit, CancelReason.PATIENT, by=cast.amara.actor)
        assert book(session, cast.wish(cast.tomorrow_at(10, 10), visit_type=cast.follow_up), by=cast.amara.actor)

    def test_it_can_be_taken_back_while_the_time_is_free(self, session, cast):
        visit = cast.booked()
        visits.cancel(visit, CancelReason.CLINIC, by=cast.amara.actor)
        visits.undo(visit, by=cast.amara.actor)
        session.commit()
        assert visit.status == VisitStatus.BOOKED and visit.slot.taken == 1

    def test_it_cannot_be_taken_back_once_somebody_has_the_time(self, session, cast):
        visit = cast.booked()
        visits.cancel(visit, CancelReason.CLINIC, by=cast.amara.actor)
        book(session, cast.wish(visit.starts_at, patient=cast.maya_patient), by=cast.amara.actor)
        with pytest.raises(TimeTaken):
            visits.undo(visit, by=cast.amara.actor)
