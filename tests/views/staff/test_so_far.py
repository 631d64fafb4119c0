"""What is chosen and written on a page that books is sent along with every button of it, and stands in no address."""

import pytest
import sqlalchemy as sa

from clinic.models.patients import Patient
from clinic.models.visits import Visit
from tests.visitor import check_page

WORDS = {"reason": "Cough", "notes": "Wheelchair"}
# The same as the registration of the patient carries it along.
CARRIED = {f"visit_{name}": text for name, text in WORDS.items()}


@pytest.fixture
def quarter(cast):
    """Dr Osei tomorrow at ten."""
    return {"provider_id": str(cast.dr_osei.id), "starts_at": cast.tomorrow_at(10).isoformat()}


@pytest.fixture
def registered(session, cast):
    """Who was registered under the name."""

    def look(name="Zoë Quill"):
        session.rollback()
        session.enter(cast.scope)
        return session.scalars(sa.select(Patient).where(Patient.full_name == name)).one_or_none()

    return look


def _has_words(page):
    assert 'value="Cough"' in page and "Wheelchair" in page
    return page


class TestThePageThatBooks:
    def test_with_another_patient_or_time_it_keeps_what_is_written(self, amara, cast, quarter):
        page = amara.send("staff.booking.anew", WORDS, patient_id=cast.tom.id, **quarter)
        check_page(page.text)
        assert page.status_code == 200 and "Tom Baker" in _has_words(page.text) and ">Book<" in page.text
        assert "Who is it for?" in _has_words(amara.send("staff.booking.anew", WORDS, **quarter).text)

    def test_so_it_does_with_who_was_found(self, amara, quarter):
        page = amara.send("staff.booking.find", {"q": "tom", **WORDS}, **quarter).text
        assert "Tom Baker" in _has_words(page) and 'value="tom"' in page

    def test_a_time_chosen_since_the_page_was_made_is_found_with_them(self, amara, cast, quarter):
        sent = {"q": "tom", **quarter, "visit_type_id": cast.follow_up.id}
        page = amara.send("staff.booking.find", sent, date=cast.tomorrow_at(9).date()).text
        shown = 'class="so-far" name="%s" value="%s"'
        assert shown % ("visit_type_id", cast.follow_up.id) in page
        assert shown % ("starts_at", cast.tomorrow_at(10).isoformat()) in page

    def test_the_address_that_loading_again_asks_for_has_the_patient_and_nothing_written(self, amara, cast, quarter):
        page = amara.send("staff.booking.anew", WORDS, patient_id=cast.tom.id, **quarter).text
        address = page.partition('data-address="')[2].partition('"')[0]
        assert address.startswith(f"/staff/booking/new?patient_id={cast.tom.id}") and "Cough" not in address

    def test_enter_in_a_field_presses_none_of_the_other_buttons(self, amara, cast, quarter):
        page = amara.open("staff.booking.new", patient_id=cast.tom.id, **quarter).text
        first = page.partition('form="the-booking"')
        assert 'class="visually-hidden"' in first[0][-60:] and "formaction" not in first[2].partition(">")[0]

    def test_a_reason_to_move_late_is_kept_too(self, amara, cast, session):
        cast.consultation.move_cutoff_hours = 200
        session.commit()
        visit, at = cast.booked(), cast.tomorrow_at(12).isoformat()
        page = amara.send("staff.booking.move_anew", {"overbook_reason": "Cough"}, visit_id=visit.id, starts_at=at)
        assert page.status_code == 200 and 'value="Cough"' in page.text and ">Move<" in page.text

    def test_who_may_not_book_and_strangers_are_refused(self, osei, stranger, cast, quarter):
        for endpoint, more in (("anew", {}), ("move_anew", {"visit_id": cast.booked().id})):
            assert osei.send(f"staff.booking.{endpoint}", WORDS, **quarter, **more).status_code == 403
            assert stranger.send(f"staff.booking.{endpoint}", WORDS, **quarter, **more).status_code == 404


