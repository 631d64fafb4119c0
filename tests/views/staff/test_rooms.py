"""Rooms: the administrator keeps them and says which visits need one; the desk sees and changes the room of a visit."""

import re

import pytest
import sqlalchemy as sa

from clinic.actions import visits, walk_ins
from clinic.models.audit import AuditEntry
from clinic.models.rooms import Room, RoomKind, RoomStatus, VisitTypeNeed
from clinic.models.visits import CancelReason
from clinic.scope import Scope
from tests.rooms import a_kind, a_place, rooms_kept
from tests.views.staff.test_visit_types import TYPED


class TestRooms:
    def test_an_administrator_adds_a_kind_and_a_room_of_it_and_changes_them(self, ines, cast, session):
        assert "Begin with a kind of room" in ines.open("staff.rooms.index").text
        assert ines.send("staff.room_kinds.create", {"name": "Ultrasound"}).status_code == 303
        kind = session.scalars(sa.select(RoomKind)).one()
        typed = {"name": "Ultrasound 1", "room_kind_id": kind.id, "location_id": ""}
        assert ines.send("staff.rooms.create", typed).status_code == 303
        room = session.scalars(sa.select(Room)).one()
        assert (room.clinic_id, room.room_kind_id, room.location_id) == (cast.rose.id, kind.id, None)
        place = a_place(session, cast, "Second floor")
        ines.send("staff.rooms.update", {**typed, "name": "Sono", "location_id": place.id}, room_id=room.id)
        ines.send("staff.room_kinds.update", {"name": "Sonography"}, room_kind_id=kind.id)
        page = ines.open("staff.rooms.index").text
        assert "Sono" in page and "Second floor" in page and "Sonography" in page
        assert session.scalars(sa.select(AuditEntry.action).where(AuditEntry.action.startswith("rooms."))).all()

    def test_a_paused_room_says_so_and_is_taken_into_use_again(self, ines, cast, session):
        room = a_kind(session, cast, "Ultrasound", "Ultrasound 1")[1]
        part = ines.send("staff.rooms.pause", htmx=True, room_id=room.id)
        assert "Paused" in part.text and "takes no more visits" in part.text
        session.refresh(room)
        assert room.status == RoomStatus.PAUSED
        assert ines.send("staff.rooms.resume", room_id=room.id).status_code == 303
        session.refresh(room)
        assert room.status == RoomStatus.ACTIVE

    @pytest.mark.parametrize("endpoint", ["staff.rooms.create", "staff.room_kinds.create"])
    def test_a_name_that_is_taken_is_said_at_the_field(self, ines, cast, session, endpoint):
        kind = a_kind(session, cast, "Ultrasound", "Ultrasound")[0]
        answer = ines.send(endpoint, {"name": "Ultrasound", "room_kind_id": kind.id})
        assert answer.status_code == 409 and "There is already a" in answer.text

    def test_a_room_needs_a_name_and_a_kind(self, ines, cast):
        answer = ines.send("staff.rooms.create", {"name": " ", "room_kind_id": ""})
        assert answer.status_code == 422
        assert "Give the room a name." in answer.text and "Say what kind of room it is." in answer.text

    def test_another_clinics_room_is_not_here_and_only_the_administrator_may(self, ines, amara, cast, session):
        session.enter(Scope.staff(cast.harbour.id))
        kind = RoomKind(clinic_id=cast.harbour.id, name="Ultrasound")
        session.add(kind)
        session.flush()
        session.add(Room(clinic_id=cast.harbour.id, name="Pier", room_kind_id=kind.id))
        session.commit()
        theirs = session.scalars(sa.select(Room)).one()
        assert ines.open("staff.rooms.edit", room_id=theirs.id).status_code == 404
        assert ines.open("staff.room_kinds.edit", room_kind_id=kind.id).status_code == 404
        assert amara.open("staff.rooms.index").status_code == 403

    def test_which_kinds_a_visit_type_needs_is_ticked_on_its_form(self, ines, cast, session):
        kind = a_kind(session, cast, "Ultrasound", "Ultrasound 1")[0]
        ids = {"visit_type_id": cast.consultation.id}
        typed = {**TYPED, "name": "Consultation", "provider_ids": str(cast.dr_osei.id)}
        assert ines.send("staff.visit_types.update", {**typed, "room_kind_ids": str(kind.id)}, **ids).status_code == 303
        need = session.scalars(sa.select(VisitTypeNeed)).one()
        assert (need.visit_type_id, need.room_kind_id) == (cast.consultation.id, kind.id)
        page = ines.open("staff.visit_types.edit", **ids).text
        assert re.search(r'<input checked [^>]*id="room_kind_ids-0"', page)
        assert "Consultation" in ines.open("staff.rooms.index").text
        ines.send("staff.visit_types.update", typed, **ids)
        assert not session.scalars(sa.select(VisitTypeNeed)).all()


