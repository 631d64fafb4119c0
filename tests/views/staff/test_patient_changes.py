"""The history of a patient's details, and the warning of a double record while somebody types."""

import sqlalchemy as sa

from clinic.actions import patients
from clinic.models.patient_changes import PatientChange
from clinic.models.patients import Patient

FORM = {"full_name": "Tom Baker", "date_of_birth": "01/12/1955"}


class TestHistory:
    def test_says_who_changed_what_when_and_what_stood_there(self, amara, osei, cast, session):
        changed = {**FORM, "phone": "020 7946 0777", "notes": "Ring twice", "gender": "male"}
        assert amara.send("staff.patients.update", changed, patient_id=cast.tom.id).status_code == 303
        page = amara.open("staff.patient_changes.index", patient_id=cast.tom.id).text
        for words in ("+44 20 7946 0777", "Ring twice", "Male", cast.amara.user.name):
            assert words in page
        session.rollback()
        rows = session.scalars(sa.select(PatientChange)).all()
        assert {row.field for row in rows} == {"phone", "notes", "gender"}
        assert all(row.before is None and row.changed_by_id == cast.amara.user.id for row in rows)

    def test_keeps_what_a_patient_changes_themselves(self, maya, amara, cast):
        form = {"phone": "020 7946 0555", "email": "maya@mail.example"}
        assert maya.send("portal.details.update", form, patient_id=cast.maya_patient.id).status_code == 303
        page = amara.open("staff.patient_changes.index", patient_id=cast.maya_patient.id).text
        assert "+44 20 7946 0123" in page and "+44 20 7946 0555" in page and cast.maya.user.name in page

    def test_is_empty_where_nothing_changed_and_nobody_elses_to_read(self, amara, stranger, lind, cast):
        amara.send("staff.patients.update", FORM, patient_id=cast.tom.id)
        assert "Nothing has changed yet" in amara.open("staff.patient_changes.index", patient_id=cast.tom.id).text
        for who in (stranger, lind):
            assert who.open("staff.patient_changes.index", patient_id=cast.tom.id).status_code == 404

    def test_a_long_history_is_read_page_by_page(self, amara, cast, session):
        for number in range(51):
            patients.update(cast.tom, by=cast.amara.actor, city=f"Town {number:02d}")
        session.commit()
        first = amara.open("staff.patient_changes.index", patient_id=cast.tom.id).text
        assert "Town 50" in first and "Page 1" in first
        assert "Town 00" in amara.open("staff.patient_changes.index", patient_id=cast.tom.id, page=2).text


class TestAlike:
    def test_warns_while_somebody_types(self, amara, cast):
        part = amara.send("staff.alike.look", {"full_name": "tom baker"}, htmx=True).text
        assert "Here already?" in part and str(cast.tom.id) in part
        part = amara.send("staff.alike.look", {"full_name": "M", "phone": "020 7946 0123"}, htmx=True).text
        assert str(cast.maya_patient.id) in part

    def test_says_nothing_of_half_a_name_another_birthday_or_another_clinic(self, amara, stranger, cast):
        for typed in ({"full_name": "Tom"}, {"full_name": "Tom Bakerson"}, {**FORM, "date_of_birth": "02/12/1955"}, {}):
            part = amara.send("staff.alike.look", typed, htmx=True)
            assert part.status_code == 200 and "Here already?" not in part.text
        assert "Here already?" not in stranger.send("staff.alike.look", FORM, htmx=True).text

    def test_leads_back_to_the_booking_it_came_from(self, amara, cast):
        part = amara.send("staff.alike.look", {**FORM, "next": "/staff/booking/new?at=x"}, htmx=True).text
        assert f"/staff/booking/new?at=x&amp;patient_id={cast.tom.id}" in part

    def test_nobody_is_registered_by_it(self, amara, session):
        count = sa.select(sa.func.count()).select_from(Patient)
        before = session.scalar(count)
        amara.send("staff.alike.look", {"full_name": "Nobody Else"}, htmx=True)
        session.rollback()
        assert session.scalar(count) == before
        assert 'hx-post="/staff/patients/alike/look"' in amara.open("staff.patients.new").text