class TestRegistering:
    def test_it_begins_with_what_was_typed_and_carries_what_is_written(self, amara, osei):
        sent = {"q": "Zoë Quill 31/12/1990", "next": "/staff/booking/new?", **WORDS}
        page = amara.send("staff.booking.begin", sent).text
        assert 'value="Zoë Quill"' in page and 'value="31/12/1990"' in page
        for name, text in CARRIED.items():
            assert f'name="{name}" value="{text}"' in page
        # A patient has notes too: those of the visit are not theirs.
        assert page.count("Wheelchair") == 1 and 'formaction="/staff/booking/new?"' in page
        assert osei.send("staff.booking.begin", sent).status_code == 403

    def test_what_is_written_is_sent_on_with_the_patient(self, amara, registered):
        sent = {"full_name": "Zoë Quill", "notes": "Deaf", "next": "/staff/booking/new?date=2031-03-05", **CARRIED}
        answer = amara.send("staff.patients.create", sent)
        assert answer.status_code == 307
        page = _has_words(amara.send(answer.location, sent).text)
        assert "Zoë Quill is registered" in page and "Deaf" not in page
        made = registered()
        assert answer.location == f"/staff/booking/new?date=2031-03-05&patient_id={made.id}" and made.notes == "Deaf"

    def test_where_nothing_is_written_or_it_leads_elsewhere_it_goes_on_as_ever(self, amara):
        facts = {"full_name": "Zoë Quill", "next": "/staff/booking/new?"}
        assert amara.send("staff.patients.create", facts).status_code == 303
        facts = {"full_name": "Ada Quill", "next": "/staff/walk-ins/new", **CARRIED}
        assert amara.send("staff.patients.create", facts).status_code == 303

    def test_whoever_is_here_already_is_booked_with_it_instead(self, amara, cast):
        facts = {"full_name": "Tom Baker", "date_of_birth": "01/12/1955", "next": "/staff/booking/new?", **CARRIED}
        answer = amara.send("staff.patients.create", facts)
        assert answer.status_code == 409 and 'name="visit_reason" value="Cough"' in answer.text
        instead = f'formaction="/staff/booking/new?&amp;patient_id={cast.tom.id}"'
        assert instead in answer.text and instead in amara.send("staff.alike.look", facts, htmx=True).text

    def test_what_cannot_be_read_of_the_patient_loses_nothing_of_the_visit(self, amara):
        answer = amara.send("staff.patients.create", {"full_name": "", "next": "/staff/booking/new?", **CARRIED})
        assert answer.status_code == 422 and 'name="visit_notes" value="Wheelchair"' in answer.text


class TestTheDrawer:
    def test_with_another_type_it_keeps_what_is_written(self, amara, cast, quarter):
        sent = {**quarter, **WORDS, "patient_id": cast.tom.id, "visit_type_id": cast.follow_up.id}
        page = amara.send("staff.drawer.anew", sent)
        check_page(page.text)
        assert "Tom Baker" in _has_words(page.text) and f'<option value="{cast.follow_up.id}" selected>' in page.text

    def test_without_a_patient_it_is_kept_for_the_next(self, amara, cast, quarter):
        part = amara.send(
            "staff.drawer.anew", {**quarter, **WORDS, "patient_id": cast.tom.id}, htmx=True, patient_id=""
        )
        assert part.text.lstrip().startswith('<div id="drawer"') and "Who is it for?" in part.text
        assert 'type="hidden" name="reason" value="Cough"' in part.text

    def test_whoever_is_first_stays_the_doctor_of_the_chosen_time(self, amara, cast, quarter):
        sent = {**quarter, "wanted_room": "", "provider_id": ["", str(cast.dr_osei.id)], "patient_id": cast.tom.id}
        assert "Dr Kwame Osei" in amara.send("staff.drawer.anew", sent).text

    def test_somebody_new_is_booked_with_what_was_written_for_another(self, amara, registered, quarter):
        begun = amara.send("staff.drawer.begin", {"q": "Zoë Quill", **quarter, **WORDS}, htmx=True).text
        assert 'name="visit_reason" value="Cough"' in begun and 'formaction="/staff/drawer/anew?' in begun
        facts = {"full_name": "Zoë Quill", "next": "/staff/drawer?starts_at=2031-03-05T10%3A00Z", **CARRIED}
        part = amara.send("staff.drawer.register", facts, htmx=True).text
        leads = f"/staff/drawer/anew?starts_at=2031-03-05T10%3A00Z&amp;patient_id={registered().id}"
        assert f'hx-post="{leads}"' in part and 'hx-trigger="load, submit"' in part and "Wheelchair" in part
        answer = amara.send("staff.drawer.register", {**facts, "anyway": "1"})
        assert answer.status_code == 307 and answer.location.startswith("/staff/drawer/anew?")

    def test_what_is_sent_of_another_clinic_is_as_unknown_as_in_an_address(self, amara, cast, quarter):
        theirs = {"patient_id": cast.sam.id, "visit_type_id": cast.checkup.id, "provider_id": cast.dr_reyes.id}
        for name, value in theirs.items():
            assert amara.send("staff.drawer.anew", {**quarter, name: value}).status_code == 404

    def test_who_may_not_book_and_strangers_are_refused(self, osei, stranger, quarter):
        assert osei.send("staff.drawer.anew", quarter).status_code == 403
        assert stranger.send("staff.drawer.anew", quarter).status_code == 404


def test_the_button_books_what_is_shown_as_chosen_and_not_what_the_list_was_left_at(amara, cast, session, quarter):
    kinds = [str(cast.follow_up.id), str(cast.consultation.id)]
    sent = {**quarter, "patient_id": cast.tom.id, "visit_type_id": kinds, "visit_mode": "in_person"}
    assert amara.send("staff.drawer.create", sent).status_code == 303
    session.rollback()
    session.enter(cast.scope)
    assert session.scalars(sa.select(Visit)).one().visit_type_id == cast.consultation.id
