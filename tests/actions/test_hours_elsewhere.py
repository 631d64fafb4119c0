"""Hours at another place: whoever was to come to the former one is stranded, and nobody moves without a word."""

from datetime import time

import pytest
import sqlalchemy as sa

from clinic.actions import hours, stranding_undo
from clinic.models.people import VisitMode
from clinic.models.schedule import Availability
from clinic.queries.places import place_of
from tests.actions.stranding import affected, change, leave, send_all, told
from tests.rooms import a_place


@pytest.fixture
def north(session, cast):
    return a_place(session, cast, "North")


@pytest.fixture
def south(session, cast):
    return a_place(session, cast, "South")


@pytest.fixture
def row(session, cast, north, south):
    """Dr Osei's weekly hours of tomorrow's weekday, nine to five at North."""
    weekday = (cast.tomorrow_at(12).weekday() + 1) % 7
    own = Availability.provider_id == cast.dr_osei.id, Availability.weekday == weekday
    found = session.scalars(sa.select(Availability).where(*own)).one()
    found.location_id = north.id
    session.commit()
    return found


@pytest.fixture
def visit(cast, row):
    """Tom's visit with Dr Osei tomorrow at ten, at North."""
    return cast.booked(cast.tomorrow_at(10))


def only(session, cast, place):
    """The hours of tomorrow in place of the weekly ones, at a place."""
    day = cast.tomorrow_at(12).date()
    times = {"start_time": time(9), "end_time": time(17)}
    return change(session, cast, hours.add, session, on_date=day, location_id=place.id, **times)


def test_weekly_hours_that_move_strand_who_comes_in_person_and_nobody_by_video(session, cast, row, visit, south):
    cast.booked(cast.tomorrow_at(11), patient=cast.maya_patient, visit_mode=VisitMode.VIRTUAL)
    cast.booked(cast.tomorrow_at(10, days=2))
    later = cast.booked(cast.tomorrow_at(10, days=8))
    assert affected(session, change(session, cast, hours.update, row, location_id=south.id)) == [visit.id, later.id]


def test_hours_of_one_date_elsewhere_strand_that_date_until_they_are_removed(
    app, session, cast, row, visit, north, south
):
    cast.booked(cast.tomorrow_at(10, days=8))
    moved = only(session, cast, south)
    assert affected(session, moved) == [visit.id]
    send_all(app, session, cast, moved)
    dated = session.scalars(sa.select(Availability).where(Availability.on_date.is_not(None))).one()
    new = cast.booked(cast.tomorrow_at(12), patient=cast.maya_patient)
    again = change(session, cast, hours.remove, dated)
    # Who was booked at North stays there; who was booked at South meanwhile has lost that place.
    assert moved.undone_at and told(session) == [visit.id] and affected(session, again) == [new.id]


def test_hours_of_one_date_at_the_same_place_strand_nobody(session, cast, row, visit, north):
    assert only(session, cast, north) is None


def test_taken_back_everybody_is_where_they_were_and_nobody_is_stranded_anew(session, cast, row, visit, north, south):
    moved = change(session, cast, hours.update, row, location_id=south.id)
    stranding_undo.undo(moved, by=cast.ines.actor)
    session.commit()
    session.expire_all()
    assert moved.undone_at and place_of(session, visit).name == "North"
    assert affected(session, leave(session, cast)) == [visit.id]


def test_paused_hours_that_come_back_elsewhere_give_nobody_back_before_they_are_at_the_former_place(
    session, cast, row, visit, north, south
):
    paused = change(session, cast, hours.pause, row)
    change(session, cast, hours.update, row, location_id=south.id)
    change(session, cast, hours.resume, row)
    assert not paused.undone_at and affected(session, paused) == [visit.id]
    change(session, cast, hours.update, row, location_id=north.id)
    assert paused.undone_at


def test_hours_that_get_a_place_where_none_was_known_strand_nobody(session, cast, row, visit, south):
    session.execute(sa.update(Availability).values(location_id=None))
    session.commit()
    session.expire_all()
    assert place_of(session, visit).name == cast.rose.name
    assert change(session, cast, hours.update, row, location_id=south.id) is None
