"""A patient's health in the chart: who reads and writes it, what is asked again, what was a mistake."""

import pytest
import sqlalchemy as sa

from clinic.actions import allergies, conditions
from clinic.models.accounts import Membership, Role
from clinic.models.allergies import Allergy
from clinic.models.conditions import Condition
from clinic.models.immunizations import Immunization, ImmunizationStatus
from clinic.models.patients import Patient
from clinic.models.procedures import Procedure
from tests.queries_counted import counted
from tests.visitor import seen_on

HEALTH = "staff.health.index"


@pytest.fixture
def tom(cast):
    """Tom, who has a visit with Dr Osei."""
    cast.booked()
    return {"patient_id": cast.tom.id}


def one(session, model):
    session.rollback()
    session.expire_all()
    return session.scalars(sa.select(model)).one()


class TestConditions:
    def test_a_doctor_finds_a_code_and_writes_the_condition_down(self, osei, session, tom):
        found = osei.send("staff.icd10.find", {"find": "diab type 2"}, htmx=True)
        assert 'value="E11.9"' in found.text and "Type 2 diabetes mellitus without complications" in found.text
        answer = osei.send(
            "staff.conditions.create", {"icd10": "E11.9", "onset_on": "01/03/2019", "find": "diab"}, **tom
        )
        assert answer.status_code == 303
        page = osei.open(HEALTH, **tom)
        assert "Type 2 diabetes mellitus" in page.text and "since 1 Mar 2019" in page.text
        assert one(session, Condition).onset_on.year == 2019

    def test_without_script_the_form_itself_looks(self, osei, session, tom):
        page = osei.send("staff.conditions.find", {"find": "low back pain", "name": "Lumbago"}, **tom)
        assert page.status_code == 200 and 'value="M54.50"' in page.text and 'value="Lumbago"' in page.text
        assert session.scalars(sa.select(Condition)).all() == []

    def test_what_was_typed_comes_back_with_what_is_wrong(self, osei, tom):
        answer = osei.send("staff.conditions.create", {"onset_on": "31/02/2019", "notes": "Since the fall"}, **tom)
        assert answer.status_code == 422
        assert "Choose a diagnosis" in answer.text and "31/02/2019" in answer.text and "Since the fall" in answer.text

    def test_the_same_twice_is_told_on_the_page(self, osei, tom):
        osei.send("staff.conditions.create", {"name": "Asthma"}, **tom)
        answer = osei.send("staff.conditions.create", {"name": "asthma"}, **tom)
        assert answer.status_code == 409 and "recorded already" in answer.text

    def test_it_is_changed_ended_begun_again_and_marked_as_a_mistake(self, osei, session, tom):
        osei.send("staff.conditions.create", {"icd10": "J45.909", "onset_on": "01/03/2001"}, **tom)
        where = tom | {"condition_id": one(session, Condition).id}
        assert 'value="J45.909" checked' in osei.open("staff.conditions.edit", **where).text
        osei.send("staff.conditions.update", {"name": "Asthma since childhood", "icd10": "J45.909"}, **where)
        assert one(session, Condition).name == "Asthma since childhood"
        assert osei.open("staff.conditions.ending", **where).status_code == 200
        assert osei.send("staff.conditions.end", {"ended_on": ""}, **where).status_code == 422
        osei.send("staff.conditions.end", {"ended_on": "01/02/2020"}, **where)
        assert "Asthma since childhood" not in osei.open(HEALTH, **tom).text
        assert "until 1 Feb 2020" in osei.open("staff.conditions.index", patient_id=tom["patient_id"]).text
        osei.send("staff.conditions.reopen", **where)
        osei.send("staff.conditions.mark_mistaken", **where)
        assert one(session, Condition).is_mistaken and "Mistake" in osei.open("staff.conditions.index", **tom).text
        assert "It counts after all" in osei.open("staff.conditions.edit", **where).text
        osei.send("staff.conditions.restore", **where)
        assert one(session, Condition).is_live