class TestRoomOfAVisit:
    @pytest.fixture
    def two_rooms(self, session, cast):
        """Two ultrasounds, which consultations need."""
        return a_kind(session, cast, "Ultrasound", "Sono 1", "Sono 2", needed_by=[cast.consultation])[1:]

    def test_the_desk_sees_the_room_and_changes_it(self, amara, cast, session, two_rooms):
        visit = cast.booked()
        assert "Sono 1" in amara.open("staff.visits.show", visit_id=visit.id).text
        page = amara.open("staff.visit_rooms.edit", visit_id=visit.id).text
        assert "Sono 2 · Ultrasound" in page and "taken at that time" not in page
        sent = amara.send("staff.visit_rooms.update", {"room_id": two_rooms[1].id}, visit_id=visit.id)
        assert sent.status_code == 303
        session.expire_all()
        assert rooms_kept(session, visit) == ["Sono 2"] and visit.room_id == two_rooms[1].id
        assert "Sono 2" in amara.open("staff.visits.show", visit_id=visit.id).text

    def test_a_room_that_is_taken_is_refused(self, amara, cast, session, two_rooms):
        visit, other = cast.booked(), cast.booked(provider=cast.dr_lind)
        assert "(taken at that time)" in amara.open("staff.visit_rooms.edit", visit_id=visit.id).text
        answer = amara.send("staff.visit_rooms.update", {"room_id": other.room_id}, visit_id=visit.id)
        assert answer.status_code == 409 and "is taken at that time." in answer.text
        session.expire_all()
        assert rooms_kept(session) == ["Sono 1", "Sono 2"]

    def test_a_room_is_let_go_of(self, amara, cast, session, two_rooms):
        visit = cast.booked()
        amara.send("staff.visit_rooms.update", {"room_id": ""}, visit_id=visit.id)
        session.expire_all()
        assert rooms_kept(session, visit) == [] and visit.room_id is None

    def test_an_overbooked_visit_says_that_none_is_kept_and_may_be_seen_in_a_taken_one(
        self, amara, cast, session, two_rooms
    ):
        visit = cast.booked()
        over = cast.booked(patient=cast.maya_patient, overbook="Cannot wait")
        assert "None is kept: the visit is overbooked" in amara.open("staff.visits.show", visit_id=over.id).text
        amara.send("staff.visit_rooms.update", {"room_id": visit.room_id}, visit_id=over.id)
        session.expire_all()
        assert over.room_id == visit.room_id and rooms_kept(session, over) == []

    def test_a_walk_in_is_sent_to_a_room_without_keeping_it(self, amara, cast, session, two_rooms):
        visit = walk_ins.add(session, cast.tom, timezone=cast.rose.timezone, by=cast.amara.actor)
        session.commit()
        amara.send("staff.visit_rooms.update", {"room_id": two_rooms[0].id}, visit_id=visit.id)
        session.expire_all()
        assert visit.room_id == two_rooms[0].id and rooms_kept(session) == []

    def test_a_visit_that_is_over_needs_no_room(self, amara, cast, session, two_rooms):
        visit = cast.booked()
        visits.cancel(visit, CancelReason.PATIENT, by=cast.amara.actor)
        session.commit()
        answer = amara.send("staff.visit_rooms.update", {"room_id": two_rooms[0].id}, visit_id=visit.id)
        assert answer.status_code == 409 and "This visit is over" in answer.text

    def test_a_paused_or_foreign_room_was_never_offered(self, amara, cast, session, two_rooms):
        visit = cast.booked()
        two_rooms[1].status = RoomStatus.PAUSED
        session.commit()
        answer = amara.send("staff.visit_rooms.update", {"room_id": two_rooms[1].id}, visit_id=visit.id)
        assert answer.status_code == 422

    def test_strangers_and_other_roles_do_not_get_there(self, stranger, ines, cast, session, two_rooms):
        visit = cast.booked()
        assert stranger.open("staff.visit_rooms.edit", visit_id=visit.id).status_code == 404
        assert ines.send("staff.visit_rooms.update", {"room_id": ""}, visit_id=visit.id).status_code == 403

    def test_the_page_that_books_says_which_room_it_will_be_and_why_none(self, amara, cast, session, two_rooms):
        at = {
            "patient_id": cast.tom.id, "visit_type_id": cast.consultation.id, "provider_id": cast.dr_osei.id,
            "starts_at": cast.tomorrow_at(10).isoformat(),
        }  # fmt: skip
        assert "Room: Sono 1" in amara.open("staff.booking.chosen", htmx=True, **at).text
        for room in two_rooms:
            room.status = RoomStatus.PAUSED
        session.commit()
        part = amara.open("staff.booking.chosen", htmx=True, **at).text
        assert "No room is free for it at that time." in part and "Overbook" in part
