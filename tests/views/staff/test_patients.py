"""The desk's pages of patients: found, registered once, kept true, and seen only by whom they concern."""

import re
from datetime import date
from html import unescape
from urllib.parse import unquote_plus

import pytest
import sqlalchemy as sa

from clinic.actions import patients as verbs
from clinic.models.audit import AuditEntry
from clinic.models.patients import Patient, PatientTag
from tests.queries_counted import counted
from tests.visitor import check_page


@pytest.fixture
def stored(session, cast):
    """The patient of that name as the database has it now, or None."""

    def look(name):
        session.rollback()
        session.enter(cast.scope)
        session.expire_all()
        return session.scalars(sa.select(Patient).where(Patient.full_name == name)).one_or_none()

    return look


class TestSearch:
    def test_htmx_gets_the_answers_as_a_part_with_links_to_open_and_to_book(self, amara, cast):
        answer = amara.send("staff.patients.find", {"q": "oka may"}, htmx=True)
        assert answer.status_code == 200 and "<html" not in answer.text
        assert f"/staff/patients/{cast.maya_patient.id}" in answer.text and "12/04/1990" in answer.text
        assert f"/staff/booking/new?patient_id={cast.maya_patient.id}" in answer.text and "…0123" in answer.text

    def test_without_script_the_same_question_gives_a_page(self, amara):
        answer = amara.send("staff.patients.find", {"q": "baker"})
        assert answer.status_code == 200 and "Tom Baker" in answer.text and "Maya" not in answer.text

    def test_nothing_typed_leads_to_those_registered_last(self, amara):
        assert amara.send("staff.patients.find", {"q": " "}).location.endswith("/staff/patients")
        assert "Nobody" not in amara.send("staff.patients.find", {"q": " "}, htmx=True).text

    def test_words_in_an_address_are_not_looked_at(self, amara):
        page = amara.open("/staff/patients?q=tom")
        assert page.status_code == 200 and "Maya Okafor" in page.text and 'value="tom"' not in page.text
        assert 'value="Tom' not in amara.open("/staff/patients/new?full_name=Tom").text
        for path in ("/staff/booking/new?q=tom", "/staff/walk-ins/new?q=tom"):
            assert "Tom Baker" not in amara.open(path).text
        assert "Tom Baker" not in amara.send("/staff/patients/find?q=tom", htmx=True).text

    def test_nobody_found_offers_to_register_what_was_typed(self, amara):
        part = amara.send("staff.patients.find", {"q": "Zoë Quill"}, htmx=True).text
        assert "Register Zoë Quill" in part and 'name="full_name" value="Zoë Quill"' in part

    def test_registering_begins_with_what_was_typed_and_keeps_nothing_yet(self, amara, stored):
        sent = {"full_name": "Zoë Quill", "date_of_birth": "31/12/1990", "next": "/staff/booking/new?"}
        begun = amara.send("staff.patients.begin", sent)
        check_page(begun.text)
        assert begun.status_code == 200 and 'value="Zoë Quill"' in begun.text and 'value="31/12/1990"' in begun.text
        assert 'name="next" value="/staff/booking/new?"' in begun.text and "field-error" not in begun.text
        assert stored("Zoë Quill") is None
        assert "evil" not in amara.send("staff.patients.begin", {**sent, "next": "https://evil.example"}).text

    @pytest.mark.parametrize("who", ["osei", "ines", "maya"])
    def test_only_the_desk_begins_to_register(self, request, who):
        assert request.getfixturevalue(who).send("staff.patients.begin", {"full_name": "Zoë"}).status_code == 403

    def test_looking_is_no_deed_and_leaves_nothing_but_who_was_seen(self, amara, session):
        deeds = sa.select(sa.func.count()).select_from(AuditEntry).where(AuditEntry.action != "patients.list")
        before = session.scalar(deeds)
        for endpoint in ("staff.patients.find", "staff.booking.find", "staff.walk_ins.find", "staff.patients.begin"):
            assert amara.send(endpoint, {"q": "tom", "full_name": "Tom"}).status_code == 200
            assert amara.send(endpoint, {"q": "tom", "full_name": "Tom"}, csrf=False).status_code == 400
        session.rollback()
        assert session.scalar(deeds) == before > 0

    def test_what_was_typed_is_carried_over_as_name_date_and_phone(self, amara):
        page = amara.send("staff.patients.find", {"q": "Quill 31/12/1990"}).text
        assert 'name="date_of_birth" value="31/12/1990"' in page and 'name="full_name" value="Quill"' in page

    def test_an_american_clinic_types_the_month_first(self, stranger, cast):
        assert "Sam Stranger" in stranger.send("staff.patients.find", {"q": "01/02/1980"}, htmx=True).text
        assert "Sam Stranger" not in stranger.send("staff.patients.find", {"q": "02/01/1980"}, htmx=True).text

    def test_the_strangers_find_nobody_of_rose_street(self, stranger):
        assert "Tom Baker" not in stranger.send("staff.patients.find", {"q": "tom"}).text

    def test_a_doctor_finds_only_their_own(self, osei, lind, cast):
        cast.booked()
        assert "Tom Baker" in osei.send("staff.patients.find", {"q": "tom"}).text
        assert "Tom Baker" not in lind.send("staff.patients.find", {"q": "tom"}).text
        assert "Tom Baker" not in lind.open("staff.patients.index").text

    @pytest.mark.parametrize("page", ["0", "-1", "x", "99999999999"])
    def test_a_page_that_cannot_be_is_not_found(self, amara, page):
        assert amara.open("staff.patients.index", page=page).status_code == 404

    @pytest.mark.parametrize("typed", ["%", "'", "\x00", "a" * 5000, "<script>", "31/31/1990"])
    def test_odd_questions_are_answered(self, amara, typed):
        assert amara.send("staff.patients.find", {"q": typed}).status_code == 200
        assert amara.send("staff.patients.find", {"q": typed}, htmx=True).status_code == 200

    def test_the_list_asks_the_database_as_often_for_many_as_for_few(self, app, amara, session, cast):
        with counted(app) as few:
            amara.send("staff.patients.find", {"q": "t"})
        for number in range(30):
            made = verbs.register(session, by=cast.amara.actor, full_name=f"Tina Test{number}")
            verbs.add_tag(made, "flag", "HIGH_RISK", by=cast.amara.actor)
        session.commit()
        with counted(app) as many:
            assert amara.send("staff.patients.find", {"q": "t"}).text.count("Tina") >= 30
        assert len(many) == len(few) <= 6

    def test_more_than_a_page_can_be_leafed_through(self, amara, session, cast):
        for number in range(60):
            verbs.register(session, by=cast.amara.actor, full_name=f"Tina Test{number:02d}")
        session.commit()
        first = amara.send("staff.patients.find", {"q": "tina"}).text
        check_page(first)
        assert 'formaction="/staff/patients/find?page=2"' in first and "Test59" not in first
        assert "Test59" in amara.send("staff.patients.find", {"q": "tina"}, page=2).text
        assert "see all" in amara.send("staff.patients.find", {"q": "tina"}, htmx=True).text


