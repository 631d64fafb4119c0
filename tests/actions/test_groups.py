"""Times for groups: so many seats and no more, closed, called off with everybody in it, and brought back."""

from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from clinic.actions import blocks, closures, groups, holds, moving, patients, visits, waitlist
from clinic.actions.acting import Refused
from clinic.actions.booking import TimeTaken, book
from clinic.actions.groups import Group
from clinic.actions.waitlist import Wanting
from clinic.models.groups import CalledOffGroup
from clinic.models.people import VisitMode
from clinic.models.rooms import Room, RoomKind, SlotRoom, VisitTypeNeed
from clinic.models.schedule import Slot, SlotKind, SlotStatus
from clinic.models.visits import CancelReason, Visit, VisitStatus
from clinic.queries import groups as asked
from clinic.queries.open_times import open_times

LONDON = ZoneInfo("Europe/London")


@pytest.fixture
def evening(cast):
    """After hours, tomorrow."""
    return cast.tomorrow_at(18)


@pytest.fixture
def published(session, cast, evening):
    """Publish a time for three with Dr Osei tomorrow evening, unless it says otherwise."""

    def publish(starts_at=None, **more):
        facts = {"provider_id": cast.dr_osei.id, "capacity": 3, "visit_type_id": cast.consultation.id, **more}
        slot = groups.publish(session, Group(**facts), starts_at or evening, by=cast.amara.actor)
        session.commit()
        return slot

    return publish


def crowd(session, cast, many):
    made = [patients.register(session, by=cast.amara.actor, full_name=f"Crowd {number}") for number in range(many)]
    session.commit()
    return made


def sit(session, cast, slot, patient, **more):
    visit_id = book(session, cast.wish(slot.starts_at, patient=patient, **more), by=cast.amara.actor)
    session.commit()
    return visit_id


def seats(session, cast, slot, kind=None):
    day = slot.starts_at.date()
    found = open_times(session, cast.at, kind or cast.consultation, [cast.dr_osei.id], day, day)
    return next((each.seats for each in found if each.starts_at == slot.starts_at), 0)


class TestPublish:
    def test_it_may_lie_outside_the_doctors_hours_and_takes_as_long_as_its_type(self, session, cast, published):
        slot = published(title="Back care")
        assert slot.kind == SlotKind.PUBLISHED and slot.ends_at - slot.starts_at == timedelta(minutes=20)
        assert seats(session, cast, slot) == 3

    def test_of_no_type_it_takes_any_that_fits(self, session, cast, published):
        slot = published(visit_type_id=None, minutes=15)
        assert seats(session, cast, slot, cast.follow_up) == 3 and seats(session, cast, slot) == 0

    @pytest.mark.parametrize(
        ("facts", "why"),
        [({"visit_type_id": None}, "how many minutes"), ({"visit_mode": VisitMode.VIRTUAL}, "by video")],
    )
    def test_what_cannot_be_is_refused(self, session, cast, published, facts, why):
        cast.dr_osei.telemed_enabled = False
        session.commit()
        with pytest.raises(Refused, match=why):
            published(**facts)

    def test_a_doctor_who_does_not_offer_the_type_is_refused(self, cast, published):
        with pytest.raises(Refused, match="does not offer"):
            published(provider_id=cast.dr_lind.id, visit_type_id=cast.follow_up.id)

    def test_a_time_that_is_over_booked_blocked_or_closed_is_refused(self, session, cast, published):
        with pytest.raises(Refused, match="already over"):
            published(cast.tomorrow_at(10, days=-1))
        visit = cast.booked()
        with pytest.raises(Refused, match="something else"):
            published(visit.starts_at + timedelta(minutes=10))
        blocks.add(cast.dr_osei, cast.tomorrow_at(12), cast.tomorrow_at(13), zone="Europe/London", by=cast.ines.actor)
        with pytest.raises(Refused, match="is away"):
            published(cast.tomorrow_at(12, 30))
        facts = {"starts_at": cast.tomorrow_at(0, days=3), "ends_at": cast.tomorrow_at(0, days=4), "title": "Holiday"}
        closures.add(session, by=cast.ines.actor, **facts)
        with pytest.raises(Refused, match="closed"):
            published(cast.tomorrow_at(18, days=3))

    def test_it_takes_a_room_of_the_kind_its_type_needs_or_is_refused(self, session, cast, published, evening):
        kind = RoomKind(clinic_id=cast.rose.id, name="Gym")
        session.add(kind)
        session.flush()
        need = {"clinic_id": cast.rose.id, "room_kind_id": kind.id}
        session.add_all([Room(name="Hall", **need), VisitTypeNeed(visit_type_id=cast.consultation.id, **need)])
        session.commit()
        slot = published()
        assert session.scalars(sa.select(SlotRoom.slot_id)).all() == [slot.id]
        with pytest.raises(Refused, match="No room is free"):
            published(provider_id=cast.dr_lind.id)

    def test_a_preview_says_what_is_in_the_way_of_each_day_and_publishes_nothing(
        self, session, cast, published, evening
    ):
        published()
        local = evening.astimezone(LONDON)
        days = [local.date() + timedelta(days=n) for n in (0, 7)]
        group = Group(cast.dr_osei.id, 3, cast.consultation.id)
        found = groups.preview(session, group, days, local.time(), LONDON, by=cast.amara.actor)
        assert [bool(each.refusal) for each in found] == [True, False]
        assert len(asked.coming(session)) == 1


