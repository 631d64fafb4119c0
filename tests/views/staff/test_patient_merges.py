"""Merging at the desk: found, looked at, asked, approved by another, and undone; the portal and old links follow."""

import pytest
import sqlalchemy as sa

from clinic.actions.patients import register, update
from clinic.models.patient_merges import PatientMerge
from clinic.models.patients import Patient
from clinic.models.visits import Visit

WHY = "The same identity card, seen at the desk"


@pytest.fixture
def twice(session, cast):
    """Maya's second record, with a visit."""
    made = register(session, by=cast.amara.actor, full_name="Maya Okafor", notes="Canary note")
    session.flush()
    made.visit_id = cast.booked(patient=made).id
    session.commit()
    return made


def pair(cast, other):
    return {"kept_id": cast.maya_patient.id, "other_id": other.id}


def lines(session):
    session.rollback()
    session.expire_all()
    return session.scalars(sa.select(PatientMerge)).all()


class TestAsk:
    def test_a_receptionist_asks_and_another_approves(self, amara, ines, cast, session, twice):
        assert twice.mrn in amara.open("staff.patient_merges.choose", patient_id=cast.maya_patient.id).text
        page = amara.open("staff.patient_merges.new", **pair(cast, twice)).text
        assert "Visits" in page and "Merge now" not in page and "Canary note" in page
        assert amara.send("staff.patient_merges.ask", {"reason": WHY}, **pair(cast, twice)).status_code == 303
        (line,) = lines(session)
        assert line.is_open and session.get(Patient, (cast.rose.id, twice.id)).merged_into_id is None
        assert amara.send("staff.patient_merges.approve", merge_id=line.id).status_code == 409
        assert WHY in ines.open("staff.patient_merges.details", merge_id=line.id).text
        assert twice.mrn in ines.open("staff.patient_merges.index").text
        assert ines.send("staff.patient_merges.approve", merge_id=line.id).status_code == 303
        assert lines(session)[0].is_in_force

    def test_every_page_of_who_may_look_it_over_says_that_it_waits_and_none_of_who_asked(
        self, amara, ines, osei, cast, session, twice
    ):
        waits = 'Merged records <span class="view-tabs-count">1</span>'
        amara.send("staff.patient_merges.ask", {"reason": WHY}, **pair(cast, twice))
        assert waits in ines.open("staff.day.index").text and waits not in amara.open("staff.day.index").text
        assert "Merged records" not in osei.open("staff.day.index").text
        ines.send("staff.patient_merges.decline", merge_id=lines(session)[0].id)
        assert waits not in ines.open("staff.day.index").text

    def test_looking_moves_nothing(self, amara, cast, session, twice):
        amara.open("staff.patient_merges.new", **pair(cast, twice))
        lines(session)
        assert session.get(Visit, (cast.rose.id, twice.visit_id)).patient_id == twice.id

    def test_a_reason_is_needed(self, amara, cast, session, twice):
        answer = amara.send("staff.patient_merges.ask", {"reason": "same"}, **pair(cast, twice))
        assert answer.status_code == 422 and "same</textarea>" in answer.text and not lines(session)

    def test_a_colleague_can_leave_them_two(self, amara, ines, cast, session, twice):
        amara.send("staff.patient_merges.ask", {"reason": WHY}, **pair(cast, twice))
        ines.send("staff.patient_merges.decline", merge_id=lines(session)[0].id)
        assert lines(session)[0].declined_at and "Declined" in ines.open("staff.patient_merges.index").text


class TestMerge:
    def test_an_administrator_merges_at_once_and_the_old_page_leads_on(self, ines, amara, cast, session, twice):
        assert amara.send("staff.patient_merges.merge", {"reason": WHY}, **pair(cast, twice)).status_code == 403
        assert ines.send("staff.patient_merges.merge", {"reason": WHY}, **pair(cast, twice)).status_code == 303
        answer = amara.open("staff.patients.show", patient_id=twice.id)
        assert answer.status_code == 302 and str(cast.maya_patient.id) in answer.location
        found = amara.send("staff.patients.find", {"q": twice.mrn}, htmx=True).text
        assert str(cast.maya_patient.id) in found and str(twice.id) not in found
        assert amara.open("staff.patient_merges.new", **pair(cast, twice)).status_code == 404

    def test_it_is_undone_from_its_page(self, ines, amara, cast, session, twice):
        ines.send("staff.patient_merges.merge", {"reason": WHY}, **pair(cast, twice))
        (line,) = lines(session)
        assert "Make two records of it again" in amara.open("staff.patient_merges.details", merge_id=line.id).text
        assert amara.send("staff.patient_merges.undo", merge_id=line.id).status_code == 303
        lines(session)
        assert session.get(Visit, (cast.rose.id, twice.visit_id)).patient_id == twice.id
        assert amara.send("staff.patient_merges.undo", merge_id=line.id).status_code == 409

    def test_the_patient_sees_all_of_it_in_the_portal(self, ines, maya, cast, session, twice):
        update(twice, by=cast.amara.actor, phone="+44 20 7946 0999")
        session.commit()
        assert maya.open("portal.visits.show", visit_id=twice.visit_id).status_code == 404
        ines.send("staff.patient_merges.merge", {"reason": WHY}, **pair(cast, twice))
        assert maya.open("portal.visits.show", visit_id=twice.visit_id).status_code == 200
        # The one record, not two of them: nobody is asked for whom they book.
        assert maya.open("portal.details.index").text.count("Record number") == 1
        assert "made one record of two of yours" in maya.open("portal.openings.index").text

    def test_other_clinics_and_roles_come_nowhere_near(self, stranger, osei, ines, cast, session, twice):
        ines.send("staff.patient_merges.merge", {"reason": WHY}, **pair(cast, twice))
        (line,) = lines(session)
        for who, status in ((stranger, 404), (osei, 403)):
            assert who.open("staff.patient_merges.details", merge_id=line.id).status_code == status
            assert who.send("staff.patient_merges.undo", merge_id=line.id).status_code == status
            assert who.send("staff.patient_merges.ask", {"reason": WHY}, **pair(cast, cast.tom)).status_code == status
