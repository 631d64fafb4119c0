"""A patient's prescriptions: there at issue, with what became of them, on paper too, and nobody else's."""

from clinic.actions import patient_merges, prescriptions
from clinic.actions.patients import register
from tests.prescribing import AMOXICILLIN, ARNICA, prescribed


def test_it_is_there_from_its_issue_on(maya, session, cast):
    assert "Nothing has been prescribed" in maya.open("portal.prescriptions.index").text
    issued = prescribed(session, cast, patient=cast.maya_patient, advice="Rest")
    assert "Amoxicillin" in maya.open("portal.prescriptions.index").text
    page = maya.open("portal.prescriptions.show", prescription_id=issued.id).text
    assert "three times a day" in page and "Rest" in page and "Dr Kwame Osei" in page
    assert "Prescriptions" in maya.open("portal.record.index").text


def test_what_was_stopped_or_replaced_is_said(maya, session, cast):
    issued = prescribed(session, cast, patient=cast.maya_patient)
    prescriptions.stop(issued, "You had a rash", by=cast.osei.actor, item=issued.items[0])
    session.commit()
    page = maya.open("portal.prescriptions.show", prescription_id=issued.id).text
    assert "do not take it any more" in page and "You had a rash" in page
    prescribed(session, cast, ARNICA, patient=cast.maya_patient, replaces=issued)
    assert "counts no more" in maya.open("portal.prescriptions.show", prescription_id=issued.id).text


def test_why_it_was_prescribed_against_an_allergy_is_for_colleagues(maya, session, cast):
    cast.maya_patient.allergies = "Penicillin"
    session.commit()
    bold = prescriptions.Medicine("Amoxicillin", allergy_reason="Nothing else helps her")
    issued = prescribed(session, cast, bold, patient=cast.maya_patient)
    for end in ("show", "sheet"):
        assert "Nothing else" not in maya.open(f"portal.prescriptions.{end}", prescription_id=issued.id).text


def test_it_is_printed_and_saved(maya, session, cast):
    issued = prescribed(session, cast, patient=cast.maya_patient)
    assert "Maya Okafor" in maya.open("portal.prescriptions.sheet", prescription_id=issued.id).text
    assert maya.open("portal.prescriptions.pdf", prescription_id=issued.id).data.startswith(b"%PDF")


def test_what_stands_in_a_record_that_was_merged_into_theirs_is_theirs_too(maya, osei, session, cast):
    twin = register(session, by=cast.amara.actor, full_name="Maya Okafor")
    issued = prescribed(session, cast, ARNICA, patient=twin)
    patient_merges.merge(cast.maya_patient, twin, "The same person", by=cast.ines.actor)
    session.commit()
    assert "Arnica montana" in maya.open("portal.prescriptions.index").text
    for end in ("show", "sheet", "pdf"):
        assert maya.open(f"portal.prescriptions.{end}", prescription_id=issued.id).status_code == 200
    ids = {"patient_id": cast.maya_patient.id, "prescription_id": issued.id}
    assert "Arnica montana" in osei.open("staff.prescriptions.show", **ids).text


def test_nobody_elses(maya, session, cast):
    toms = prescribed(session, cast, AMOXICILLIN)
    for end in ("show", "sheet", "pdf"):
        assert maya.open(f"portal.prescriptions.{end}", prescription_id=toms.id).status_code == 404
    assert maya.open("portal.prescriptions.index", patient_id=cast.tom.id).status_code == 404