class TestSeats:
    def test_as_many_as_there_are_places_and_then_nobody(self, session, cast, published):
        slot = published()
        people = crowd(session, cast, 4)
        for patient in people[:3]:
            sit(session, cast, slot, patient)
        with pytest.raises(TimeTaken):
            sit(session, cast, slot, people[3])
        session.rollback()
        shown = asked.shown(session, slot.id)
        assert (shown.taken, shown.capacity, shown.is_full) == (3, 3, True)
        assert {each.patient.full_name for each in asked.members(session, slot.id)} == {"Crowd 0", "Crowd 1", "Crowd 2"}

    def test_nobody_takes_two_of_them(self, session, cast, published):
        slot = published()
        sit(session, cast, slot, cast.tom)
        with pytest.raises(TimeTaken, match="has a place at that time already"):
            sit(session, cast, slot, cast.tom)

    def test_a_cancelled_visit_gives_its_seat_back_and_the_time_stands(self, session, cast, published):
        slot = published(capacity=1)
        visit_id = sit(session, cast, slot, cast.tom)
        visits.cancel(_visit(session, cast, visit_id), CancelReason.PATIENT, by=cast.amara.actor)
        session.commit()
        session.refresh(slot)
        assert (slot.taken, slot.status) == (0, SlotStatus.FREE)

    def test_a_patient_takes_a_seat_in_the_portal(self, session, cast, published):
        slot = published()
        wish = cast.wish(slot.starts_at, patient=cast.maya_patient)
        holds.hold(session, wish, by=cast.maya.actor)
        assert asked.shown(session, slot.id).held == 1
        book(session, wish, by=cast.maya.actor)
        shown = asked.shown(session, slot.id)
        assert (shown.taken, shown.held) == (1, 0)


class TestWaiting:
    def test_those_whom_this_very_time_would_suit_are_counted(self, session, cast, published, evening):
        slot = published(capacity=1)
        day = evening.astimezone(LONDON).date()
        suiting = (
            {},
            {"provider_ids": (cast.dr_osei.id,), "from_time": time(17)},
            {"weekdays": (day.isoweekday() % 7,)},
        )
        others = (
            {"provider_ids": (cast.dr_lind.id,)}, {"until_time": time(12)}, {"weekdays": ((day.isoweekday() + 1) % 7,)},
            {"visit_type_id": cast.follow_up.id}, {"earliest_on": day + timedelta(days=1)},
        )  # fmt: skip
        for patient, facts in zip(crowd(session, cast, 8), (*suiting, *others), strict=True):
            wanting = {"visit_type_id": cast.consultation.id, "earliest_on": day, "latest_on": day + timedelta(days=7)}
            waitlist.join(session, patient, Wanting(**(wanting | facts)), by=cast.amara.actor)
        session.commit()
        assert asked.shown(session, slot.id).waiting == 3
        assert [each.waiting for each in asked.coming(session)] == [3]


class TestUpdate:
    def test_more_places_but_never_fewer_than_are_taken(self, session, cast, published):
        slot = published(capacity=2)
        for patient in crowd(session, cast, 2):
            sit(session, cast, slot, patient)
        groups.update(slot, capacity=3, title="Knees", location_id=None, by=cast.amara.actor)
        session.commit()
        assert (slot.status, seats(session, cast, slot)) == (SlotStatus.FREE, 1)
        with pytest.raises(Refused, match="taken or offered to somebody: 2"):
            groups.update(slot, capacity=1, title=None, location_id=None, by=cast.amara.actor)


