"""Results on screen: typed in off a report, taken out of a laboratory's file, looked at by the dozen, withdrawn."""

import io
import json

import pytest
import sqlalchemy as sa

from clinic.actions import lab_results
from clinic.models.lab_orders import LabOrderStatus
from clinic.models.lab_results import Flag, LabResult
from tests.labs import entered, ordered, sodium


@pytest.fixture(autouse=True)
def known(cast):
    """Maya has a visit with Dr Osei, so that she is a patient of theirs."""
    return cast.booked(patient=cast.maya_patient)


@pytest.fixture
def maya_id(cast):
    """The id in Maya's addresses."""
    return cast.maya_patient.id


def found(session):
    """Every result, as it is now."""
    session.rollback()
    session.expire_all()
    return session.scalars(sa.select(LabResult).order_by(LabResult.id)).all()


def observation(value="151", patient="Patient/1", **more):
    """Sodium as a laboratory sends it in FHIR."""
    return {
        "resourceType": "Observation", "id": "na", "status": "final", "effectiveDateTime": "2024-03-04",
        "subject": {"reference": patient}, "code": {"coding": [{"system": "http://loinc.org", "code": "2951-2",
                                                                "display": "Sodium"}]},
        "valueQuantity": {"value": float(value), "unit": "mmol/L"},
        "referenceRange": [{"low": {"value": 135}, "high": {"value": 145}}], **more,
    }  # fmt: skip


def file_of(*resources):
    """A bundle to send."""
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}
    return io.BytesIO(json.dumps(bundle).encode()), "report.json"


def person(name="Maya", born="1990-04-12"):
    """The patient whom the file brings along."""
    return {"resourceType": "Patient", "id": "1", "name": [{"given": [name], "family": "Okafor"}], "birthDate": born}


def test_results_are_typed_off_a_report_and_the_order_is_complete(cast, session, osei, maya_id):
    order = ordered(cast, session)
    page = osei.open("staff.lab_results.new", patient_id=maya_id, order_id=order.id).text
    assert 'value="Sodium"' in page and 'value="Potassium"' in page
    form = {
        "sampled_on": "04/03/2024", "laboratory": "City Lab", "is_whole": "y", "analyte_0": "sodium",
        "value_0": "151", "unit_0": "mmol/L", "usual_0": "135 - 145", "analyte_1": "Potassium", "value_1": "",
        "analyte_2": "HIV", "value_2": "negative", "analyte_3": "CRP", "value_3": "<0.5", "usual_3": "<5",
    }  # fmt: skip
    answer = osei.send("staff.lab_results.enter", form, patient_id=maya_id, order_id=order.id)
    assert answer.status_code == 303, answer.text
    rows = found(session)
    assert [(each.analyte, each.flag) for each in rows] == [("sodium", Flag.HIGH), ("HIV", None), ("CRP", Flag.NORMAL)]
    assert rows[0].code == "2951-2" and rows[1].value_text == "negative" and rows[2].comparator == "<"
    assert order.status == LabOrderStatus.COMPLETED


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"analyte_0": "Sodium", "value_0": "6,3"}, "Write numbers like 1,234.5."),
        ({"analyte_0": "Sodium", "value_0": "6", "usual_0": "9-3"}, "Write numbers like 1,234.5."),
        ({"analyte_0": "Sodium", "value_0": "6", "unit_0": "mg per dL"}, "Write the unit as UCUM does"),
        ({"value_0": "6"}, "Say what was measured."),
        ({"analyte_0": "Sodium", "unit_0": "mmol/L"}, "Enter what was found, or empty the row."),
        ({}, "Enter at least one result."),
        ({"analyte_0": "Sodium", "value_0": "6", "sampled_on": ""}, "Say when the sample was taken."),
        ({"analyte_0": "Sodium", "value_0": "6", "flag_0": "odd"}, "Choose from what is offered."),
    ],
)
def test_a_row_that_cannot_be_read_is_told_what_is_wrong_and_nothing_is_lost(session, osei, maya_id, row, sentence):
    form = {"sampled_on": "04/03/2024", "release_rule": "now", "laboratory": "City Lab", **row}
    answer = osei.send("staff.lab_results.enter", form, patient_id=maya_id)
    assert answer.status_code == 422 and sentence in answer.text and "City Lab" in answer.text
    assert not found(session)


def test_more_rows_are_given_and_what_was_typed_stays(osei, maya_id):
    form = {f"value_{row}": "" for row in range(4)} | {"value_0": "6", "more": "yes"}
    page = osei.send("staff.lab_results.enter", form, patient_id=maya_id).text
    assert "value_8" in page and "value_9" not in page and 'value="6"' in page


