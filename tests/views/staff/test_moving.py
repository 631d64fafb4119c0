"""Moving a visit from the calendar: by its form or by a drag, refused with every reason, and taken back."""

import re
from datetime import UTC, datetime
from types import SimpleNamespace
from uuid import uuid4

import pytest
import sqlalchemy as sa

import clinic.forms.booking
from clinic.actions import blocks, visits
from clinic.models.notifications import Notification
from clinic.models.rooms import Room
from clinic.models.visits import EventKind, Visit, VisitEvent
from tests.rooms import a_kind, rooms_kept


@pytest.fixture
def now_at(session, cast):
    """Where a visit stands in the database now: its start and its doctor."""

    def look(visit_id):
        session.rollback()
        session.enter(cast.scope)
        session.expire_all()
        visit = session.get(Visit, (cast.rose.id, visit_id))
        return visit.starts_at, visit.provider_id

    return look


class TestShow:
    def test_the_drawer_of_a_visit_has_its_steps_and_the_form_that_moves_it(self, cast, amara):
        part = amara.open("staff.moving.show", htmx=True, visit_id=cast.booked().id).text
        assert part.lstrip().startswith('<div id="drawer"') and "Confirm" in part and "Cancel" in part
        assert 'value="10:00"' in part and "15 minutes later" in part and "Dr Astrid Lind" in part

    def test_without_script_it_is_a_page(self, cast, amara):
        assert amara.open("staff.moving.show", visit_id=cast.booked().id).status_code == 200

    def test_a_visit_that_has_begun_cannot_be_moved_and_neither_can_a_doctor_move_one(self, cast, session, amara, osei):
        visit = cast.booked()
        assert "Move to another time" not in osei.open("staff.moving.show", visit_id=visit.id).text
        visits.check_in(visit, by=cast.amara.actor)
        session.commit()
        assert "Move to another time" not in amara.open("staff.moving.show", visit_id=visit.id).text

    def test_strangers_and_other_doctors_find_nothing(self, cast, stranger, lind):
        visit_id = cast.booked().id
        assert stranger.open("staff.moving.show", visit_id=visit_id).status_code == 404
        assert lind.open("staff.moving.show", visit_id=visit_id).status_code == 404


