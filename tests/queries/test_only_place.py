"""A clinic with one place: everybody is there, though nobody has said so of anybody."""

from datetime import date

import pytest

from clinic.actions import closures
from clinic.models.people import VisitMode
from clinic.queries import picking, strandings
from clinic.queries.finder import Question, find
from clinic.queries.open_times import open_times
from clinic.queries.waitlist import Freed, line
from tests.actions.lining_up import wait
from tests.rooms import a_place


@pytest.fixture
def main(session, cast):
    return a_place(session, cast, "Main")


def _closed(session, cast, place):
    span = {"starts_at": cast.tomorrow_at(9), "ends_at": cast.tomorrow_at(17), "title": "Water damage"}
    closures.add(session, by=cast.ines.actor, provider_id=None, location_id=place.id, **span)
    session.commit()


def _open(session, cast):
    day = cast.tomorrow_at(9).date()
    return open_times(session, cast.at, cast.consultation, [cast.dr_osei.id], day, day)


def test_to_close_it_is_to_close_everybody(session, cast, main):
    visit = cast.booked(cast.tomorrow_at(10))
    _closed(session, cast, main)
    assert strandings.is_stranded(session, visit) and not _open(session, cast)


def test_to_close_one_of_two_closes_nobody_of_whom_it_is_not_said_to_be_theirs(session, cast, main):
    a_place(session, cast, "North")
    visit = cast.booked(cast.tomorrow_at(10))
    _closed(session, cast, main)
    assert not strandings.is_stranded(session, visit) and _open(session, cast)


def test_who_looks_for_times_there_finds_them(session, cast, main):
    kind = next(each for each in picking.menu(session, cast.rose.id) if each.id == cast.consultation.id)
    question = Question(kind, kind.doctors, VisitMode.IN_PERSON, _tomorrow(cast), location_id=main.id)
    assert {each.place for each in find(session, cast.at, question)} == {"Main"}


def test_who_waits_for_a_time_there_is_in_the_line_of_one(session, cast, main):
    entry = wait(session, cast, cast.tom, location_id=main.id)
    freed = Freed(cast.rose.id, cast.dr_osei.id, cast.tomorrow_at(10), cast.tomorrow_at(11))
    assert [each.id for each, _known in line(session, freed, cast.rose.timezone, 5)] == [entry.id]


def _tomorrow(cast) -> date:
    return cast.tomorrow_at(9).date()
