"""The calendar: lanes of a day, a week and a month, for the desk everybody's, for a doctor their own."""

import re

import pytest
import sqlalchemy as sa

from clinic.actions import blocks, closures, groups, visits, walk_ins
from clinic.models.audit import AuditEntry
from clinic.models.visits import CancelReason
from clinic.views.staff.calendar_lanes import beside
from tests.rooms import a_kind


def _lane(page, name):
    """What stands in the lane of that name."""
    return next(part for part in page.split("<section")[1:] if f">{name}</" in part.partition("</h2>")[0] + "</h2>")


def _tiles(lane):
    """{the patient's name: the classes of their tile}."""
    return {
        re.search(r'tile-who">([^<]*)', tile)[1]: set(re.match(r'[^"]*', tile)[0].split())
        for tile in lane.split('<li class="tile ')[1:]
    }


def _free(lane):
    return re.findall(r'<li class="free[^>]*><a [^>]*>([^<]*)', lane)


@pytest.fixture
def tomorrow(cast):
    """The day after today in London, as an address writes it."""
    return cast.tomorrow_at(9).date().isoformat()


class TestDay:
    def test_each_doctor_has_a_lane_and_a_visit_its_place_in_it_by_word_and_colour(self, cast, amara, tomorrow):
        visit = cast.booked()
        page = amara.open("staff.calendar.index", date=tomorrow).text
        lane = _lane(page, "Dr Kwame Osei")
        assert {"visit-booked", "from-12", "for-4", "of-1"} <= _tiles(lane)["Tom Baker"]
        assert ">Booked<" in lane and "Consultation" in lane and f'href="/staff/moving/{visit.id}"' in lane
        assert "Tom Baker" not in _lane(page, "Dr Astrid Lind")

    def test_free_quarters_are_links_to_the_booking_of_that_doctor_and_time(self, cast, amara, tomorrow):
        cast.booked()
        lane = _lane(amara.open("staff.calendar.index", date=tomorrow).text, "Dr Kwame Osei")
        free = _free(lane)
        assert free[:5] == ["09:00", "09:15", "09:30", "09:45", "10:20"] and free[-1] == "16:45"
        address = f"/staff/drawer?provider_id={cast.dr_osei.id}&amp;starts_at={cast.tomorrow_at(9):%Y-%m-%dT%H:%MZ}"
        assert address in lane

    @pytest.mark.parametrize(("zoom", "cells"), [(15, 32), (30, 16), (60, 8)])
    def test_the_zoom_says_how_long_a_cell_is_and_is_remembered(self, amara, tomorrow, zoom, cells):
        page = amara.open("staff.calendar.index", date=tomorrow, zoom=zoom).text
        assert len(_free(_lane(page, "Dr Kwame Osei"))) == cells
        assert f"zoom-{zoom}" in amara.open("staff.calendar.index", date=tomorrow).text

    def test_blocks_closures_and_times_that_somebody_is_booking_say_what_they_are(self, cast, session, amara, tomorrow):
        blocks.add(cast.dr_osei, cast.tomorrow_at(12), cast.tomorrow_at(13), zone="Europe/London", reason="Lunch",
                   by=cast.ines.actor)  # fmt: skip
        closures.add(session, starts_at=cast.tomorrow_at(15), ends_at=cast.tomorrow_at(16), title="A drill",
                     by=cast.ines.actor)  # fmt: skip
        session.commit()
        page = amara.open("staff.calendar.index", date=tomorrow).text
        osei, lind = _lane(page, "Dr Kwame Osei"), _lane(page, "Dr Astrid Lind")
        assert "Lunch" in osei and "Lunch" not in lind and "A drill" in osei and "A drill" in lind
        assert "12:00" not in _free(osei) and "15:00" not in _free(lind)

    def test_a_shared_time_is_one_thing_with_its_places_and_who_sits_in_them(self, cast, session, amara, tomorrow):
        cast.consultation.capacity = 3
        session.commit()
        cast.booked()
        cast.booked(patient=cast.maya_patient)
        lane = _lane(amara.open("staff.calendar.index", date=tomorrow).text, "Dr Kwame Osei")
        assert "2 of 3 places taken" in lane and lane.count("tile-group") == 1
        assert "Tom Baker" in lane and "Maya Okafor" in lane and "Add somebody" in lane

    def test_what_overlaps_stands_side_by_side(self, cast, amara, tomorrow):
        cast.booked()
        cast.booked(patient=cast.maya_patient, overbook="Fever of 40")
        lane = _lane(amara.open("staff.calendar.index", date=tomorrow).text, "Dr Kwame Osei")
        tiles = _tiles(lane)
        assert {"of-2", "nth-1"} <= tiles["Tom Baker"] and {"of-2", "nth-2"} <= tiles["Maya Okafor"]
        assert "Overbooked" in lane

    def test_cancelled_visits_and_mistakes_have_no_place_any_more(self, cast, session, amara, tomorrow):
        visits.cancel(cast.booked(), CancelReason.ENTERED_IN_ERROR, by=cast.amara.actor)
        visits.cancel(cast.booked(cast.tomorrow_at(14)), CancelReason.PATIENT, by=cast.amara.actor)
        session.commit()
        assert "Tom Baker" not in amara.open("staff.calendar.index", date=tomorrow).text

    def test_walk_ins_who_wait_for_anybody_are_told_of_and_stand_on_the_day_board(self, cast, session, amara):
        walk_ins.add(session, cast.tom, timezone="Europe/London", by=cast.amara.actor)
        session.commit()
        page = amara.open("staff.calendar.index").text
        assert "1 walk-in waits for any doctor" in page

    def test_the_part_alone_is_what_the_bell_fetches(self, amara, tomorrow):
        part = amara.open("staff.calendar.index", htmx=True, date=tomorrow).text
        assert part.lstrip().startswith('<div id="calendar"') and "<html" not in part
        assert 'hx-trigger="live:visits from:body"' in part and f"date={tomorrow}" in part

    def test_the_present_moment_is_a_line_across_today_and_on_no_other_day(self, cast, amara, tomorrow):
        assert "now-mark" in amara.open("staff.calendar.index", whole="1").text
        assert "now-mark" not in amara.open("staff.calendar.index", date=tomorrow, whole="1").text

    @pytest.fixture
    def at_1042(self, cast, monkeypatch):
        """It is 10:42 today, whatever the hour of the test."""
        moment = cast.tomorrow_at(10, 42, days=0)
        monkeypatch.setattr("clinic.views.staff.calendar_lanes.now", lambda: moment)

    def test_in_the_list_of_a_phone_the_present_stands_between_what_has_begun_and_what_is_to_come(
        self, cast, amara, at_1042
    ):
        for hour, minute in ((10, 30), (11, 0)):
            cast.booked(cast.tomorrow_at(hour, minute, days=0), overbook="Whatever the hour of the test")
        page = amara.open("staff.calendar.index", whole="1").text
        before, _, after = _lane(page, "Dr Kwame Osei").partition('<li class="now-line">Now 10:42</li>')
        assert "<b>10:30</b>" in before and "<b>11:00</b>" in after
        assert "<b>11:00</b>" not in before and "<b>10:30</b>" not in after
        part = amara.open("staff.calendar.index", htmx=True, whole="1").text
        assert "Now 10:42" in part

    def test_the_list_of_another_day_and_of_nobody_has_no_present(self, cast, amara, tomorrow, at_1042):
        cast.booked()
        assert "now-line" not in amara.open("staff.calendar.index", date=tomorrow).text
        week = amara.open("staff.calendar.week", provider=cast.dr_osei.id, whole="1").text
        assert week.count("Now 10:42") == 1

    def test_what_lies_outside_the_hours_widens_the_day(self, cast, amara, tomorrow):
        cast.booked(cast.tomorrow_at(20), overbook="After hours")
        page = amara.open("staff.calendar.index", date=tomorrow).text
        assert "20:30" in page and {"from-132"} <= _tiles(_lane(page, "Dr Kwame Osei"))["Tom Baker"]

    def test_all_24_hours_can_be_booked_with_a_reason_and_of_a_long_day_25(self, cast, amara):
        lane = _lane(amara.open("staff.calendar.index", date="2031-10-26", whole="1", zoom=60).text, "Dr Kwame Osei")
        assert len(_free(lane)) == 25 and _free(lane)[:3] == ["00:00", "01:00", "01:00"]
        assert "starts_at=2031-10-26T00:00Z" in lane and "starts_at=2031-10-26T01:00Z" in lane

    def test_the_letter_keys_can_be_switched_off_and_stay_off(self, amara):
        assert 'data-keys="on"' in amara.open("staff.calendar.index").text
        assert 'data-keys="off"' in amara.open("staff.calendar.index", keys="off").text
        assert 'data-keys="off"' in amara.open("staff.calendar.week").text

    @pytest.mark.parametrize("asked", [{"date": "soon"}, {"zoom": "7"}, {"by": "moon"}, {"date": "0001-01-01"}])
    def test_an_address_that_cannot_be_read_is_said_to_be_so(self, amara, asked):
        assert amara.open("staff.calendar.index", **asked).status_code == 400

    def test_another_clinics_doctor_is_not_found(self, cast, amara):
        assert amara.open("staff.calendar.index", provider=cast.dr_reyes.id).status_code == 404
        assert amara.open("staff.calendar.week", provider=cast.dr_reyes.id).status_code == 404


