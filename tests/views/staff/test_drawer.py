"""The booking drawer: a quarter of the calendar becomes a visit of somebody found or registered in it."""

import pytest
import sqlalchemy as sa

from clinic.models.patients import Patient
from clinic.models.visits import Visit
from tests.rooms import a_kind, rooms_kept
from tests.visitor import check_page


@pytest.fixture
def quarter(cast):
    """Dr Osei tomorrow at ten, as the calendar's link says it."""
    return {"provider_id": cast.dr_osei.id, "starts_at": cast.tomorrow_at(10).isoformat()}


@pytest.fixture
def visits(session, cast):
    """Every visit as the database has it now."""

    def look():
        session.rollback()
        session.enter(cast.scope)
        session.expire_all()
        return session.scalars(sa.select(Visit).order_by(Visit.starts_at)).all()

    return look


class TestIndex:
    def test_the_doctor_and_the_time_are_there_and_the_patient_is_asked_for(self, amara, quarter):
        part = amara.open("staff.drawer.index", htmx=True, **quarter).text
        assert part.lstrip().startswith('<div id="drawer"') and "Book with Dr Kwame Osei" in part
        assert "Who is it for?" in part and "10:00" in part and ">Book<" not in part

    def test_without_script_it_is_a_page(self, amara, quarter):
        page = amara.open("staff.drawer.index", **quarter)
        assert page.status_code == 200 and "Back to the calendar" in page.text

    def test_only_types_that_the_doctor_offers_can_be_chosen(self, amara, cast, quarter):
        part = amara.open("staff.drawer.index", htmx=True, **{**quarter, "provider_id": cast.dr_lind.id}).text
        assert "Consultation" in part and "Follow-up" not in part

    def test_in_the_lane_of_a_room_whoever_is_first_is_taken(self, amara, cast, visits):
        facts = {"starts_at": cast.tomorrow_at(10).isoformat(), "patient_id": cast.tom.id}
        part = amara.open("staff.drawer.index", htmx=True, provider_id="", **facts).text
        assert "Book a visit" in part and ">Book<" in part

    def test_whoever_is_first_may_also_be_seen_between_the_times_they_begin_at(self, amara, cast, visits):
        at = cast.tomorrow_at(10, 7).isoformat()
        part = amara.open("staff.drawer.index", htmx=True, starts_at=at, patient_id=cast.tom.id).text
        assert ">Book<" in part and "Nobody has this time open" not in part
        facts = {"patient_id": cast.tom.id, "visit_type_id": cast.follow_up.id, "starts_at": at}
        assert amara.send("staff.drawer.create", facts).status_code == 303
        assert [(each.starts_at, each.provider_id) for each in visits()] == [(cast.tomorrow_at(10, 7), cast.dr_osei.id)]

    def test_in_the_lane_of_a_room_the_doctor_is_chosen_in_the_drawer(self, amara, session, cast):
        _kind, room, _other = a_kind(session, cast, "Ultrasound", "Room 4", "Room 5")
        asked = {"starts_at": cast.tomorrow_at(20).isoformat(), "wanted_room": room.id, "patient_id": cast.tom.id}
        part = amara.open("staff.drawer.index", htmx=True, **asked).text
        assert "Nobody has this time open. Choose a doctor" in part and "Whoever is first" in part
        part = amara.open("staff.drawer.index", htmx=True, provider_id=cast.dr_lind.id, **asked).text
        assert f'<option value="{cast.dr_lind.id}" selected>' in part and "Overbook" in part and "Follow-up" in part

    def test_a_doctors_lane_has_no_other_doctors(self, amara, quarter):
        assert "Whoever is first" not in amara.open("staff.drawer.index", htmx=True, **quarter).text

    def test_a_time_that_is_taken_says_so_and_offers_the_nearest(self, amara, cast, quarter):
        cast.booked(patient=cast.maya_patient)
        part = amara.open("staff.drawer.chosen", htmx=True, patient_id=cast.tom.id, **quarter).text
        assert "This time is taken." in part and "The nearest open times:" in part

    def test_everything_that_stands_in_the_way_is_said_at_once(self, amara, cast, quarter):
        cast.booked(cast.tomorrow_at(20), patient=cast.maya_patient, overbook="After hours")
        facts = quarter | {"starts_at": cast.tomorrow_at(20).isoformat(), "patient_id": cast.tom.id}
        part = amara.open("staff.drawer.index", htmx=True, **facts).text
        assert "This time is taken." in part and "The doctor is not here at that time." in part

    def test_who_may_not_book_and_strangers_are_refused(self, osei, stranger, quarter):
        assert osei.open("staff.drawer.index", **quarter).status_code == 403
        assert stranger.open("staff.drawer.index", **quarter).status_code == 404


class TestFind:
    def test_somebody_found_stays_in_the_drawer(self, amara, cast, quarter):
        part = amara.send("staff.drawer.find", {"q": "tom"}, htmx=True, **quarter).text
        assert f'form="the-booking" formaction="/staff/drawer/anew?patient_id={cast.tom.id}"' in part

    def test_they_are_chosen_with_the_type_chosen_since_the_drawer_opened(self, amara, cast, quarter):
        chosen = amara.open("staff.drawer.chosen", htmx=True, visit_type_id=cast.follow_up.id, **quarter).text
        assert f'class="so-far" name="visit_type_id" value="{cast.follow_up.id}"' in chosen
        sent = {**quarter, "visit_type_id": cast.follow_up.id}
        part = amara.send("staff.drawer.anew", sent, htmx=True, patient_id=cast.tom.id).text
        assert "Tom Baker" in part and f'<option value="{cast.follow_up.id}" selected>' in part

    def test_without_script_the_page_comes_back_with_them(self, amara, cast, quarter):
        page = amara.send("staff.drawer.find", {"q": "tom"}, **quarter).text
        check_page(page)
        assert "Tom Baker" in page

    def test_nobody_found_can_be_registered_there(self, amara, quarter):
        part = amara.send("staff.drawer.find", {"q": "Zoë Quill"}, htmx=True, **quarter).text
        assert 'form="the-booking" formaction="/staff/drawer/begin"' in part


