"""Rooms are taken together with the doctor or not at all, and let go of with the time they were taken for."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa

from clinic.actions import holds, visits
from clinic.actions.booking import TimeTaken, book
from clinic.db import db
from clinic.models.people import VisitMode
from clinic.models.rooms import RoomStatus, SlotRoom
from clinic.models.schedule import Slot
from clinic.models.visits import CancelReason, Visit
from clinic.queries.open_times import nearest_open, open_times
from tests.rooms import a_kind, a_place, rooms_kept


def booked(session, cast, at, **more):
    """A visit of the desk's, and the visit as it stands."""
    by = more.pop("by", cast.amara).actor
    return session.get(Visit, (cast.rose.id, book(session, cast.wish(at, **more), by=by)))


@pytest.fixture
def one_room(session, cast):
    """Consultations need an ultrasound, of which there is one."""
    return a_kind(session, cast, "Ultrasound", "Ultrasound 1", needed_by=[cast.consultation])[1]


class TestBooking:
    def test_a_visit_takes_a_free_room_of_the_kind_and_is_seen_there(self, session, cast, one_room):
        visit = booked(session, cast, cast.tomorrow_at(10))
        assert rooms_kept(session, visit) == ["Ultrasound 1"] and visit.room_id == one_room.id

    def test_the_last_room_is_one_doctors_and_the_other_hears_when_one_is_free(self, session, cast, one_room):
        ten = cast.tomorrow_at(10)
        booked(session, cast, ten)
        with pytest.raises(TimeTaken, match="No room is free") as refused:
            book(session, cast.wish(ten, provider=cast.dr_lind), by=cast.amara.actor)
        wish = refused.value.wish
        nearest = nearest_open(
            session, cast.at, cast.consultation, [wish.provider_id], wish.starts_at, mode=wish.visit_mode
        )
        assert len(nearest) == 3 and ten not in {each.starts_at for each in nearest}

    def test_times_without_a_free_room_are_not_open(self, session, cast, one_room):
        ten = cast.tomorrow_at(10)
        booked(session, cast, ten)
        asked = session, cast.at, cast.consultation, [cast.dr_lind.id], ten.date(), ten.date()
        found = open_times(*asked, mode=VisitMode.IN_PERSON)
        assert ten not in {each.starts_at for each in found} and len(found) == 23
        # By video it still is; asked for neither, it is open in one of the two ways.
        assert len(open_times(*asked, mode=VisitMode.VIRTUAL)) == len(open_times(*asked)) == 24

    def test_every_kind_is_taken_or_none(self, session, cast, one_room):
        a_kind(session, cast, "Nurse's corner", needed_by=[cast.consultation])
        with pytest.raises(TimeTaken):
            book(session, cast.wish(cast.tomorrow_at(10)), by=cast.amara.actor)
        assert rooms_kept(session) == [] and not session.scalars(sa.select(Slot)).all()

    def test_a_visit_may_need_two_kinds_and_is_seen_in_the_one_that_stays_where_it_is(self, session, cast):
        place = a_place(session, cast, "Second floor")
        room = a_kind(session, cast, "Consulting room", "Room 2", needed_by=[cast.consultation], place=place)[1]
        a_kind(session, cast, "Cart", "A cart", needed_by=[cast.consultation])
        visit = booked(session, cast, cast.tomorrow_at(10))
        assert rooms_kept(session, visit) == ["A cart", "Room 2"] and visit.room_id == room.id

    def test_a_room_of_another_place_will_not_do(self, session, cast):
        here, there = a_place(session, cast, "Here"), a_place(session, cast, "There")
        cast.dr_osei.location_id = here.id
        a_kind(session, cast, "Ultrasound", "Ultrasound 1", needed_by=[cast.consultation], place=there)
        with pytest.raises(TimeTaken):
            book(session, cast.wish(cast.tomorrow_at(10)), by=cast.amara.actor)

    def test_a_paused_room_takes_nobody(self, session, cast, one_room):
        one_room.status = RoomStatus.PAUSED
        session.flush()
        with pytest.raises(TimeTaken):
            book(session, cast.wish(cast.tomorrow_at(10)), by=cast.amara.actor)

    def test_a_visit_by_video_needs_no_room(self, session, cast, one_room):
        booked(session, cast, cast.tomorrow_at(10))
        visit = booked(session, cast, cast.tomorrow_at(10), provider=cast.dr_lind, visit_mode=VisitMode.VIRTUAL)
        assert rooms_kept(session, visit) == [] and visit.room_id is None

    def test_an_overbooked_visit_keeps_none(self, session, cast, one_room):
        booked(session, cast, cast.tomorrow_at(10))
        visit = booked(session, cast, cast.tomorrow_at(10), provider=cast.dr_lind, overbook="Cannot wait")
        assert visit.slot.overbooked and rooms_kept(session, visit) == [] and visit.room_id is None

    def test_patients_who_share_a_time_share_its_room(self, session, cast, one_room):
        cast.consultation.capacity = 3
        session.flush()
        two = [booked(session, cast, cast.tomorrow_at(10), patient=each) for each in (cast.tom, cast.maya_patient)]
        assert {each.room_id for each in two} == {one_room.id} and rooms_kept(session) == ["Ultrasound 1"]

    def test_a_room_is_kept_for_the_buffers_too(self, session, cast, one_room):
        cast.consultation.buffer_after = 15
        session.flush()
        booked(session, cast, cast.tomorrow_at(10))
        with pytest.raises(TimeTaken):
            book(session, cast.wish(cast.tomorrow_at(10, 20), provider=cast.dr_lind), by=cast.amara.actor)

    def test_a_doctor_stays_in_the_room_they_have_that_day(self, session, cast):
        rooms = a_kind(session, cast, "Room", "Room 1", "Room 2", needed_by=[cast.consultation])[1:]
        booked(session, cast, cast.tomorrow_at(9), provider=cast.dr_lind)
        first = booked(session, cast, cast.tomorrow_at(9))
        later = booked(session, cast, cast.tomorrow_at(12))
        assert first.room_id == later.room_id == rooms[1].id

    def test_a_kind_may_be_wanted_that_the_type_does_not_need(self, session, cast):
        kind, room = a_kind(session, cast, "Step-free room", "Room 1")
        visit = booked(session, cast, cast.tomorrow_at(10), wanted_rooms=(kind.id,))
        assert visit.room_id == room.id
        with pytest.raises(TimeTaken):
            book(session, cast.wish(visit.starts_at, provider=cast.dr_lind, wanted_rooms=(kind.id,)),
                 by=cast.amara.actor)  # fmt: skip

    def test_one_room_may_be_wanted_and_no_other_of_its_kind_will_do(self, session, cast):
        room = a_kind(session, cast, "Room", "Room 1", "Room 2", needed_by=[cast.consultation])[2]
        visit = booked(session, cast, cast.tomorrow_at(10), wanted_rooms=(room.id,))
        assert visit.room_id == room.id and rooms_kept(session, visit) == ["Room 2"]
        with pytest.raises(TimeTaken, match="The room is not free"):
            book(session, cast.wish(visit.starts_at, provider=cast.dr_lind, wanted_rooms=(room.id,)),
                 by=cast.amara.actor)  # fmt: skip
        asked = session, cast.at, cast.consultation, [cast.dr_lind.id], visit.starts_at.date(), visit.starts_at.date()
        found = {each.starts_at for each in open_times(*asked, wanted_rooms=[room.id], mode=VisitMode.IN_PERSON)}
        assert visit.starts_at not in found and cast.tomorrow_at(11) in found