class TestAllergies:
    def test_one_is_written_down_and_stands_in_the_banner_of_every_page_of_the_chart(self, osei, amara, session, tom):
        form = {"substance": "Penicillin", "criticality": "high", "category": "medication", "reaction": "Swollen face"}
        assert osei.send("staff.allergies.create", form, **tom).status_code == 303
        for page in ("staff.charts.timeline", HEALTH, "staff.measurements.index"):
            text = osei.open(page, **tom).text
            assert "Penicillin" in text and "May threaten life" in text
        assert one(session, Allergy).reaction == "Swollen face"

    def test_that_none_is_known_is_asked_and_told(self, osei, session, tom):
        assert "nobody has asked yet" in osei.open(HEALTH, **tom).text
        osei.send("staff.allergies.state_none", **tom)
        assert "Asked: no allergy known." in osei.open(HEALTH, **tom).text
        assert osei.send("staff.allergies.state_none", **tom).status_code == 409
        none = one(session, Allergy)
        assert osei.open("staff.allergies.edit", allergy_id=none.id, **tom).status_code == 200
        osei.send("staff.allergies.mark_mistaken", allergy_id=none.id, **tom)
        assert "nobody has asked yet" in osei.open(HEALTH, **tom).text

    def test_one_that_is_over_is_changed_to_that(self, osei, session, tom):
        osei.send("staff.allergies.create", {"substance": "Eggs"}, **tom)
        where = tom | {"allergy_id": one(session, Allergy).id}
        osei.send("staff.allergies.update", {"substance": "Eggs", "status": "resolved"}, **where)
        assert "Eggs" not in osei.open(HEALTH, **tom).text
        assert "Resolved" in osei.open("staff.allergies.index", **tom).text


class TestVaccinationsAndProcedures:
    def test_a_vaccination_is_written_down_and_changed(self, osei, session, tom):
        form = {"vaccine": "Tetanus", "given_on": "02/05/2024", "status": "completed", "dose_number": "3"}
        assert osei.send("staff.immunizations.create", form, **tom).status_code == 303
        given = one(session, Immunization)
        where = tom | {"immunization_id": given.id}
        before = given.given_at
        assert "02/05/2024" in osei.open("staff.immunizations.edit", **where).text
        changed = form | {"status": "not_done", "reason": "Fever"}
        assert osei.send("staff.immunizations.update", changed, **where).status_code == 303
        given = one(session, Immunization)
        assert (given.status, given.given_at, given.reason) == (ImmunizationStatus.NOT_DONE, before, "Fever")
        assert osei.send("staff.immunizations.update", form | {"reason": "Fever"}, **where).status_code == 422

    def test_a_procedure_is_written_down_and_taken_back(self, osei, session, tom):
        form = {"name": "Appendix taken out", "performed_on": "02/05/2004", "status": "completed"}
        osei.send("staff.procedures.create", form, **tom)
        where = tom | {"procedure_id": one(session, Procedure).id}
        assert "Appendix taken out" in osei.open("staff.charts.timeline", **tom).text
        osei.send("staff.procedures.mark_mistaken", **where)
        assert "Appendix" not in osei.open("staff.charts.timeline", **tom).text
        osei.send("staff.procedures.restore", **where)
        assert osei.send("staff.procedures.create", form | {"performed_on": "tomorrow"}, **tom).status_code == 422


MINE, THEIRS = "Mine", "A colleague’s"
ENTRIES = {
    "conditions": (Condition, "condition_id", {"name": "Gout"}),
    "allergies": (Allergy, "allergy_id", {"substance": "Eggs"}),
    "immunizations": (Immunization, "immunization_id",
                      {"vaccine": "Tetanus", "given_on": "02/05/2024", "status": "completed"}),
    "procedures": (Procedure, "procedure_id",
                   {"name": "Appendix taken out", "performed_on": "02/05/2004", "status": "completed"}),
}  # fmt: skip


@pytest.mark.parametrize("kind", ENTRIES)
def test_who_saves_over_a_colleagues_words_is_told_once_and_loses_none(osei, session, tom, kind):
    model, key, form = ENTRIES[kind]
    osei.send(f"staff.{kind}.create", form, **tom)
    where = tom | {key: one(session, model).id}
    seen = seen_on(osei.open(f"staff.{kind}.edit", **where))
    osei.send(f"staff.{kind}.update", form | {"notes": THEIRS, "seen": seen}, **where)
    again = osei.send(f"staff.{kind}.update", form | {"notes": MINE, "seen": seen}, **where)
    assert again.status_code == 409 and MINE in again.text and "A colleague changed this meanwhile" in again.text
    assert one(session, model).notes == THEIRS
    assert osei.send(f"staff.{kind}.update", form | {"notes": MINE, "seen": seen_on(again)}, **where).status_code == 303
    assert one(session, model).notes == MINE
    assert osei.send(f"staff.{kind}.update", form | {"seen": "yesterday"}, **where).status_code == 422


def test_a_blood_group_is_chosen_from_the_eight(osei, session, cast, tom):
    assert osei.send("staff.health.set_blood_group", {"blood_group": "AB-"}, **tom).status_code == 303
    session.expire_all()
    assert session.get(Patient, (cast.rose.id, cast.tom.id)).blood_group == "AB-"
    assert osei.send("staff.health.set_blood_group", {"blood_group": "Z"}, **tom).status_code == 422


