"""Moving on the calendar: every reason against a time at once, alternatives, and taking a move back."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from clinic.actions import blocks, closures, moving, visits
from clinic.actions.acting import Refused
from clinic.models.schedule import Slot
from clinic.models.visits import EventKind, VisitEvent, VisitStatus


def _sentences(found):
    return [str(each) for each in found.reasons]


@pytest.fixture
def against(session, cast):
    """Asks what stands against a visit's move, as Amara at the desk."""

    def ask(visit, starts_at, provider=None, **more):
        wish = cast.wish(starts_at, provider=provider, **more)
        visit = session.merge(visit)
        return moving.against(visit, wish, [cast.dr_osei.id, cast.dr_lind.id], by=cast.amara.actor)

    return ask


class TestEveryReasonAtOnce:
    def test_a_time_in_somebodys_way_outside_the_hours_and_closed_says_all_three(self, cast, session, against):
        visit = cast.booked()
        cast.booked(cast.tomorrow_at(20), patient=cast.maya_patient, overbook="After hours")
        closed = {"starts_at": cast.tomorrow_at(19), "ends_at": cast.tomorrow_at(21)}
        closures.add(session, title="A drill", by=cast.ines.actor, **closed)
        session.commit()
        said = " ".join(_sentences(against(visit, cast.tomorrow_at(20))))
        assert "It is closed" in said and "is no longer free" in said and "is not here" in said

    def test_a_block_and_the_visit_under_it_are_two_reasons_and_none_typed_helps(self, cast, session, against):
        visit = cast.booked()
        cast.booked(cast.tomorrow_at(11), patient=cast.maya_patient)
        blocks.add(cast.dr_osei, cast.tomorrow_at(11), cast.tomorrow_at(12), zone="Europe/London", by=cast.ines.actor)
        session.commit()
        found = against(visit, cast.tomorrow_at(11))
        said = " ".join(_sentences(found))
        assert "is away" in said and "is no longer free" in said and not found.can_be_forced

    def test_the_limit_of_a_day_and_a_late_move_are_told_beside_the_rest(self, cast, session, against):
        cast.consultation.limit_per_day = 1
        cast.consultation.move_cutoff_hours = 200
        session.commit()
        visit = cast.booked()
        cast.booked(cast.tomorrow_at(10, days=2), patient=cast.maya_patient)
        found = against(visit, cast.tomorrow_at(10, days=2))
        said = " ".join(_sentences(found))
        assert "Patients cannot move" in said and "no more visits of this" in said and "no longer free" in said
        assert found.can_be_forced

    def test_a_doctor_who_does_not_offer_the_type_is_said_and_cannot_be_forced(self, cast, session, against):
        visit = cast.booked(visit_type=cast.follow_up)
        found = against(visit, cast.tomorrow_at(11), provider=cast.dr_lind, visit_type=cast.follow_up)
        assert _sentences(found) == ["Dr Astrid Lind does not offer this type of visit."] and not found.can_be_forced

    def test_the_nearest_times_come_with_it_of_other_doctors_too_and_never_its_own(self, cast, against):
        visit = cast.booked()
        cast.booked(cast.tomorrow_at(11), patient=cast.maya_patient)
        found = against(visit, cast.tomorrow_at(11))
        assert found.nearest and {each.provider_id for each in found.nearest} == {cast.dr_osei.id, cast.dr_lind.id}
        assert (visit.provider_id, visit.starts_at) not in {
            (each.provider_id, each.starts_at) for each in found.nearest
        }

    def test_its_own_time_is_in_nobodys_way(self, cast, against):
        visit = cast.booked()
        assert _sentences(against(visit, cast.tomorrow_at(10, 10))) == []

    def test_looking_leaves_nothing_behind(self, cast, session, against):
        visit = cast.booked()
        against(visit, cast.tomorrow_at(11))
        session.commit()
        session.expire_all()
        assert session.get(Slot, (cast.rose.id, visit.slot_id)).starts_at == cast.tomorrow_at(10)

    def test_a_visit_that_has_begun_moves_nowhere(self, cast, session, against):
        visit = cast.booked()
        visits.check_in(visit, by=cast.amara.actor)
        session.commit()
        found = against(visit, cast.tomorrow_at(12))
        assert (
            _sentences(found) == ["A visit can be moved only before the patient is here."] and not found.can_be_forced
        )