class TestAddresses:
    """Addresses stay in histories and in the logs of those between; what is typed about somebody is in none."""

    TYPED = ("Zoë", "Quill", "31/12/1990", "1990-12-31", "7946 0555", "79460555", "tom", "baker")
    QUESTIONS = ("Zoë Quill 31/12/1990", "Zoë Quill 020 7946 0555", "Quill", "baker", "tom", "31/12/1990", "0555")
    ADDRESS = re.compile(r'(?:href|src|action|formaction|hx-get|hx-post|data-address)="([^"]*)"')

    def told(self, answer):
        """Every address the answer shows or sends on to, except numbers to ring; nothing typed is in one."""
        shown = [unquote_plus(unescape(each)) for each in (*self.ADDRESS.findall(answer.text), answer.location or "")]
        typed = [word.casefold() for word in self.TYPED]
        assert not [each for each in shown if not each.startswith("tel:") and any(w in each.casefold() for w in typed)]
        return answer

    def test_a_search_shows_no_address_with_what_was_typed(self, amara):
        day = {"date": "2030-01-02"}
        for words in self.QUESTIONS:
            for endpoint in ("staff.patients.find", "staff.booking.find", "staff.walk_ins.find"):
                for htmx in (False, True):
                    answer = self.told(amara.send(endpoint, {"q": words}, htmx=htmx, **day))
                    assert answer.status_code == 200 and unescape(answer.text).count(words) >= (not htmx)

    def test_pages_of_those_found_have_none_either(self, amara, session, cast):
        for number in range(60):
            verbs.register(session, by=cast.amara.actor, full_name=f"Zoë Quill{number:02d}")
        session.commit()
        for number in (1, 2):
            assert "find?page=" in self.told(amara.send("staff.patients.find", {"q": "Quill"}, page=number)).text
        assert "see all" in self.told(amara.send("staff.patients.find", {"q": "Quill"}, htmx=True)).text
        assert "page=2" in self.told(amara.open("/staff/patients?q=quill")).text

    def test_registering_has_none_from_the_first_word_to_the_patients_page(self, amara):
        facts = {"full_name": "Zoë Quill", "date_of_birth": "31/12/1990", "phone": "020 7946 0555"}
        for then in ({}, {"next": "/staff/booking/new?date=2030-01-02"}):
            self.told(amara.send("staff.patients.begin", {**facts, **then}))
            assert self.told(amara.send("staff.patients.create", {**facts, **then, "email": "x"})).status_code == 422
            registered = self.told(amara.send("staff.patients.create", {**facts, **then, "anyway": "1"}))
            assert registered.status_code == 303
            self.told(amara.open(registered.location))
            assert self.told(amara.send("staff.patients.create", {**facts, **then})).status_code == 409


