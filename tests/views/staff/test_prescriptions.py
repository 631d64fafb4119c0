"""A doctor prescribes: rows come and go without script, favourites and lists fill them, allergies want a reason."""

from uuid import uuid4

import pytest
import sqlalchemy as sa

from clinic.actions import favourite_medicines, prescriptions
from clinic.actions.drugs import Listed, take_in
from clinic.actions.patients import register
from clinic.models.prescriptions import Prescription, PrescriptionItem
from clinic.models.recorded import RecordSource
from clinic.queries import drugs
from tests.prescribing import AMOXICILLIN, prescribed
from tests.queries_counted import counted

ROW = {"medicine_0": "Amoxicillin", "potency_0": "500 mg", "dosage_0": "1 capsule", "frequency_0": "twice a day"}
SECOND = {"medicine_1": "Arnica", "potency_1": "30C", "dosage_1": "4 pills", "frequency_1": "at night"}


@pytest.fixture
def tom(cast):
    """Tom, whom Dr Osei sees."""
    cast.booked()
    return cast.tom


def rows(session, cast):
    """What was prescribed, as the database has it."""
    session.rollback()
    session.enter(cast.scope)
    return session.scalars(sa.select(PrescriptionItem).order_by(PrescriptionItem.position)).all()


class TestIssue:
    def test_it_is_issued_and_stands_on_the_chart_and_in_the_timeline(self, osei, tom, session, cast):
        form = {"rows": "2", **ROW, **SECOND, "advice": "Rest"}
        answer = osei.send("staff.prescriptions.issue", form, patient_id=tom.id)
        assert answer.status_code == 303
        page = osei.open(answer.location).text
        assert "Amoxicillin" in page and "500 mg" in page and "Rest" in page
        assert "Amoxicillin" in osei.open("staff.prescriptions.index", patient_id=tom.id).text
        timeline = osei.open("staff.charts.timeline", patient_id=tom.id).text
        assert "Amoxicillin, Arnica" in timeline and answer.location in timeline
        assert [each.medicine_name for each in rows(session, cast)] == ["Amoxicillin", "Arnica"]

    def test_what_is_missing_is_said_beside_it_and_what_was_typed_stays(self, osei, tom, session, cast):
        answer = osei.send("staff.prescriptions.issue", {"rows": "2", "medicine_1": "Arnica"}, patient_id=tom.id)
        assert answer.status_code == 422
        assert "Medicine 2: say how much" in answer.text and 'value="Arnica"' in answer.text
        assert osei.send("staff.prescriptions.issue", {"rows": "x"}, patient_id=tom.id).status_code == 422
        assert rows(session, cast) == []

    def test_an_allergy_wants_a_reason_which_stays_on_it(self, osei, tom, session, cast):
        cast.tom.allergies = "Penicillin"
        session.commit()
        answer = osei.send("staff.prescriptions.issue", {"rows": "1", **ROW}, patient_id=tom.id)
        assert answer.status_code == 422 and "Against a recorded allergy" in answer.text
        answer = osei.send(
            "staff.prescriptions.issue", {"rows": "1", **ROW, "reason_0": "Tested in May"}, patient_id=tom.id
        )
        assert "Tested in May" in osei.open(answer.location).text
        assert rows(session, cast)[0].allergy_warning == "Penicillin"

    def test_sent_twice_it_is_issued_once(self, osei, tom, session, cast):
        form = {"rows": "1", **ROW, "idempotency_key": str(uuid4())}
        answers = [osei.send("staff.prescriptions.issue", form, patient_id=tom.id) for _n in range(2)]
        assert answers[0].location == answers[1].location and len(rows(session, cast)) == 1

    def test_out_of_a_visit_it_belongs_to_the_visit(self, osei, cast, session):
        visit = cast.booked()
        page = osei.open("staff.prescriptions.new", patient_id=cast.tom.id, visit_id=visit.id).text
        assert f'value="{visit.id}"' in page
        form = {"rows": "1", **ROW, "visit_id": str(visit.id)}
        osei.send("staff.prescriptions.issue", form, patient_id=cast.tom.id)
        rows(session, cast)
        assert session.scalars(sa.select(Prescription.visit_id)).one() == visit.id

    def test_another_patients_visit_or_prescription_is_a_404(self, osei, tom, session, cast):
        mayas = cast.booked(cast.tomorrow_at(14), patient=cast.maya_patient)
        other = prescribed(session, cast, patient=cast.maya_patient)
        for wrong in ({"visit_id": str(mayas.id)}, {"replaces_id": str(other.id)}):
            form = {"rows": "1", **ROW, **wrong}
            assert osei.send("staff.prescriptions.issue", form, patient_id=tom.id).status_code == 404
        for end in ("show", "repeat", "replace", "stop", "sheet", "pdf"):
            answer = osei.open(f"staff.prescriptions.{end}", patient_id=tom.id, prescription_id=other.id)
            assert answer.status_code == 404


