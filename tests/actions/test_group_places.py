"""Times for groups at a place: with rooms of that place, gone elsewhere only while nobody is in it, or closed there."""

from datetime import timedelta

import pytest

from clinic.actions import closures, groups
from clinic.actions.acting import Refused
from clinic.actions.booking import TimeTaken, book
from clinic.actions.groups import Group
from clinic.models.people import VisitMode
from clinic.models.rooms import Room
from clinic.models.visits import CancelReason
from clinic.queries import picking
from clinic.queries.open_times import open_times
from tests.rooms import a_kind, a_place, rooms_kept


@pytest.fixture
def publish(session, cast):
    """Publish a time for three with Dr Osei tomorrow evening, unless it says otherwise."""

    def publish(place, starts_at=None, **more):
        facts = {"provider_id": cast.dr_osei.id, "capacity": 3, "visit_type_id": cast.consultation.id, **more}
        group = Group(**facts, location_id=place and place.id)
        slot = groups.publish(session, group, starts_at or cast.tomorrow_at(18), by=cast.amara.actor)
        session.commit()
        return slot

    return publish


def shut(session, cast, place):
    """Close the place tomorrow."""
    day = {"starts_at": cast.tomorrow_at(0), "ends_at": cast.tomorrow_at(0, days=2), "title": "Burst pipe"}
    closures.add(session, location_id=place.id, by=cast.ines.actor, **day)
    session.commit()


def sit(session, cast, slot, patient, **more):
    visit_id = book(session, cast.wish(slot.starts_at, patient=patient, **more), by=cast.amara.actor)
    session.commit()
    return visit_id


def change(cast, slot, place, capacity=3):
    groups.update(slot, capacity=capacity, title=None, location_id=place.id, by=cast.amara.actor)


def seats(session, cast, slot, **more):
    day = slot.starts_at.date()
    found = open_times(session, cast.at, cast.consultation, [cast.dr_osei.id], day, day, **more)
    return next((each.seats for each in found if each.starts_at == slot.starts_at), 0)


@pytest.fixture
def north(session, cast):
    return a_place(session, cast, "North")


@pytest.fixture
def south(session, cast):
    return a_place(session, cast, "South")


class TestClosed:
    def test_a_place_that_is_closed_takes_nobody_into_what_is_there(self, session, cast, publish, north, south):
        there, elsewhere = publish(south), publish(north, cast.tomorrow_at(19))
        shut(session, cast, south)
        assert (seats(session, cast, there), seats(session, cast, elsewhere)) == (0, 3)
        with pytest.raises(TimeTaken, match="closed at that time"):
            sit(session, cast, there, cast.tom)
        session.rollback()
        assert sit(session, cast, elsewhere, cast.tom)

    def test_where_nothing_else_is_said_it_is_where_the_doctor_is(self, session, cast, publish, north, south):
        cast.dr_osei.location_id = north.id
        here, elsewhere = publish(None), publish(south, cast.tomorrow_at(10))
        shut(session, cast, north)
        assert (seats(session, cast, here), seats(session, cast, elsewhere)) == (0, 3)
        assert sit(session, cast, elsewhere, cast.tom)


class TestRooms:
    @pytest.fixture(autouse=True)
    def gyms(self, session, cast, north, south):
        a_kind(session, cast, "Gym", "Attic", place=north, needed_by=[cast.consultation])
        cast.dr_osei.location_id = north.id
        session.commit()

    def test_it_has_a_room_at_its_own_place_and_not_where_the_doctor_is_otherwise(
        self, session, cast, publish, north, south
    ):
        with pytest.raises(Refused, match="No room is free"):
            publish(south)
        session.rollback()
        publish(None)
        assert rooms_kept(session) == ["Attic"]

    def test_by_video_it_needs_none(self, session, cast, publish, south):
        publish(south, visit_mode=VisitMode.VIRTUAL)
        assert rooms_kept(session) == []