def _group(session, cast, hour):
    """A class for eight of Dr Osei's, tomorrow at this hour."""
    group = groups.Group(cast.dr_osei.id, 8, cast.consultation.id, title="Back care")
    groups.publish(session, group, cast.tomorrow_at(hour), by=cast.ines.actor)
    session.commit()


class TestByRoom:
    def test_a_visit_stands_in_every_room_that_goes_with_its_time(self, cast, session, amara, tomorrow):
        _kind, there = a_kind(session, cast, "Ultrasound", "Room 4", needed_by=[cast.consultation])
        cast.booked()
        cast.booked(cast.tomorrow_at(15), visit_type=cast.follow_up, patient=cast.maya_patient)
        page = amara.open("staff.calendar.index", date=tomorrow, by="room").text
        room = _lane(page, "Room 4")
        assert "Tom Baker" in room and "Dr Kwame Osei" in room and "Ultrasound" in room
        assert "Maya Okafor" in _lane(page, "Without a room") and "Tom Baker" not in _lane(page, "Without a room")
        assert "10:00" not in _free(room) and f'data-room="{there.id}"' in page
        assert f"/staff/drawer?wanted_room={there.id}&amp;starts_at=" in room

    def test_a_room_is_taken_whichever_doctors_calendar_is_asked_for(self, cast, session, amara, tomorrow):
        _kind, there = a_kind(session, cast, "Ultrasound", "Room 4", needed_by=[cast.consultation])
        cast.booked()
        page = amara.open("staff.calendar.index", date=tomorrow, by="room", provider=cast.dr_lind.id).text
        room = _lane(page, "Room 4")
        assert "Tom Baker" in room and "10:00" not in _free(room)
        assert f"/staff/drawer?wanted_room={there.id}&amp;provider_id={cast.dr_lind.id}&amp;starts_at=" in room

    def test_a_clinic_without_rooms_still_shows_its_visits(self, cast, amara, tomorrow):
        cast.booked()
        assert "Tom Baker" in amara.open("staff.calendar.index", date=tomorrow, by="room").text