class TestRegister:
    NEXT = "/staff/drawer?starts_at=2031-03-05T10%3A00Z"

    def test_what_was_typed_is_in_the_form(self, amara, quarter):
        part = amara.send("staff.drawer.begin", {"q": "Zoë Quill", "notes": "Wheelchair", **quarter}, htmx=True).text
        assert part.lstrip().startswith('<div id="drawer"') and 'value="Zoë Quill"' in part
        assert 'name="visit_notes" value="Wheelchair"' in part and 'name="next" value="/staff/drawer?' in part

    def test_registered_the_booking_goes_on_with_them(self, amara, session):
        part = amara.send("staff.drawer.register", {"full_name": "Zoë Quill", "next": self.NEXT}, htmx=True).text
        session.rollback()
        made = session.scalars(sa.select(Patient).where(Patient.full_name == "Zoë Quill")).one()
        assert f"patient_id={made.id}" in part and "is registered" in part

    def test_somebody_who_may_be_here_already_is_shown_first(self, amara, cast, session):
        facts = {"full_name": "Tom Baker", "date_of_birth": "01/12/1955", "next": self.NEXT}
        answer = amara.send("staff.drawer.register", facts, htmx=True)
        assert answer.status_code == 409 and f"patient_id={cast.tom.id}" in answer.text
        assert amara.send("staff.drawer.register", {**facts, "anyway": "1"}).status_code == 303

    def test_a_name_is_needed(self, amara):
        assert amara.send("staff.drawer.register", {"full_name": ""}, htmx=True).status_code == 422

    def test_a_doctor_registers_nobody(self, osei):
        assert osei.send("staff.drawer.register", {"full_name": "Zoë Quill"}).status_code == 403


class TestCreate:
    @pytest.fixture
    def sent(self, cast, quarter):
        """What the drawer's form sends for Tom."""
        return {
            "patient_id": cast.tom.id, "visit_type_id": cast.consultation.id, "visit_mode": "in_person",
            "reason": "Cough", **quarter,
        }  # fmt: skip

    def test_it_books_and_the_drawer_is_done(self, amara, sent, visits):
        answer = amara.send("staff.drawer.create", sent, htmx=True)
        assert answer.status_code == 200 and "data-done=" in answer.text and "Booked: Tom Baker" in answer.text
        assert [(each.patient.full_name, each.reason) for each in visits()] == [("Tom Baker", "Cough")]

    def test_without_script_it_leads_back_to_the_calendar_of_that_day(self, amara, cast, sent):
        answer = amara.send("staff.drawer.create", sent)
        assert answer.status_code == 303
        assert answer.location.endswith(f"/staff/calendar?date={cast.tomorrow_at(10).date()}")

    def test_taken_meanwhile_the_drawer_keeps_what_was_typed(self, amara, cast, sent, visits):
        cast.booked(patient=cast.maya_patient)
        answer = amara.send("staff.drawer.create", sent, htmx=True)
        assert answer.status_code == 409 and "That time is no longer free." in answer.text
        assert 'value="Cough"' in answer.text and "The nearest open times:" in answer.text and len(visits()) == 1
        assert amara.send("staff.drawer.create", {**sent, "overbook_reason": "Fever of 40"}).status_code == 303

    def test_a_quarter_of_a_rooms_lane_is_booked_in_that_room(self, amara, cast, sent, session):
        _kind, _other, room = a_kind(session, cast, "Ultrasound", "Room 4", "Room 5")
        facts = {"starts_at": sent["starts_at"], "wanted_room": room.id, "patient_id": cast.tom.id}
        part = amara.open("staff.drawer.index", htmx=True, **facts).text
        # With the type of visit and with the visit itself.
        assert "Room: Room 5" in part and part.count(f'name="wanted_room" value="{room.id}"') == 2
        assert amara.send("staff.drawer.create", {**sent, **facts}).status_code == 303
        assert rooms_kept(session) == ["Room 5"]

    def test_while_that_room_is_taken_another_will_not_do(self, amara, cast, sent, session):
        _kind, room, _other = a_kind(session, cast, "Ultrasound", "Room 4", "Room 5")
        cast.booked(provider=cast.dr_lind, patient=cast.maya_patient, wanted_rooms=(room.id,))
        answer = amara.send("staff.drawer.create", {**sent, "wanted_room": room.id}, htmx=True)
        assert answer.status_code == 409 and "The room is not free at that time." in answer.text
        assert "The nearest open times:" in answer.text

    @pytest.mark.parametrize("wanted", ["0" * 32, "moon", "\x00"])
    def test_a_room_that_is_not_the_clinics_is_refused(self, amara, sent, visits, wanted):
        assert amara.send("staff.drawer.create", {**sent, "wanted_room": wanted}).status_code in (409, 422)
        assert visits() == []

    def test_somebody_has_to_be_chosen(self, amara, sent):
        answer = amara.send("staff.drawer.create", {**sent, "patient_id": ""}, htmx=True)
        assert answer.status_code == 422 and "Choose the patient." in answer.text

    def test_who_may_not_book_and_strangers_book_nothing(self, osei, stranger, sent, visits):
        assert osei.send("staff.drawer.create", sent).status_code == 403
        assert stranger.send("staff.drawer.create", sent).status_code == 404
        assert visits() == []