class TestIntoThePast:
    """Yesterday at noon is over; nobody who is still to come is put there, since they would not hear of it."""

    def test_a_visit_to_come_is_not_put_where_it_is_over_and_no_reason_helps(self, cast, session, against):
        visit, over = cast.booked(), cast.tomorrow_at(12, days=-1)
        with pytest.raises(Refused, match="already over"):
            visits.move_to(visit, cast.wish(over, overbook="A slip"), by=cast.amara.actor)
        found = against(visit, over)
        assert "This time is already over." in _sentences(found) and not found.can_be_forced and found.nearest

    def test_what_is_over_may_be_written_down_as_it_was(self, cast, session):
        visit = cast.booked(cast.tomorrow_at(12, days=-3), overbook="Written down later")
        visits.move_to(visit, cast.wish(cast.tomorrow_at(11, days=-3), overbook="It was at 11"), by=cast.amara.actor)
        session.commit()
        assert visit.starts_at == cast.tomorrow_at(11, days=-3)

    def test_a_visit_that_was_moved_out_of_the_past_by_mistake_is_taken_back_there(self, cast, session):
        visit = cast.booked(cast.tomorrow_at(12, days=-3), overbook="Written down later")
        visits.move_to(visit, cast.wish(cast.tomorrow_at(11), overbook="Not so"), by=cast.amara.actor)
        session.commit()
        assert moving.undo_move(visit, cast.dr_osei.id, by=cast.amara.actor).starts_at == cast.tomorrow_at(12, days=-3)


class TestUndoMove:
    def _moved(self, cast, session, to, provider=None, **booked):
        visit = cast.booked(**booked)
        visits.move_to(visit, cast.wish(to, provider=provider), by=cast.amara.actor)
        session.commit()
        return visit

    def test_it_goes_back_to_its_time_and_its_doctor(self, cast, session):
        visit = self._moved(cast, session, cast.tomorrow_at(12), cast.dr_lind)
        moving.undo_move(visit, cast.dr_osei.id, by=cast.amara.actor)
        session.commit()
        assert (visit.starts_at, visit.provider_id) == (cast.tomorrow_at(10), cast.dr_osei.id)
        assert visit.slot.starts_at == cast.tomorrow_at(10)

    def test_the_patients_cut_off_does_not_keep_it_where_it_was_put_by_mistake(self, cast, session):
        visit = self._moved(cast, session, cast.tomorrow_at(12))
        cast.consultation.move_cutoff_hours = 500
        session.commit()
        assert moving.undo_move(visit, cast.dr_osei.id, by=cast.amara.actor).starts_at == cast.tomorrow_at(10)

    def test_an_overbooked_time_is_taken_again_with_its_old_reason(self, cast, session):
        cast.booked(patient=cast.maya_patient)
        visit = self._moved(cast, session, cast.tomorrow_at(12), overbook="Fever of 40")
        moving.undo_move(visit, cast.dr_osei.id, by=cast.amara.actor)
        session.commit()
        assert visit.slot.overbooked and visit.slot.overbooked_reason == "Fever of 40"

    def test_somebody_elses_by_now_it_stays_where_it_is(self, cast, session):
        visit = self._moved(cast, session, cast.tomorrow_at(12))
        cast.booked(patient=cast.maya_patient)
        with pytest.raises(Refused, match="is no longer free"):
            moving.undo_move(visit, cast.dr_osei.id, by=cast.amara.actor)

    def test_after_a_quarter_of_an_hour_it_is_moved_like_any_other(self, cast, session, superuser):
        visit = self._moved(cast, session, cast.tomorrow_at(12))
        with superuser.begin() as connection:
            connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
            connection.execute(
                sa.update(VisitEvent.__table__)
                .where(VisitEvent.__table__.c.kind == EventKind.MOVED)
                .values(created_at=datetime.now(UTC) - timedelta(minutes=16))
            )
        with pytest.raises(Refused, match="15 minutes"):
            moving.undo_move(visit, cast.dr_osei.id, by=cast.amara.actor)

    def test_a_visit_that_never_moved_or_has_begun_has_nothing_to_take_back(self, cast, session):
        visit = cast.booked()
        with pytest.raises(Refused, match="15 minutes"):
            moving.undo_move(visit, cast.dr_osei.id, by=cast.amara.actor)
        moved = self._moved(cast, session, cast.tomorrow_at(13), starts_at=cast.tomorrow_at(15))
        moved.status = VisitStatus.CHECKED_IN
        session.flush()
        with pytest.raises(Refused, match="before the patient is here"):
            moving.undo_move(moved, cast.dr_osei.id, by=cast.amara.actor)


def test_a_move_that_is_sent_twice_is_one(session, cast):
    visit = cast.booked(patient=cast.maya_patient)
    for _time in range(2):
        visits.move_to(visit, cast.wish(cast.tomorrow_at(14), patient=cast.maya_patient), by=cast.amara.actor)
        session.commit()
    moves = sa.select(sa.func.count()).select_from(VisitEvent).where(VisitEvent.kind == EventKind.MOVED)
    assert visit.starts_at == cast.tomorrow_at(14) and session.scalar(moves) == 1
