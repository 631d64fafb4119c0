"""Times for groups at a place: what closes it takes nobody more, and what is brought back."""

import pytest

from clinic.actions import closures, groups
from clinic.actions.acting import Refused
from clinic.actions.booking import TimeTaken, book
from clinic.actions.groups import Group
from clinic.models.visits import CancelReason
from clinic.queries.open_times import open_times
from tests.rooms import a_kind, a_place


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