class TestLettingGo:
    def test_a_cancelled_visit_gives_its_room_back_and_an_undo_takes_it_again(self, session, cast, one_room):
        visit = booked(session, cast, cast.tomorrow_at(10))
        visits.cancel(visit, CancelReason.PATIENT, by=cast.amara.actor)
        assert rooms_kept(session) == [] and visit.room_id is None
        visits.undo(visit, by=cast.amara.actor)
        assert rooms_kept(session, visit) == ["Ultrasound 1"] and visit.room_id == one_room.id

    def test_a_visit_is_not_taken_back_into_a_room_that_is_taken(self, session, cast, one_room):
        visit = booked(session, cast, cast.tomorrow_at(10))
        visits.cancel(visit, CancelReason.PATIENT, by=cast.amara.actor)
        booked(session, cast, cast.tomorrow_at(10), provider=cast.dr_lind)
        with pytest.raises(TimeTaken):
            visits.undo(visit, by=cast.amara.actor)

    def test_a_moved_visit_takes_a_room_at_its_new_time_even_when_that_overlaps_the_old_one(
        self, session, cast, one_room
    ):
        visit = booked(session, cast, cast.tomorrow_at(10))
        visits.move_to(visit, cast.wish(cast.tomorrow_at(10, 10)), by=cast.amara.actor)
        session.flush()
        row = session.scalars(sa.select(SlotRoom)).one()
        assert row.slot_id == visit.slot_id and row.busy_from == cast.tomorrow_at(10, 10)

    def test_a_visit_that_cannot_have_a_room_at_the_new_time_stays_where_it_is(self, session, cast, one_room):
        visit = booked(session, cast, cast.tomorrow_at(10))
        booked(session, cast, cast.tomorrow_at(12), provider=cast.dr_lind)
        session.commit()
        with pytest.raises(TimeTaken):
            visits.move_to(visit, cast.wish(cast.tomorrow_at(12)), by=cast.amara.actor)
        session.rollback()
        assert rooms_kept(session, visit) == ["Ultrasound 1"] and visit.starts_at == cast.tomorrow_at(10)

    def test_a_moved_visit_stays_in_its_room_where_that_is_free_and_else_goes_to_another(self, session, cast):
        _kind, one, two = a_kind(session, cast, "Room", "Room 1", "Room 2", needed_by=[cast.consultation])
        visit = booked(session, cast, cast.tomorrow_at(10), wanted_rooms=(two.id,))
        visits.move_to(visit, cast.wish(cast.tomorrow_at(11)), by=cast.amara.actor)
        assert visit.room_id == two.id
        booked(session, cast, cast.tomorrow_at(14), provider=cast.dr_lind, wanted_rooms=(two.id,))
        visits.move_to(visit, cast.wish(cast.tomorrow_at(14)), by=cast.amara.actor)
        assert visit.room_id == one.id

    def test_a_kind_of_room_that_was_asked_for_beside_the_types_goes_along_where_it_is_free(self, session, cast):
        kind = a_kind(session, cast, "Step-free room", "Room 1")[0]
        visit = booked(session, cast, cast.tomorrow_at(10), wanted_rooms=(kind.id,))
        visits.move_to(visit, cast.wish(cast.tomorrow_at(11)), by=cast.amara.actor)
        assert rooms_kept(session, visit) == ["Room 1"]
        booked(session, cast, cast.tomorrow_at(14), provider=cast.dr_lind, wanted_rooms=(kind.id,))
        # Where it is not to be had, the visit moves without it, as open times say.
        visits.move_to(visit, cast.wish(cast.tomorrow_at(14)), by=cast.amara.actor)
        assert rooms_kept(session, visit) == [] and not visit.slot.overbooked