class TestDraft:
    def send(self, osei, tom, pressed, **typed):
        return osei.send("staff.prescriptions.redraft", {"rows": "1", **ROW, **typed, **pressed}, patient_id=tom.id)

    def test_medicines_come_and_go_and_what_was_typed_stays(self, osei, tom):
        page = self.send(osei, tom, {"add": "yes"})
        assert page.status_code == 200 and "medicine_1" in page.text and 'value="Amoxicillin"' in page.text
        page = self.send(osei, tom, {"rows": "2", "remove": "0"}, **SECOND).text
        assert 'value="Arnica"' in page and "Amoxicillin" not in page and "medicine_1" not in page

    def test_with_htmx_only_the_draft_comes_back(self, osei, tom):
        part = osei.send("staff.prescriptions.redraft", {"rows": "1", "add": "yes"}, patient_id=tom.id, htmx=True)
        assert part.text.lstrip().startswith('<section id="draft"') and "medicine_1" in part.text

    def test_a_medicine_is_looked_up_and_taken_over(self, osei, tom, session, cast):
        take_in(session, cast.rose.id, "some", [Listed("1", "Belladonna mother tincture")], by=cast.ines.actor)
        session.commit()
        assert "Belladonna mother tincture" in self.send(osei, tom, {"find": "0", "medicine_0": "bella"}).text
        page = self.send(osei, tom, {"take": "0 Belladonna mother tincture"}).text
        assert 'value="Belladonna mother tincture"' in page
        assert "No list of the clinic" in self.send(osei, tom, {"find": "0", "medicine_0": "xyz"}).text

    def test_while_typing_the_list_under_the_field_follows(self, osei, tom, session, cast):
        take_in(session, cast.rose.id, "some", [Listed("1", "Belladonna")], by=cast.ines.actor)
        favourite_medicines.keep(cast.dr_osei, by=cast.osei.actor, medicine_name="My Belladonna mixture")
        session.commit()
        part = osei.send("staff.drugs.suggest", {"row": "2", "medicine_2": "bel"}, htmx=True).text
        first, second = part.index("My Belladonna mixture"), part.index('value="Belladonna"')
        assert part.startswith('<datalist id="medicines-2">') and first < second

    def test_a_favourite_fills_the_first_empty_row(self, osei, tom, session, cast):
        mine = favourite_medicines.keep(cast.dr_osei, by=cast.osei.actor, medicine_name="Bryonia", dosage="3 pills")
        session.commit()
        assert "Bryonia" in osei.open("staff.prescriptions.new", patient_id=tom.id).text
        page = self.send(osei, tom, {"favourite": str(mine.id)}).text
        assert 'name="medicine_1"' in page and 'value="Bryonia"' in page and 'value="3 pills"' in page
        assert self.send(osei, tom, {"favourite": str(cast.tom.id)}).status_code == 404

    def test_a_warning_stands_there_before_anything_is_issued(self, osei, tom, session, cast):
        cast.tom.allergies = "Penicillin"
        session.commit()
        assert "Against a recorded allergy" in self.send(osei, tom, {"add": "yes"}).text


