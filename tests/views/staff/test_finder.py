"""The finder: the next three times that suit a caller, with a room, each a link to its booking."""

from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from clinic.models.schedule import Availability
from clinic.queries import finder as queries
from tests.queries_counted import counted
from tests.rooms import a_kind, a_place

LONDON = ZoneInfo("Europe/London")


@pytest.fixture
def found(amara, monkeypatch):
    """The times that a question finds, as the page has them."""
    kept = []
    find = queries.find

    def note(*args, **more):
        kept[:] = find(*args, **more)
        return kept

    monkeypatch.setattr(queries, "find", note)

    def ask(**question):
        assert amara.open("staff.finder.index", **question).status_code == 200
        return list(kept)

    return ask


def evenings(session, cast, weekday, place=None):
    """Dr Lind is there on one evening of the week, and at no other time."""
    session.execute(sa.delete(Availability).where(Availability.provider_id == cast.dr_lind.id))
    session.add(Availability(clinic_id=cast.rose.id, provider_id=cast.dr_lind.id, weekday=weekday, start_time=time(17),
                             end_time=time(18), location_id=place and place.id))  # fmt: skip
    session.commit()


class TestFinder:
    def test_the_next_three_times_with_a_room_after_work_in_two_weeks(self, found, cast, session):
        a_kind(session, cast, "Ultrasound", "Sono 1", needed_by=[cast.consultation])
        evenings(session, cast, weekday=4)
        times = found(visit_type_id=cast.consultation.id, part="after_work", ahead="14")
        starts = [each.starts_at.astimezone(LONDON) for each in times]
        assert len(starts) == 3 and {each.time() for each in starts} == {time(17), time(17, 20), time(17, 40)}
        assert {each.isoweekday() for each in starts} == {4}
        assert starts[0].date() >= cast.tomorrow_at(9, days=14).astimezone(LONDON).date()
        assert {each.doctor.name for each in times} == {"Dr Astrid Lind"}
        assert {each.rooms for each in times} == {("Sono 1",)}

    def test_a_time_leads_to_its_booking_where_the_same_room_is_named(self, amara, cast, session):
        a_kind(session, cast, "Ultrasound", "Sono 1", needed_by=[cast.consultation])
        page = amara.open("staff.finder.index", patient_id=cast.tom.id, provider_id=cast.dr_osei.id, ahead="7").text
        link = page.partition('class="suiting" href="')[2].partition('"')[0].replace("&amp;", "&")
        booking = amara.open(link).text
        assert "Tom Baker" in booking and "Room: Sono 1" in booking and "Dr Kwame Osei" in booking

    def test_the_next_three_follow_those_shown(self, found, cast):
        first = found(visit_type_id=cast.consultation.id, ahead="7")
        then = found(visit_type_id=cast.consultation.id, ahead="7", after=first[-1].starts_at.isoformat())
        assert then[0].starts_at - first[-1].starts_at == timedelta(minutes=20)

    def test_a_taken_room_is_no_open_time(self, found, cast, session):
        a_kind(session, cast, "Ultrasound", "Sono 1", needed_by=[cast.consultation])
        cast.booked(cast.tomorrow_at(9))
        day = cast.tomorrow_at(9).astimezone(LONDON).date().isoformat()
        times = found(visit_type_id=cast.consultation.id, provider_id=cast.dr_lind.id, date=day)
        assert times[0].starts_at == cast.tomorrow_at(9, 20)

    def test_a_kind_of_room_may_be_wanted_that_the_type_does_not_need(self, found, amara, cast, session):
        kind = a_kind(session, cast, "Step-free", "Room 1")[0]
        times = found(visit_type_id=cast.consultation.id, room_kind_id=kind.id, ahead="7")
        assert {each.rooms for each in times} == {("Room 1",)}
        page = amara.open("staff.finder.index", visit_type_id=cast.consultation.id, room_kind_id=kind.id).text
        assert f"wanted_room={kind.id}" in page

    def test_specialty_language_weekday_and_place_narrow_it_down(self, found, cast, session):
        place = a_place(session, cast, "By the river")
        cast.dr_lind.specialties, cast.dr_lind.languages = ["Skin"], ["Swedish"]
        cast.dr_osei.specialties, cast.dr_osei.languages = ["Hearts"], ["Twi"]
        evenings(session, cast, weekday=2, place=place)
        asked = {"visit_type_id": cast.consultation.id}
        assert {each.doctor.name for each in found(specialty="Hearts", **asked)} == {"Dr Kwame Osei"}
        assert {each.doctor.name for each in found(language="Swedish", **asked)} == {"Dr Astrid Lind"}
        assert {each.place for each in found(location_id=place.id, **asked)} == {"By the river"}
        days = {each.starts_at.astimezone(LONDON).isoweekday() for each in found(weekdays=["3", "5"], **asked)}
        assert days <= {3, 5}
        assert found(specialty="Skin", language="Twi", **asked) == []

    def test_written_times_count_before_a_named_part_of_the_day(self, found, cast):
        times = found(visit_type_id=cast.consultation.id, part="morning", at_from="15:00", at_until="15:30", ahead="7")
        assert {each.starts_at.astimezone(LONDON).time() for each in times} <= {time(15), time(15, 20)}

    def test_nothing_that_suits_is_said_after_a_few_looks(self, amara, app, cast):
        with counted(app) as statements:
            page = amara.open("staff.finder.index", at_from="03:00", at_until="04:00").text
        assert "Nothing suits in the half year" in page
        assert sum("asked AS MATERIALIZED" in each for each in statements) == len(queries.LOOKS)

    @pytest.mark.parametrize(
        ("wrong", "status"),
        [
            ({"visit_type_id": "x"}, 422), ({"visit_type_id": "0" * 32}, 422), ({"at_from": "25:00"}, 422),
            ({"at_from": "12:00", "at_until": "11:00"}, 422), ({"date": "2031-02-30"}, 422), ({"part": "noon"}, 422),
            ({"weekdays": "9"}, 422), ({"after": "yesterday"}, 404), ({"patient_id": "x"}, 404),
            ({"room_kind_id": "0" * 32}, 422), ({"specialty": "\x00"}, 422), ({"ahead": "-1"}, 422),
            ({"after": "0001-01-01T00:00:00+14:00"}, 404), ({"after": "9999-12-31T23:00:00-14:00"}, 404),
        ],
    )  # fmt: skip
    def test_what_cannot_be_read_is_said(self, amara, cast, wrong, status):
        assert amara.open("staff.finder.index", **wrong).status_code == status

    def test_only_who_books_finds(self, osei, ines, stranger, cast):
        assert osei.open("staff.finder.index").status_code == 403
        assert ines.open("staff.finder.index").status_code == 403
        assert "Dr Kwame Osei" not in stranger.open("staff.finder.index").text