class TestHolding:
    def test_a_held_time_keeps_its_room_from_another_doctor(self, session, cast, one_room):
        holds.hold(session, cast.wish(cast.tomorrow_at(10), patient=cast.maya_patient), by=cast.maya.actor)
        with pytest.raises(TimeTaken):
            book(session, cast.wish(cast.tomorrow_at(10), provider=cast.dr_lind), by=cast.amara.actor)

    def test_ones_own_hold_does_not_stand_in_ones_way(self, session, cast, one_room):
        wish = cast.wish(cast.tomorrow_at(10), patient=cast.maya_patient)
        holds.hold(session, wish, by=cast.maya.actor)
        other = cast.wish(cast.tomorrow_at(10), patient=cast.maya_patient, provider=cast.dr_lind)
        assert session.get(Visit, (cast.rose.id, book(session, other, by=cast.maya.actor))).room_id == one_room.id

    def test_a_hold_that_ran_out_keeps_no_room_whichever_doctors_it_was(self, session, cast, one_room):
        holds.hold(session, cast.wish(cast.tomorrow_at(10), patient=cast.maya_patient), by=cast.maya.actor)
        session.execute(sa.update(Slot).values(held_until=sa.func.now() - sa.text("interval '1 second'")))
        visit = booked(session, cast, cast.tomorrow_at(10), provider=cast.dr_lind)
        assert rooms_kept(session, visit) == ["Ultrasound 1"]

    def test_swept_holds_let_their_rooms_go(self, session, cast, one_room):
        holds.hold(session, cast.wish(cast.tomorrow_at(10), patient=cast.maya_patient), by=cast.maya.actor)
        session.execute(sa.update(Slot).values(held_until=sa.func.now() - sa.text("interval '1 second'")))
        holds.sweep(session, cast.rose.id)
        assert rooms_kept(session) == []