FACTS = {
    "full_name": "Zoë Quill", "date_of_birth": "31/12/1990", "phone": "020 7946 0555", "email": "Zoe@Quill.example",
    "gender": "female", "country": "GB", "language": "en", "timezone": "Europe/London", "city": "London",
    "preferred_contact_method": "", "state": "", "emergency_contact_phone": "", "notes": "",
}  # fmt: skip


class TestCreate:
    def test_a_new_patient_is_registered_and_findable_at_once(self, amara, stored):
        answer = amara.send("staff.patients.create", FACTS)
        zoe = stored("Zoë Quill")
        assert answer.status_code == 303 and answer.location.endswith(f"/staff/patients/{zoe.id}")
        assert zoe.date_of_birth == date(1990, 12, 31) and zoe.phone == "+44 20 7946 0555"
        assert zoe.preferred_contact_method is None and zoe.state is None
        assert zoe.first_name == "Zoë" and zoe.last_name == "Quill" and zoe.email == "Zoe@quill.example"
        assert "Zoë Quill" in amara.send("staff.patients.find", {"q": "qui 31/12/1990"}, htmx=True).text

    def test_only_the_name_is_needed(self, amara, stored):
        assert amara.send("staff.patients.create", {"full_name": "Cher"}).status_code == 303
        assert stored("Cher").first_name == "Cher"

    @pytest.mark.parametrize(
        ("field", "typed"),
        [("full_name", ""), ("full_name", "   "), ("full_name", "x" * 300), ("full_name", "Zo\x00e"),
         ("full_name", "Zoe \u202egnp"), ("date_of_birth", "31/31/1990"), ("date_of_birth", "yesterday"),
         ("date_of_birth", "31/12/90"), ("date_of_birth", "31/12/2990"), ("date_of_birth", "01/01/1700"),
         ("phone", "12"), ("phone", "call me"), ("phone", "9" * 40), ("email", "zoe@"), ("email", "a b@c.org"),
         ("gender", "robot"), ("country", "XX"), ("language", "klingon"), ("timezone", "Mars/Olympus"),
         ("preferred_contact_method", "pigeon"), ("notes", "x" * 3000), ("postal_code", "x" * 30)],
    )  # fmt: skip
    def test_what_cannot_be_kept_comes_back_with_everything_typed(self, amara, stored, field, typed):
        answer = amara.send("staff.patients.create", {**FACTS, field: typed})
        assert answer.status_code == 422 and f'id="{field}-error"' in answer.text
        kept = "full_name" if field != "full_name" else "city"
        assert FACTS[kept] in answer.text and stored("Zoë Quill") is None

    def test_somebody_who_may_be_here_already_is_shown_once(self, amara, stored, cast):
        twin = {"full_name": "maya OKAFOR", "date_of_birth": "12/04/1990"}
        asked = amara.send("staff.patients.create", twin)
        assert asked.status_code == 409 and f"/staff/patients/{cast.maya_patient.id}" in asked.text
        assert stored("maya OKAFOR") is None
        assert amara.send("staff.patients.create", {**twin, "anyway": "1"}).status_code == 303
        assert stored("maya OKAFOR")

    def test_the_same_phone_is_asked_about_too(self, amara):
        asked = amara.send("staff.patients.create", {"full_name": "Ada Okafor", "phone": "020 7946 0123"})
        assert asked.status_code == 409 and "Use this one: Maya Okafor" in asked.text

    def test_on_the_way_to_a_booking_one_goes_on_with_it(self, amara, stored):
        path = "/staff/booking/new?date=2030-01-02"
        answer = amara.send("staff.patients.create", {**FACTS, "next": path})
        assert answer.location.endswith(f"{path}&patient_id={stored('Zoë Quill').id}")

    @pytest.mark.parametrize("path", ["https://evil.example", "//evil.example", "/staff/\\evil", "/staff//evil", "/x"])
    def test_nobody_is_sent_to_another_place(self, amara, path):
        assert "evil" not in amara.send("staff.patients.create", {**FACTS, "next": path}).location

    @pytest.mark.parametrize("who", ["osei", "ines", "maya"])
    def test_only_the_desk_registers(self, request, who):
        assert request.getfixturevalue(who).send("staff.patients.create", FACTS).status_code == 403