class TestMove:
    def test_a_drag_sends_where_to_and_nothing_else(self, cast, amara, now_at):
        visit = cast.booked()
        where = {"provider_id": cast.dr_lind.id, "starts_at": cast.tomorrow_at(14).isoformat()}
        answer = amara.send("staff.moving.move", where, htmx=True, visit_id=visit.id)
        assert answer.status_code == 200 and f'data-done="{visit.id}"' in answer.text
        assert "Moved: Tom Baker" in answer.text and "undo-move" in answer.text
        assert now_at(visit.id) == (cast.tomorrow_at(14), cast.dr_lind.id)

    def test_in_a_week_it_sends_the_day_and_the_clocks_time(self, cast, amara, now_at):
        visit, day = cast.booked(), cast.tomorrow_at(9, days=2).date()
        amara.send("staff.moving.move", {"on_date": day, "at_time": "14:15"}, htmx=True, visit_id=visit.id)
        assert now_at(visit.id) == (cast.tomorrow_at(14, 15, days=2), cast.dr_osei.id)

    def test_a_quarter_later_is_one_press(self, cast, amara, now_at):
        visit = cast.booked()
        part = amara.open("staff.moving.show", htmx=True, visit_id=visit.id).text
        later = re.findall(r'name="pick" value="([^"]+)"', part)[1]
        form = {"pick": later, "on_date": "1999-01-01", "at_time": "07:00"}
        assert amara.send("staff.moving.move", form, visit_id=visit.id).status_code == 303
        assert now_at(visit.id)[0] == cast.tomorrow_at(10, 15)

    def test_a_refusal_says_every_reason_and_offers_the_nearest_times(self, cast, session, amara, now_at):
        visit = cast.booked()
        cast.booked(cast.tomorrow_at(16, 50), patient=cast.maya_patient, overbook="After hours")
        answer = amara.send("staff.moving.move", {"starts_at": cast.tomorrow_at(16, 50).isoformat()}, htmx=True,
                            visit_id=visit.id)  # fmt: skip
        assert answer.status_code == 409
        assert "That time is no longer free." in answer.text and "Dr Kwame Osei is not here" in answer.text
        assert "The nearest open times:" in answer.text and "Why all the same?" in answer.text
        assert now_at(visit.id)[0] == cast.tomorrow_at(10)

    def test_an_alternative_is_one_press_and_a_reason_overbooks(self, cast, amara, now_at):
        visit = cast.booked()
        cast.booked(cast.tomorrow_at(12), patient=cast.maya_patient)
        wished = {"starts_at": cast.tomorrow_at(12).isoformat()}
        answer = amara.send("staff.moving.move", wished, htmx=True, visit_id=visit.id).text
        offered = re.findall(r'<li><button type="submit" [^>]* name="pick" value="([^"]+)"', answer)
        assert len(offered) >= 4
        assert amara.send("staff.moving.move", {"pick": offered[0]}, visit_id=visit.id).status_code == 303
        again = {**wished, "overbook_reason": "Fever of 40"}
        assert amara.send("staff.moving.move", again, visit_id=visit.id).status_code == 303
        assert now_at(visit.id)[0] == cast.tomorrow_at(12)

    def test_over_a_block_no_reason_helps_and_none_is_asked_for(self, cast, session, amara):
        visit = cast.booked()
        blocks.add(cast.dr_osei, cast.tomorrow_at(12), cast.tomorrow_at(13), zone="Europe/London", by=cast.ines.actor)
        session.commit()
        form = {"starts_at": cast.tomorrow_at(12).isoformat(), "overbook_reason": "Fever of 40"}
        answer = amara.send("staff.moving.move", form, htmx=True, visit_id=visit.id)
        assert answer.status_code == 409 and "is away at that time" in answer.text
        assert "Why all the same?" not in answer.text

    def test_a_time_that_no_clock_shows_is_refused_and_one_shown_twice_asks_which(self, cast, amara, monkeypatch):
        today, visit = datetime(2031, 3, 1, 12, tzinfo=UTC), cast.booked()
        monkeypatch.setattr(clinic.forms.booking, "now", lambda: today)
        for day, words in (("2031-03-30", "there is no such time"), ("2031-10-26", "this time comes twice")):
            answer = amara.send("staff.moving.move", {"on_date": day, "at_time": "01:30"}, htmx=True, visit_id=visit.id)
            assert answer.status_code == 422 and words in answer.text
        assert answer.text.count('name="starts_at"') == 2

    def test_who_may_not_book_and_strangers_move_nothing(self, cast, osei, stranger, now_at):
        visit = cast.booked()
        where = {"starts_at": cast.tomorrow_at(14).isoformat()}
        assert osei.send("staff.moving.move", where, visit_id=visit.id).status_code == 403
        assert stranger.send("staff.moving.move", where, visit_id=visit.id).status_code == 404
        assert now_at(visit.id)[0] == cast.tomorrow_at(10)

    def test_without_script_it_leads_to_the_calendar_of_the_new_day(self, cast, amara):
        where = {"starts_at": cast.tomorrow_at(14, days=3).isoformat()}
        answer = amara.send("staff.moving.move", where, visit_id=cast.booked().id)
        assert answer.location.endswith(f"/staff/calendar?date={cast.tomorrow_at(14, days=3).date()}")


class TestMovedNowhere:
    def test_a_form_sent_as_it_came_moves_nobody_and_tells_nobody(self, session, cast, amara, now_at):
        visit = cast.booked(patient=cast.maya_patient)
        told = session.scalar(sa.select(sa.func.count()).select_from(Notification))
        answer = amara.send(
            "staff.moving.move", {"starts_at": visit.starts_at.isoformat()}, htmx=True, visit_id=visit.id
        )
        assert "Nothing changed: Maya Okafor" in answer.text and "undo-move" not in answer.text
        assert now_at(visit.id) == (cast.tomorrow_at(10), cast.dr_osei.id)
        assert session.scalar(sa.select(sa.func.count()).select_from(Notification)) == told
        assert session.scalar(sa.select(VisitEvent.id).where(VisitEvent.kind == EventKind.MOVED)) is None