class TestOutsideHours:
    @pytest.mark.parametrize("view", ["index", "week"])
    def test_a_group_in_the_evening_is_there_before_anybody_has_joined(self, cast, session, amara, tomorrow, view):
        _group(session, cast, 19)
        page = amara.open(f"staff.calendar.{view}", date=tomorrow, provider=cast.dr_osei.id).text
        assert "Back care" in page and "0 of 8 places taken" in page


class TestWeek:
    def test_seven_days_of_one_doctor_stand_side_by_side(self, cast, amara, tomorrow):
        cast.booked()
        cast.booked(cast.tomorrow_at(11), provider=cast.dr_lind, patient=cast.maya_patient)
        page = amara.open("staff.calendar.week", date=tomorrow, provider=cast.dr_osei.id).text
        assert page.count('class="calendar-lane') == 7 and "Tom Baker" in page and "Maya Okafor" not in page
        assert f'data-date="{tomorrow}"' in page

    def test_the_clocks_going_back_leave_ten_o_clock_where_it_is(self, cast, amara):
        page = amara.open("staff.calendar.week", date="2031-10-26", provider=cast.dr_osei.id).text
        sunday = page.partition('data-date="2031-10-26"')[2]
        assert _free(sunday)[:2] == ["09:00", "09:15"] and "from-0 for-3" in sunday


class TestMonth:
    def test_every_day_says_how_many_visits_it_has_and_how_full_it_is(self, cast, amara, tomorrow):
        cast.booked()
        page = amara.open("staff.calendar.month", date=tomorrow).text
        day = page.partition("<table")[2].partition(f"date={tomorrow}")[2].partition("</td>")[0]
        assert "1 visit<" in day and "2% taken" in day and "Tom Baker" not in page

    def test_a_doctors_month_is_their_own(self, cast, osei, lind, tomorrow):
        cast.booked()
        assert "1 visit in this month" in osei.open("staff.calendar.month", date=tomorrow).text
        assert "0 visits in this month" in lind.open("staff.calendar.month", date=tomorrow).text