class TestAfterwards:
    def test_repeat_and_replace_begin_with_what_was_prescribed(self, osei, session, cast):
        issued = prescribed(session, cast)
        ids = {"patient_id": cast.tom.id, "prescription_id": issued.id}
        assert 'value="Arnica montana"' in osei.open("staff.prescriptions.repeat", **ids).text
        page = osei.open("staff.prescriptions.replace", **ids).text
        assert 'value="Arnica montana"' in page and f'value="{issued.id}"' in page
        answer = osei.send(
            "staff.prescriptions.issue", {"rows": "1", **ROW, "replaces_id": str(issued.id)}, patient_id=cast.tom.id
        )
        assert answer.status_code == 303
        assert "It was wrong and counts no more" in osei.open("staff.prescriptions.show", **ids).text
        again = osei.send(
            "staff.prescriptions.issue", {"rows": "1", **ROW, "replaces_id": str(issued.id)}, patient_id=cast.tom.id
        )
        assert again.status_code == 409 and "replaced already" in again.text

    def test_stopping_one_medicine_asks_why(self, osei, session, cast):
        issued = prescribed(session, cast)
        ids = {"patient_id": cast.tom.id, "prescription_id": issued.id}
        item = issued.items[0]
        assert f'selected value="{item.id}"' in osei.open("staff.prescriptions.stop", **ids, item_id=item.id).text
        assert osei.send("staff.prescriptions.stop", {"which": str(item.id)}, **ids).status_code == 422
        answer = osei.send("staff.prescriptions.stop", {"which": str(item.id), "reason": "A rash"}, **ids)
        assert answer.status_code == 303 and "A rash" in osei.open(answer.location).text
        assert osei.send("staff.prescriptions.stop", {"which": str(item.id), "reason": "x"}, **ids).status_code == 422

    def test_on_paper_it_is_a_page_and_a_pdf(self, osei, session, cast):
        issued = prescribed(session, cast, advice="Rest")
        ids = {"patient_id": cast.tom.id, "prescription_id": issued.id}
        page = osei.open("staff.prescriptions.sheet", **ids).text
        assert "Rose Street Clinic" in page and "Tom Baker" in page and "Amoxicillin" in page
        answer = osei.open("staff.prescriptions.pdf", **ids)
        assert answer.data.startswith(b"%PDF") and answer.mimetype == "application/pdf"
        assert "Tom" not in answer.headers["Content-Disposition"]

    def test_a_name_in_letters_that_no_font_has_is_printed_as_a_page(self, osei, session, cast):
        nobodys_letter = "\U0010fffd"
        issued = prescribed(session, cast, patient=register(session, by=cast.amara.actor, full_name=nobodys_letter))
        ids = {"patient_id": issued.patient_id, "prescription_id": issued.id}
        answer = osei.open("staff.prescriptions.pdf", **ids)
        assert answer.status_code == 409 and "Print it as a page instead" in answer.text
        assert nobodys_letter in osei.open("staff.prescriptions.sheet", **ids).text

    def test_what_an_imported_one_lacks_is_said_to_be_not_recorded(self, osei, session, cast):
        cast.booked()
        came = Prescription(clinic_id=cast.rose.id, patient_id=cast.tom.id, source=RecordSource.IMPORT, is_dated=False)
        session.add(came)
        session.flush()
        ids = {"clinic_id": cast.rose.id, "prescription_id": came.id}
        session.add(PrescriptionItem(**ids, position=1, medicine_name="Ibuprofen"))
        session.commit()
        for end in ("show", "sheet"):
            page = osei.open(f"staff.prescriptions.{end}", patient_id=cast.tom.id, prescription_id=came.id).text
            assert page.count("not recorded") >= 5 and "Ibuprofen" in page