class TestElsewhere:
    @pytest.fixture(autouse=True)
    def gyms(self, session, cast, north, south):
        kind, _attic = a_kind(session, cast, "Gym", "Attic", place=north, needed_by=[cast.consultation])
        session.add(Room(clinic_id=cast.rose.id, name="Barn", room_kind_id=kind.id, location_id=south.id))
        session.commit()

    def test_it_goes_there_with_a_room_of_that_place(self, session, cast, publish, north, south):
        slot = publish(north)
        change(cast, slot, south)
        session.commit()
        assert rooms_kept(session) == ["Barn"] and slot.location_id == south.id

    def test_without_a_room_there_or_to_a_place_that_is_closed_it_stays(self, session, cast, publish, north, south):
        slot, _other = publish(north), publish(south, provider_id=cast.dr_lind.id)
        with pytest.raises(Refused, match="No room is free"):
            change(cast, slot, south)
        session.rollback()
        shut(session, cast, south)
        with pytest.raises(Refused, match="It is closed"):
            change(cast, slot, south)
        session.rollback()
        assert slot.location_id == north.id and rooms_kept(session) == ["Attic", "Barn"]

    def test_once_somebody_was_told_where_to_come_it_stays_there(self, session, cast, publish, north, south):
        slot = publish(north)
        sit(session, cast, slot, cast.tom)
        with pytest.raises(Refused, match="told the place already"):
            change(cast, slot, south)
        session.rollback()
        change(cast, slot, north, capacity=5)
        assert slot.capacity == 5


class TestSeatsWithRooms:
    """A seat has the rooms of its time and no others."""

    def test_where_no_room_is_kept_nobody_sits_who_needs_one_but_by_video(self, session, cast, publish):
        slot = publish(None, visit_type_id=None, minutes=30)
        assert seats(session, cast, slot, mode=VisitMode.IN_PERSON) == 3
        a_kind(session, cast, "Gym", "Hall", needed_by=[cast.consultation])
        assert seats(session, cast, slot, mode=VisitMode.IN_PERSON) == 0
        with pytest.raises(TimeTaken, match="No room is free"):
            sit(session, cast, slot, cast.tom)
        session.rollback()
        assert sit(session, cast, slot, cast.tom, visit_mode=VisitMode.VIRTUAL)
        assert seats(session, cast, slot, mode=VisitMode.VIRTUAL) == 2

    def test_a_room_wanted_beside_is_had_only_where_the_time_has_it(self, session, cast, publish):
        gym, hall, annex = a_kind(session, cast, "Gym", "Hall", "Annex", needed_by=[cast.consultation])
        scanner, _van = a_kind(session, cast, "Scanner", "Van")
        slot = publish(None)
        assert rooms_kept(session) == ["Annex"]
        here = {"mode": VisitMode.IN_PERSON}
        wished = (gym, annex, hall, scanner)
        had = {each.name: seats(session, cast, slot, wanted_rooms=[each.id], **here) for each in wished}
        assert had == {"Gym": 3, "Annex": 3, "Hall": 0, "Scanner": 0}
        with pytest.raises(TimeTaken, match="The room is not free"):
            sit(session, cast, slot, cast.tom, wanted_rooms=(scanner.id,))
        session.rollback()
        assert sit(session, cast, slot, cast.tom, wanted_rooms=(annex.id,))

    def test_the_desk_is_told_that_it_is_the_room(self, session, cast, publish):
        slot = publish(None, visit_type_id=None, minutes=30)
        a_kind(session, cast, "Gym", "Hall", needed_by=[cast.consultation])
        kind = next(each for each in picking.menu(session, cast.at.id) if each.id == cast.consultation.id)
        found = picking.judge(
            session, cast.at, kind, kind.doctor(cast.dr_osei.id), VisitMode.IN_PERSON, slot.starts_at
        )  # fmt: skip
        assert (found.state, found.also) == (picking.State.ROOM, ())


class TestBroughtBack:
    @pytest.fixture
    def gone(self, session, cast, publish):
        """A group with a room, called off."""
        a_kind(session, cast, "Gym", "Hall", needed_by=[cast.consultation])
        gone = groups.call_off(publish(None), CancelReason.CLINIC, by=cast.amara.actor)
        session.commit()
        return gone

    def test_what_is_not_offered_any_more_is_refused_in_words(self, session, cast, gone):
        cast.consultation.is_active = False
        session.commit()
        with pytest.raises(Refused, match="does not offer this type"):
            groups.restore(gone, by=cast.amara.actor)

    def test_it_is_as_long_as_it_was_and_a_room_has_to_be_free_for_all_of_it(self, session, cast, gone):
        cast.consultation.minutes = 5
        session.commit()
        late = gone.starts_at + timedelta(minutes=10)
        groups.publish(session, Group(cast.dr_lind.id, 1, cast.consultation.id), late, by=cast.amara.actor)
        session.commit()
        with pytest.raises(Refused, match="No room is free"):
            groups.restore(gone, by=cast.amara.actor)