def test_a_laboratorys_file_is_taken_in_and_again_changes_nothing(cast, session, osei, maya_id):
    order = ordered(cast, session)
    for _twice in range(2):
        form = {"file": file_of(person(), observation()), "order_id": order.id, "is_whole": "y", "release_rule": "now"}
        assert osei.send("staff.lab_files.take_in", form, patient_id=maya_id).status_code == 303
    (result,) = found(session)
    assert (result.order_id, result.flag, result.code) == (order.id, Flag.HIGH, "2951-2")
    assert order.status == LabOrderStatus.COMPLETED and not order.is_released
    page = osei.open("staff.lab_orders.show", patient_id=maya_id, order_id=order.id).text
    assert "known: 1" in page and "4 Mar 2024" in page


def test_a_file_about_somebody_else_is_not_taken_in_before_somebody_says_that_it_is_theirs(session, osei, maya_id):
    form = {"release_rule": "now", "file": file_of(person("Peter", "1974-12-25"), observation())}
    answer = osei.send("staff.lab_files.take_in", form, patient_id=maya_id)
    assert answer.status_code == 422 and "Peter Okafor · 1974-12-25" in answer.text
    assert not found(session)
    form = {"release_rule": "now", "file": file_of(person("Peter", "1974-12-25"), observation()), "is_theirs": "y"}
    assert osei.send("staff.lab_files.take_in", form, patient_id=maya_id).status_code == 303
    (result,) = found(session)
    assert result.order_id is None and result.is_released


@pytest.mark.parametrize(
    ("resources", "sentence"),
    [
        ((observation(status="preliminary"),), "The laboratory has not finished it."),
        ((observation(), observation(patient="Patient/2", id="k")), "several patients"),
        (({"resourceType": "Medication"},), "no laboratory result"),
    ],
)
def test_a_file_that_cannot_be_taken_says_why(session, osei, maya_id, resources, sentence):
    answer = osei.send(
        "staff.lab_files.take_in", {"release_rule": "now", "file": file_of(*resources)}, patient_id=maya_id
    )
    assert answer.status_code == 422 and sentence in answer.text and not found(session)


def test_without_a_file_it_says_so(osei, maya_id):
    answer = osei.send("staff.lab_files.take_in", {"release_rule": "now"}, patient_id=maya_id)
    assert answer.status_code == 422 and "Choose a file first." in answer.text
    assert "Take the results in" in osei.open("staff.lab_files.new", patient_id=maya_id).text


def test_results_without_an_order_are_looked_at_and_held_back_by_the_dozen(cast, session, osei, maya_id):
    lab_results.enter(cast.maya_patient, [sodium(), sodium("151")], by=cast.osei.actor)
    entered(cast, session, ordered(cast, session))
    ids = [each.id for each in found(session)]
    assert osei.send("staff.lab_results.review", {"result": ids}, patient_id=maya_id).status_code == 303
    first, second, of_order = found(session)
    assert first.is_released and second.is_released and not of_order.is_released
    page = osei.open("staff.lab_results.index", patient_id=maya_id).text
    assert "The patient sees it" in page and str(of_order.id) not in page
    osei.send("staff.lab_results.revoke", {"result": ids[:1]}, patient_id=maya_id)
    assert osei.send("staff.lab_results.release", {"result": ids[:1]}, patient_id=maya_id).status_code == 409
    page = osei.open("staff.lab_results.index", patient_id=maya_id).text
    assert f'name="held" value="{ids[0]}"' in page
    osei.send("staff.lab_results.release", {"result": ids[:1], "held": ids[:1]}, patient_id=maya_id)
    assert found(session)[0].is_released
    assert osei.send("staff.lab_results.review", {"result": ["x"]}, patient_id=maya_id).status_code == 404


def test_a_result_tells_what_was_found_before_and_can_be_withdrawn(cast, session, osei, maya_id):
    lab_results.enter(cast.maya_patient, [sodium("137.0")], by=cast.osei.actor)
    session.execute(sa.update(LabResult).values(sampled_at=sa.text("'2024-01-02T00:00Z'")))
    lab_results.enter(cast.maya_patient, [sodium("151")], by=cast.osei.actor)
    session.commit()
    later = found(session)[1]
    assert (
        "137.0 mmol/L on 2 Jan 2024" in osei.open("staff.lab_results.show", patient_id=maya_id, result_id=later.id).text
    )
    assert (
        "The same at other times"
        in osei.open("staff.lab_results.show", patient_id=maya_id, result_id=found(session)[0].id).text
    )
    ids = {"patient_id": maya_id, "result_id": later.id}
    assert "Withdraw this result?" in osei.open("staff.lab_results.withdraw", **ids).text
    assert osei.send("staff.lab_results.withdraw", {}, **ids).status_code == 303
    assert found(session)[1].is_withdrawn
    assert "Withdrawn" in osei.open("staff.lab_results.show", **ids).text
    assert osei.open("staff.lab_results.show", patient_id=cast.tom.id, result_id=later.id).status_code == 404