class TestIntoARoom:
    @pytest.fixture
    def rooms(self, session, cast):
        """Two consulting rooms, of which consultations need one, and an ultrasound that they do not."""
        consulting = a_kind(session, cast, "Consulting room", "Room 1", "Room 2", needed_by=[cast.consultation])
        return SimpleNamespace(
            one=consulting[1], two=consulting[2], scan=a_kind(session, cast, "Ultrasound", "Scan")[1]
        )

    @pytest.fixture
    def drag(self, amara):
        """Carry a visit from one room's lane to another, at a time; the answer."""

        def drag(visit, left, wanted, at):
            where = {"left_room": left.id, "wanted_room": wanted.id, "starts_at": at.isoformat()}
            return amara.send("staff.moving.move", where, htmx=True, visit_id=visit.id)

        return drag

    def test_a_drag_to_another_rooms_lane_changes_the_room_and_tells_no_patient(
        self, session, cast, amara, rooms, drag, now_at
    ):
        visit = cast.booked(patient=cast.maya_patient, wanted_rooms=(rooms.one.id,))
        told = session.scalar(sa.select(sa.func.count()).select_from(Notification))
        answer = drag(visit, rooms.one, rooms.two, visit.starts_at)
        assert answer.status_code == 200 and "Room 2" in answer.text
        now_at(visit.id)
        assert rooms_kept(session, visit) == ["Room 2"] and visit.room_id == rooms.two.id
        assert session.scalar(sa.select(sa.func.count()).select_from(Notification)) == told
        undo = re.search(r'action="(/staff/moving/[^"]*undo-room[^"]*)"', answer.text)[1].replace("&amp;", "&")
        assert amara.send(undo).status_code == 303
        now_at(visit.id)
        assert rooms_kept(session, visit) == ["Room 1"] and visit.room_id == rooms.one.id

    def test_a_drag_to_where_visits_have_no_room_lets_the_room_go_and_tells_no_patient(
        self, session, cast, amara, rooms, now_at
    ):
        visit = cast.booked(patient=cast.maya_patient, wanted_rooms=(rooms.scan.id,))
        session.refresh(visit)
        held = session.get_one(Room, (cast.rose.id, visit.room_id))
        where = {"left_room": held.id, "starts_at": visit.starts_at.isoformat()}
        answer = amara.send("staff.moving.move", where, htmx=True, visit_id=visit.id)
        now_at(visit.id)
        assert visit.room_id is None and held.name not in rooms_kept(session, visit)
        assert session.scalar(sa.select(VisitEvent.id).where(VisitEvent.kind == EventKind.MOVED)) is None
        undo = re.search(r'action="(/staff/moving/[^"]*undo-room[^"]*)"', answer.text)[1].replace("&amp;", "&")
        assert amara.send(undo).status_code == 303
        now_at(visit.id)
        assert visit.room_id == held.id and held.name in rooms_kept(session, visit)

    def test_a_drag_to_another_time_in_another_room_changes_both_and_is_taken_back_whole(
        self, session, cast, amara, rooms, drag, now_at
    ):
        visit = cast.booked(wanted_rooms=(rooms.one.id,))
        answer = drag(visit, rooms.one, rooms.two, cast.tomorrow_at(14)).text
        assert now_at(visit.id)[0] == cast.tomorrow_at(14) and rooms_kept(session, visit) == ["Room 2"]
        undo = re.search(r'action="(/staff/moving/[^"]*undo-move[^"]*)"', answer)[1].replace("&amp;", "&")
        assert amara.send(undo).status_code == 303
        assert now_at(visit.id)[0] == cast.tomorrow_at(10) and rooms_kept(session, visit) == ["Room 1"]

    @pytest.mark.parametrize("hour", [10, 14])
    def test_a_room_that_the_type_does_not_need_is_left_and_others_stay(self, session, cast, rooms, drag, now_at, hour):
        visit = cast.booked(wanted_rooms=(rooms.scan.id, rooms.one.id))
        drag(visit, rooms.scan, rooms.two, cast.tomorrow_at(hour))
        now_at(visit.id)
        assert rooms_kept(session, visit) == ["Room 2"]
        drag(visit, rooms.two, rooms.scan, cast.tomorrow_at(hour))
        now_at(visit.id)
        # Consultations need a consulting room all the same.
        assert rooms_kept(session, visit) == ["Room 2", "Scan"]

    @pytest.mark.parametrize("hour", [10, 14])
    def test_a_room_that_is_taken_refuses_and_what_is_open_instead_is_in_that_room(
        self, session, cast, rooms, drag, now_at, hour
    ):
        visit = cast.booked(wanted_rooms=(rooms.one.id,))
        cast.booked(cast.tomorrow_at(hour), provider=cast.dr_lind, patient=cast.maya_patient,
                    wanted_rooms=(rooms.two.id,))  # fmt: skip
        answer = drag(visit, rooms.one, rooms.two, cast.tomorrow_at(hour))
        assert answer.status_code == 409 and "The nearest open times:" in answer.text
        assert ("Room 2 is taken at that time." if hour == 10 else "The room is not free at that time.") in answer.text
        # Of another room alone no reason helps: somebody is in it.
        assert ("Why all the same?" in answer.text) == (hour == 14)
        assert f'<option value="{rooms.two.id}" selected>' in answer.text
        now_at(visit.id)
        assert rooms_kept(session, visit) == ["Room 1"]

    def test_shortly_before_it_begins_a_visit_goes_to_another_room_without_a_reason(
        self, session, cast, rooms, drag, now_at
    ):
        cast.consultation.move_cutoff_hours = 72
        session.commit()
        visit = cast.booked(wanted_rooms=(rooms.one.id,))
        taken = cast.booked(provider=cast.dr_lind, patient=cast.maya_patient, wanted_rooms=(rooms.two.id,))
        refused = drag(visit, rooms.one, rooms.two, visit.starts_at)
        assert refused.status_code == 409 and "Patients cannot move this visit any more" not in refused.text
        visits.cancel(taken, "patient", by=cast.amara.actor)
        session.commit()
        assert drag(visit, rooms.one, rooms.two, visit.starts_at).status_code == 200
        now_at(visit.id)
        assert rooms_kept(session, visit) == ["Room 2"]

    def test_the_drawers_form_chooses_the_room_too(self, session, cast, amara, rooms, now_at):
        visit = cast.booked(wanted_rooms=(rooms.one.id,))
        part = amara.open("staff.moving.show", htmx=True, visit_id=visit.id).text
        assert "Room 1, as now" in part and '<optgroup label="Ultrasound">' in part
        form = {"on_date": cast.tomorrow_at(14).date(), "at_time": "14:00", "wanted_room": rooms.two.id}
        assert amara.send("staff.moving.move", form, visit_id=visit.id).status_code == 303
        assert now_at(visit.id)[0] == cast.tomorrow_at(14) and rooms_kept(session, visit) == ["Room 2"]

    def test_another_clinics_room_is_not_found_and_moves_nothing(self, session, cast, amara, rooms, now_at):
        visit = cast.booked(wanted_rooms=(rooms.one.id,))
        for where in ({"starts_at": visit.starts_at.isoformat()}, {"starts_at": cast.tomorrow_at(14).isoformat()}):
            answer = amara.send("staff.moving.move", {**where, "wanted_room": uuid4()}, htmx=True, visit_id=visit.id)
            assert answer.status_code in (404, 409)
        assert now_at(visit.id)[0] == cast.tomorrow_at(10) and rooms_kept(session, visit) == ["Room 1"]

    def test_who_may_not_book_moves_nobody_to_another_room(self, cast, osei, stranger, rooms):
        visit = cast.booked()
        for who, code in ((osei, 403), (stranger, 404)):
            answer = who.send("staff.moving.undo_room", visit_id=visit.id, room_id=rooms.two.id)
            assert answer.status_code == code