def test_the_desk_reads_no_condition_and_writes_nothing(amara, session, cast, tom):
    conditions.record(session.get(Patient, (cast.rose.id, cast.tom.id)), by=cast.osei.actor, name="Gout")
    session.commit()
    gout = session.scalars(sa.select(Condition)).one()
    assert amara.open(HEALTH, **tom).status_code == 403
    assert amara.open("staff.conditions.edit", condition_id=gout.id, **tom).status_code == 403
    assert amara.send("staff.allergies.create", {"substance": "Latex"}, **tom).status_code == 403
    assert "Gout" not in amara.open("staff.patients.show", **tom).text


def test_another_doctors_patient_another_clinic_and_another_patients_entry_are_not_here(lind, osei, session, cast, tom):
    gout = conditions.record(session.get(Patient, (cast.rose.id, cast.tom.id)), by=cast.osei.actor, name="Gout")
    session.commit()
    assert lind.open(HEALTH, **tom).status_code == 404
    cast.booked(cast.tomorrow_at(12), patient=cast.maya_patient)
    other = {"patient_id": cast.maya_patient.id, "condition_id": gout.id}
    assert osei.open("staff.conditions.edit", **other).status_code == 404
    assert osei.send("staff.conditions.mark_mistaken", **other).status_code == 404
    assert osei.open(HEALTH, patient_id=cast.sam.id).status_code == 404


def test_a_long_record_takes_no_more_statements_than_a_short_one(app, osei, session, cast, tom):
    osei.open(HEALTH, **tom)
    with counted(app) as short:
        osei.open(HEALTH, **tom)
    row = {
        "clinic_id": cast.rose.id,
        "patient_id": cast.tom.id,
        "source": "clinic",
        "recorded_by_id": cast.osei.user.id,
    }
    when = {"performed_at": sa.func.now(), "status": "completed", "name": "x"}
    given = {"given_at": sa.func.now(), "status": "completed", "vaccine": "x"}
    suffered = {"recorded_at": sa.func.now(), "name": "x"}
    for model, facts in ((Condition, suffered), (Procedure, when), (Immunization, given)):
        rows = [row | facts | {"id": sa.func.gen_random_uuid()} for _ in range(130)]
        session.execute(sa.insert(model.__table__).values(rows))
    session.commit()
    with counted(app) as long:
        page = osei.open(HEALTH, **tom)
    assert len(long) <= len(short) + 3 and page.text.count("/conditions/") < 110
    assert "All vaccinations" in page.text
    assert osei.open("staff.conditions.index", page=2, **tom).status_code == 200


def test_whoever_books_sees_allergies_and_tags(amara, session, cast, tom):
    patient = session.get(Patient, (cast.rose.id, cast.tom.id))
    allergies.record(patient, by=cast.osei.actor, substance="Latex")
    patient.allergies = "Perhaps nuts"
    session.commit()
    amara.send("staff.patients.add_tag", {"tag": "Needs an interpreter", "kind": "tag"}, **tom)
    for page in ("staff.booking.new", "staff.walk_ins.new", "staff.requests.new"):
        text = amara.open(page, **tom).text
        assert "Latex" in text and "Perhaps nuts" in text and "Needs an interpreter" in text, page


def test_a_medical_assistant_reads_allergies_but_no_conditions(app, session, cast, tom):
    session.execute(
        sa.update(Membership).where(Membership.user_id == cast.amara.user.id).values(role=Role.MEDICAL_ASSISTANT)
    )
    session.commit()
    from tests.visitor import Visitor

    helper = Visitor(app, cast.amara)
    assert helper.open("staff.measurements.new", **tom).status_code == 200
    assert helper.open(HEALTH, **tom).status_code == 403


def test_the_sentence_of_an_earlier_record_is_shown_until_it_is_entered(osei, session, cast, tom):
    patient = session.get(Patient, (cast.rose.id, cast.tom.id))
    patient.allergies, patient.chronic_diseases = "Nuts, so he says", "Sugar"
    session.commit()
    assert osei.send("staff.allergies.settle", **tom).status_code == 409
    assert osei.send("staff.conditions.settle", **tom).status_code == 409
    osei.send("staff.allergies.create", {"substance": "Hazelnut", "source_text": "Nuts, so he says"}, **tom)
    osei.send("staff.conditions.create", {"icd10": "E11.9"}, **tom)
    page = osei.open(HEALTH, **tom).text
    assert "Nuts, so he says" in page and "Sugar" in page and page.count("It is entered now") == 2
    assert osei.send("staff.allergies.settle", **tom).status_code == 303
    assert osei.send("staff.conditions.settle", **tom).status_code == 303
    page = osei.open(HEALTH, **tom).text
    assert "so he says" not in page and "Sugar" not in page and "Hazelnut" in page
    assert "Nuts, so he says" in osei.open("staff.allergies.index", **tom).text
    assert "Sugar" in osei.open("staff.conditions.index", **tom).text