class TestClose:
    def test_nobody_new_is_taken_and_whoever_leaves_leaves_it_closed(self, session, cast, published):
        slot = published()
        visit_id = sit(session, cast, slot, cast.tom)
        groups.close(slot, by=cast.amara.actor)
        session.commit()
        with pytest.raises(TimeTaken):
            sit(session, cast, slot, cast.maya_patient)
        session.rollback()
        visits.cancel(_visit(session, cast, visit_id), CancelReason.PATIENT, by=cast.amara.actor)
        session.commit()
        assert seats(session, cast, slot) == 0
        groups.reopen(slot, by=cast.amara.actor)
        session.commit()
        assert seats(session, cast, slot) == 3

    def test_whoever_left_it_by_mistake_comes_back_and_takes_no_others_place(self, session, cast, published):
        slot = published(capacity=2)
        ids = [sit(session, cast, slot, patient) for patient in (cast.tom, cast.maya_patient)]
        groups.close(slot, by=cast.amara.actor)
        session.commit()
        tom, maya = (_visit(session, cast, visit_id) for visit_id in ids)
        visits.cancel(tom, CancelReason.PATIENT, by=cast.amara.actor)
        visits.move_to(maya, cast.wish(cast.tomorrow_at(14), patient=cast.maya_patient), by=cast.amara.actor)
        session.commit()
        visits.undo(tom, by=cast.amara.actor)
        moving.undo_move(maya, cast.dr_osei.id, by=cast.amara.actor)
        session.commit()
        session.refresh(slot)
        assert (tom.slot_id, maya.slot_id, slot.taken, slot.status) == (slot.id, slot.id, 2, SlotStatus.BOOKED)
        with pytest.raises(TimeTaken):
            sit(session, cast, slot, *crowd(session, cast, 1))

    def test_closing_twice_is_said(self, cast, published):
        slot = published()
        groups.close(slot, by=cast.amara.actor)
        with pytest.raises(Refused, match="closed for booking already"):
            groups.close(slot, by=cast.amara.actor)


class TestCallOff:
    def test_everybody_is_cancelled_with_the_reason_and_the_doctors_time_is_free(self, session, cast, published):
        slot = published(cast.tomorrow_at(10))
        ids = [sit(session, cast, slot, patient) for patient in crowd(session, cast, 2)]
        gone = groups.call_off(slot, CancelReason.PROVIDER_AWAY, note="Flu", by=cast.amara.actor)
        session.commit()
        found = [_visit(session, cast, visit_id) for visit_id in ids]
        assert {(each.status, each.cancel_reason, each.cancel_note) for each in found} == {
            (VisitStatus.CANCELLED, CancelReason.PROVIDER_AWAY, "Flu")
        }
        assert {each.cancelled_at for each in found} == {gone.called_off_at}
        assert not session.scalars(sa.select(Slot.id)).all()
        assert asked.shown(session, gone.id).called_off_at

    def test_it_takes_place_after_all_with_everybody_who_was_in_it(self, session, cast, published):
        slot = published(title="Back care")
        ids = [sit(session, cast, slot, patient) for patient in crowd(session, cast, 2)]
        alone = sit(session, cast, slot, cast.tom)
        visits.cancel(_visit(session, cast, alone), CancelReason.PATIENT, by=cast.amara.actor)
        gone = groups.call_off(slot, CancelReason.CLINIC, by=cast.amara.actor)
        session.commit()
        back = groups.restore(gone, by=cast.amara.actor)
        session.commit()
        assert (back.id, back.title, back.taken, back.status) == (gone.id, "Back care", 2, SlotStatus.FREE)
        assert {_visit(session, cast, each).status for each in ids} == {VisitStatus.BOOKED}
        assert _visit(session, cast, alone).status == VisitStatus.CANCELLED
        assert not session.scalars(sa.select(CalledOffGroup.id)).all()

    def test_a_time_that_was_taken_meanwhile_is_not_brought_back(self, session, cast, published):
        slot = published(cast.tomorrow_at(10))
        sit(session, cast, slot, cast.tom)
        gone = groups.call_off(slot, CancelReason.CLINIC, by=cast.amara.actor)
        session.commit()
        cast.booked(cast.tomorrow_at(10, 10), patient=cast.maya_patient)
        with pytest.raises(Refused, match="something else"):
            groups.restore(gone, by=cast.amara.actor)

    def test_one_that_is_going_on_cannot_be_called_off_whole(self, session, cast, published):
        slot = published()
        visit = _visit(session, cast, sit(session, cast, slot, cast.tom))
        visits.check_in(visit, by=cast.amara.actor)
        visits.start(visit, by=cast.osei.actor)
        session.commit()
        with pytest.raises(Refused, match="going on or over"):
            groups.call_off(slot, CancelReason.CLINIC, by=cast.amara.actor)


def _visit(session, cast, visit_id):
    return session.get(Visit, (cast.rose.id, visit_id))