class TestWho:
    def test_the_desk_knows_that_there_is_one_and_nothing_in_it(self, amara, session, cast):
        issued = prescribed(session, cast, AMOXICILLIN)
        page = amara.open("staff.charts.existing", patient_id=cast.tom.id).text
        assert "Prescription" in page and "Active" in page and "Amoxicillin" not in page
        for end in ("index", "new"):
            assert amara.open(f"staff.prescriptions.{end}", patient_id=cast.tom.id).status_code == 403
        for end in ("show", "pdf", "sheet"):
            ids = {"patient_id": cast.tom.id, "prescription_id": issued.id}
            assert amara.open(f"staff.prescriptions.{end}", **ids).status_code == 403

    def test_another_doctors_patient_and_another_clinics_are_a_404(self, lind, osei, stranger, session, cast):
        issued = prescribed(session, cast)
        ids = {"patient_id": cast.tom.id, "prescription_id": issued.id}
        assert lind.open("staff.prescriptions.show", **ids).status_code == 404
        assert osei.open("staff.prescriptions.new", patient_id=cast.sam.id).status_code == 404
        assert lind.send("staff.prescriptions.issue", {"rows": "1", **ROW}, patient_id=cast.tom.id).status_code == 404

    def test_a_page_costs_the_same_for_one_as_for_twenty(self, app, osei, session, cast):
        prescribed(session, cast)
        with counted(app) as few:
            osei.open("staff.prescriptions.index", patient_id=cast.tom.id)
        for _n in range(6):
            prescriptions.issue(cast.tom, [AMOXICILLIN], by=cast.osei.actor)
        session.commit()
        with counted(app) as many:
            osei.open("staff.prescriptions.index", patient_id=cast.tom.id)
        assert len(many) == len(few)


class TestFavourites:
    def test_kept_and_removed_by_their_doctor_alone(self, osei, lind, session, cast):
        form = {"medicine_name": "Arnica", "potency": "30C"}
        assert osei.send("staff.favourite_medicines.keep", form).status_code == 303
        assert "Arnica" in osei.open("staff.favourite_medicines.index").text
        assert "Arnica" not in lind.open("staff.favourite_medicines.index").text
        session.rollback()
        [mine] = drugs.favourites(session, cast.dr_osei.id)
        assert lind.send("staff.favourite_medicines.remove", {}, favourite_id=mine.id).status_code == 404
        assert osei.send("staff.favourite_medicines.remove", {}, favourite_id=mine.id).status_code == 303
        assert "no favourites yet" in osei.open("staff.favourite_medicines.index").text
        assert osei.send("staff.favourite_medicines.keep", {}).status_code == 422

    def test_kept_out_of_a_prescription_it_leads_back_there(self, osei, session, cast):
        issued = prescribed(session, cast)
        back = osei.url("staff.prescriptions.show", patient_id=cast.tom.id, prescription_id=issued.id)
        assert osei.open(back).text.count(f'name="next" value="{back}"') == 2
        answer = osei.send("staff.favourite_medicines.keep", {"medicine_name": "Arnica", "next": back})
        assert answer.location == back


class TestAtTheVisit:
    def test_what_was_prescribed_stands_on_the_doctors_page_of_it(self, osei, amara, session, cast):
        visit = cast.booked()
        page = osei.open("staff.consultations.show", visit_id=visit.id).text
        assert "Nothing was prescribed at this visit" in page and f"new?visit_id={visit.id}" in page
        prescribed(session, cast, AMOXICILLIN, visit=visit)
        assert "Amoxicillin 500 mg" in osei.open("staff.consultations.show", visit_id=visit.id).text
        assert "Amoxicillin" not in amara.open("staff.visits.show", visit_id=visit.id).text