class TestUndoMove:
    def test_the_messages_undo_brings_it_back_to_its_doctor_and_time(self, cast, amara, now_at):
        visit = cast.booked()
        where = {"provider_id": cast.dr_lind.id, "starts_at": cast.tomorrow_at(14).isoformat()}
        told = amara.send("staff.moving.move", where, htmx=True, visit_id=visit.id).text
        undo = re.search(r'action="(/staff/moving/[^"]*undo-move[^"]*)"', told)[1].replace("&amp;", "&")
        assert amara.send(undo).status_code == 303
        assert now_at(visit.id) == (cast.tomorrow_at(10), cast.dr_osei.id)

    def test_it_comes_back_into_the_room_it_was_in_before_where_that_is_free(self, session, cast, amara, now_at):
        _kind, one, two = a_kind(session, cast, "Room", "Room 1", "Room 2", needed_by=[cast.consultation])
        visit = cast.booked(wanted_rooms=(one.id,))
        cast.booked(cast.tomorrow_at(14), provider=cast.dr_lind, patient=cast.maya_patient, wanted_rooms=(one.id,))
        told = amara.send("staff.moving.move", {"starts_at": cast.tomorrow_at(14).isoformat()}, htmx=True,
                          visit_id=visit.id).text  # fmt: skip
        now_at(visit.id)
        assert visit.room_id == two.id
        undo = re.search(r'action="(/staff/moving/[^"]*undo-move[^"]*)"', told)[1].replace("&amp;", "&")
        assert amara.send(undo).status_code == 303 and now_at(visit.id)[0] == cast.tomorrow_at(10)
        assert visit.room_id == one.id

    def test_what_never_moved_is_not_moved_back(self, cast, amara):
        visit = cast.booked()
        answer = amara.send("staff.moving.undo_move", visit_id=visit.id)
        assert answer.status_code == 409 and "15 minutes" in answer.text

    def test_who_may_not_book_and_strangers_take_nothing_back(self, cast, osei, stranger):
        visit = cast.booked()
        assert osei.send("staff.moving.undo_move", visit_id=visit.id).status_code == 403
        assert stranger.send("staff.moving.undo_move", visit_id=visit.id).status_code == 404