class TestSheet:
    def test_a_day_on_paper_has_what_the_doctor_wants_to_know(self, cast, amara, tomorrow):
        cast.booked(reason="Cough for a week", notes="Needs the ramp")
        page = amara.open("staff.calendar.sheet", date=tomorrow, provider=cast.dr_osei.id).text
        for words in ("10:00–10:20", "01/12/1955", "Cough for a week", "Needs the ramp"):
            assert words in page

    def test_it_says_the_room_the_phone_the_group_and_when_the_doctor_is_away(self, cast, session, amara, tomorrow):
        a_kind(session, cast, "Room", "Room 7", needed_by=[cast.consultation])
        cast.booked(patient=cast.maya_patient)
        _group(session, cast, 18)
        cast.booked(cast.tomorrow_at(18))
        noon, one = cast.tomorrow_at(12), cast.tomorrow_at(13)
        blocks.add(cast.dr_osei, noon, one, zone="Europe/London", reason="Lunch", by=cast.ines.actor)
        session.commit()
        page = amara.open("staff.calendar.sheet", date=tomorrow, provider=cast.dr_osei.id).text
        closures.add(session, by=cast.ines.actor, starts_at=cast.tomorrow_at(20), ends_at=cast.tomorrow_at(9, days=3),
                     title="Works", provider_id=None, location_id=None)  # fmt: skip
        session.commit()
        page = amara.open("staff.calendar.sheet", date=tomorrow, provider=cast.dr_osei.id).text
        assert "20:00–00:00</span> Closed: Works" in page
        next_day = cast.tomorrow_at(9, days=2).date().isoformat()
        later = amara.open("staff.calendar.sheet", date=next_day, provider=cast.dr_osei.id).text
        assert "All day</span> Closed: Works" in later
        for words in ("Room 7", "+44 20 7946 0123", "Back care", "12:00–13:00", "Away: Lunch"):
            assert words in page

    def test_who_may_not_read_reasons_prints_none(self, cast, ines, tomorrow):
        cast.booked(reason="Cough for a week")
        page = ines.open("staff.calendar.sheet", date=tomorrow, provider=cast.dr_osei.id).text
        assert "Tom Baker" in page and "Cough for a week" not in page

    def test_a_doctor_prints_their_own_day_alone(self, cast, osei, tomorrow):
        assert osei.open("staff.calendar.sheet", date=tomorrow).status_code == 200
        assert osei.open("staff.calendar.sheet", date=tomorrow, provider=cast.dr_lind.id).status_code == 404


class TestWhoSeesWhat:
    def test_a_doctor_begins_with_their_own_lane_and_can_look_at_all(self, cast, osei, tomorrow):
        own = osei.open("staff.calendar.index", date=tomorrow).text
        assert "Dr Kwame Osei" in own and own.count('class="calendar-lane') == 1
        assert osei.open("staff.calendar.index", date=tomorrow, provider="").text.count('class="calendar-lane') == 2

    def test_another_doctors_visit_leads_a_doctor_nowhere_and_nothing_can_be_booked(self, cast, lind, tomorrow):
        visit = cast.booked()
        page = lind.open("staff.calendar.index", date=tomorrow, provider="").text
        assert "Tom Baker" in page and str(visit.id) not in page and "/staff/drawer" not in page
        assert lind.open("staff.moving.show", visit_id=visit.id).status_code == 404

    def test_the_list_is_in_the_audit_log_with_the_visits_it_showed(self, cast, session, amara, tomorrow):
        visit = cast.booked()
        amara.open("staff.calendar.index", date=tomorrow)
        session.rollback()
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "visits.list")).one()
        assert entry.details["ids"] == [str(visit.id)] and entry.details["page"] == "staff.calendar.index"

    def test_strangers_see_nothing_of_it(self, cast, stranger, maya, nobody, tomorrow):
        cast.booked()
        assert "Tom Baker" not in stranger.open("staff.calendar.index", date=tomorrow).text
        assert maya.open("staff.calendar.index").status_code in (302, 303, 403)
        assert nobody.open("staff.calendar.index").status_code in (302, 303)


class _Thing:
    def __init__(self, first, after):
        self.first, self.after = first, after


def test_things_side_by_side_never_cover_each_other_and_share_the_width_evenly():
    things = [_Thing(0, 6), _Thing(2, 4), _Thing(4, 8), _Thing(8, 9), _Thing(9, 12)]
    beside(things)
    assert [(each.of, each.nth) for each in things] == [(2, 1), (2, 2), (2, 2), (1, 1), (1, 1)]