class TestUpdate:
    def test_what_is_changed_is_kept_and_the_words_follow(self, amara, cast, stored):
        page = amara.open("staff.patients.edit", patient_id=cast.maya_patient.id)
        assert 'value="12/04/1990"' in page.text and 'value="+44 20 7946 0123"' in page.text
        sent = {"full_name": "Maya Obi", "date_of_birth": "13/04/1990", "phone": "+1 212-555-0100"}
        assert amara.send("staff.patients.update", sent, patient_id=cast.maya_patient.id).status_code == 303
        assert stored("Maya Obi").last_name == "Obi"
        assert "Maya Obi" in amara.send("staff.patients.find", {"q": "0100"}, htmx=True).text
        assert "Maya Obi" not in amara.send("staff.patients.find", {"q": "okafor"}, htmx=True).text

    def test_another_clinics_patient_is_not_here(self, stranger, cast):
        for endpoint in ("staff.patients.edit", "staff.patients.show"):
            assert stranger.open(endpoint, patient_id=cast.tom.id).status_code == 404
        assert stranger.send("staff.patients.update", {"full_name": "X"}, patient_id=cast.tom.id).status_code == 404

    def test_a_doctor_does_not_change_details(self, osei, cast):
        cast.booked()
        assert osei.send("staff.patients.update", {"full_name": "X"}, patient_id=cast.tom.id).status_code == 403


class TestShow:
    def test_the_desk_sees_allergies_and_flags_and_no_diseases(self, amara, osei, cast, session):
        visit = cast.booked()
        tom = session.get(Patient, (cast.rose.id, visit.patient_id))
        verbs.update(tom, by=cast.amara.actor, allergies="Penicillin", chronic_diseases="Asthma")
        verbs.add_tag(tom, "flag", "HIGH_RISK", by=cast.amara.actor)
        session.commit()
        desk, doctor = (each.open("staff.patients.show", patient_id=tom.id).text for each in (amara, osei))
        assert "Penicillin" in desk and "HIGH_RISK" in desk and "Asthma" not in desk
        assert "Asthma" in doctor and "Register" not in doctor

    def test_opening_it_is_remembered(self, amara, cast, session):
        amara.open("staff.patients.show", patient_id=cast.tom.id)
        session.rollback()
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "patients.open")).one()
        assert entry.resource_id == cast.tom.id and entry.actor_id == cast.amara.user.id

    def test_a_doctor_does_not_open_somebody_elses_patient(self, lind, cast):
        cast.booked()
        assert lind.open("staff.patients.show", patient_id=cast.tom.id).status_code == 404

    def test_visits_cost_no_more_statements_when_there_are_many(self, app, amara, cast):
        cast.booked()
        with counted(app) as few:
            amara.open("staff.patients.show", patient_id=cast.tom.id)
        for hour in range(11, 16):
            cast.booked(cast.tomorrow_at(hour), provider=cast.dr_lind)
        with counted(app) as many:
            assert amara.open("staff.patients.show", patient_id=cast.tom.id).text.count("Dr Astrid Lind") == 5
        assert len(few) == len(many) <= 15


class TestTags:
    def test_a_flag_is_added_once_and_taken_off(self, amara, cast, session):
        there = {"patient_id": cast.tom.id}
        assert amara.send("staff.patients.add_tag", {"tag": "Choir", "kind": "tag"}, **there).status_code == 303
        assert amara.send("staff.patients.add_tag", {"tag": "choir", "kind": "tag"}, **there).status_code == 409
        assert amara.send("staff.patients.add_tag", {"tag": "", "kind": "tag"}, **there).status_code == 422
        assert amara.send("staff.patients.add_tag", {"tag": "Choir", "kind": "hat"}, **there).status_code == 422
        session.rollback()
        tag = session.scalars(sa.select(PatientTag)).one()
        wrong = {"patient_id": cast.maya_patient.id, "tag_id": tag.id}
        assert amara.send("staff.patients.remove_tag", **wrong).status_code == 404
        assert amara.send("staff.patients.remove_tag", **there, tag_id=tag.id).status_code == 303
        session.rollback()
        assert session.scalars(sa.select(PatientTag)).all() == []