def test_the_database_itself_refuses_one_room_for_two(session, cast, one_room):
    visit = booked(session, cast, cast.tomorrow_at(10))
    other = booked(session, cast, cast.tomorrow_at(10), provider=cast.dr_lind, visit_mode=VisitMode.VIRTUAL)
    session.add(SlotRoom(clinic_id=cast.rose.id, slot_id=other.slot_id, room_id=one_room.id,
                         busy_from=visit.starts_at, busy_until=visit.ends_at))  # fmt: skip
    with pytest.raises(sa.exc.IntegrityError, match="ex_slot_rooms_room"):
        session.flush()


class TestRaces:
    @pytest.fixture
    def at_once(self, app, cast):
        """Do several things at the same moment, each in a transaction of its own; what came of each."""

        def run(*acts):
            barrier, scope = Barrier(len(acts)), cast.scope

            def one(act):
                with app.app_context():
                    session = db.session()
                    session.enter(scope)
                    barrier.wait()
                    try:
                        act(session)
                        session.commit()
                        return "done"
                    except TimeTaken as refused:
                        session.rollback()
                        return refused.template

            with ThreadPoolExecutor(len(acts)) as pool:
                return sorted(pool.map(one, acts))

        return run

    @pytest.mark.parametrize("round_", range(3))
    def test_of_two_doctors_who_want_the_last_room_at_once_one_gets_it(self, session, cast, one_room, at_once, round_):
        wishes = [cast.wish(cast.tomorrow_at(10), provider=each) for each in (cast.dr_osei, cast.dr_lind)]
        by = cast.amara.actor
        came = at_once(*[lambda own, wish=wish: book(own, wish, by=by) for wish in wishes])
        assert came == ["No room is free for this visit at that time.", "done"]
        session.rollback()
        assert rooms_kept(session) == ["Ultrasound 1"] and len(session.scalars(sa.select(Visit)).all()) == 1

    @pytest.mark.parametrize("round_", range(3))
    def test_two_moves_across_two_doctors_and_two_kinds_never_wait_in_a_circle(self, session, cast, at_once, round_):
        a_kind(session, cast, "A", "A 1", needed_by=[cast.consultation])
        a_kind(session, cast, "B", "B 1", needed_by=[cast.consultation])
        own = {each.id: booked(session, cast, cast.tomorrow_at(10 + n), provider=each).id
               for n, each in enumerate((cast.dr_osei, cast.dr_lind))}  # fmt: skip
        session.commit()
        by, rose = cast.amara.actor, cast.rose.id

        def move(visit_id, provider, hour):
            wish = cast.wish(cast.tomorrow_at(hour), provider=provider)
            return lambda session: visits.move_to(session.get(Visit, (rose, visit_id)), wish, by=by)

        came = at_once(
            move(own[cast.dr_osei.id], cast.dr_lind, 14), move(own[cast.dr_lind.id], cast.dr_osei, 15),
        )  # fmt: skip
        assert came == ["done", "done"]
        session.rollback()
        assert rooms_kept(session) == ["A 1", "A 1", "B 1", "B 1"]
