"""Deleting a record so that nobody finds it, and restoring it."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from clinic.actions import legal_holds, patient_merges
from clinic.actions.patients import register
from clinic.models.patient_changes import PatientChange
from clinic.models.patients import Patient
from clinic.models.requests import RequestStatus, VisitRequest
from clinic.models.visits import VisitSource

WHY = "Registered by mistake on the phone"


def delete(who, patient, reason=WHY):
    return who.send("staff.deletions.delete", {"reason": reason}, patient_id=patient.id)


def test_a_deleted_record_is_found_by_nobody_and_comes_back_whole(ines, amara, maya, cast, session):
    assert delete(ines, cast.maya_patient).status_code == 303
    assert amara.open("staff.patients.show", patient_id=cast.maya_patient.id).status_code == 404
    assert cast.maya_patient.mrn not in amara.send("staff.patients.find", {"q": "Maya Okafor"}, htmx=True).text
    assert "Maya Okafor" not in maya.open("portal.details.index").text
    assert "Maya Okafor" in ines.open("staff.deletions.index").text
    assert ines.send("staff.deletions.restore", patient_id=cast.maya_patient.id).status_code == 303
    assert amara.open("staff.patients.show", patient_id=cast.maya_patient.id).status_code == 200
    assert "Maya Okafor" in maya.open("portal.details.index").text
    session.rollback()
    history = session.scalars(sa.select(PatientChange).order_by(PatientChange.created_at)).all()
    assert [(row.field, row.after) for row in history] == [("deleted", WHY), ("restored", "restored")]
    assert WHY in amara.open("staff.patient_changes.index", patient_id=cast.maya_patient.id).text


def test_what_is_still_to_come_must_be_answered_first(ines, cast, session):
    cast.booked()
    session.commit()
    answer = delete(ines, cast.tom)
    assert answer.status_code == 409 and "visits to come" in answer.text and WHY in answer.text
    assert delete(ines, cast.tom, "oops").status_code == 422


def test_nor_is_one_deleted_that_is_held_asked_about_or_waited_for(ines, cast, session):
    hold = legal_holds.place(cast.tom, "A letter of the court", by=cast.ines.actor)
    session.commit()
    assert "legal hold" in delete(ines, cast.tom).text
    legal_holds.end(hold, by=cast.ines.actor)
    twice = register(session, by=cast.amara.actor, full_name="Tom Baker")
    session.flush()
    asked = patient_merges.ask(cast.tom, twice, WHY, by=cast.amara.actor)
    session.commit()
    assert "to be merged" in delete(ines, twice).text
    patient_merges.decline(asked, by=cast.ines.actor)
    session.add(
        VisitRequest(
            clinic_id=cast.rose.id, patient_id=twice.id, reason="A cough", source=VisitSource.PORTAL,
            status=RequestStatus.NEW, answer_by=datetime.now(UTC) + timedelta(hours=1),
        )
    )  # fmt: skip
    session.commit()
    assert "waits for a time" in delete(ines, twice).text
    assert delete(ines, cast.tom).status_code == 303


def test_only_an_administrator_deletes_and_restores(amara, osei, stranger, ines, cast, session):
    for who, status in ((amara, 403), (osei, 403), (stranger, 403)):
        assert delete(who, cast.maya_patient).status_code == status
    assert ines.send("staff.deletions.restore", patient_id=cast.maya_patient.id).status_code == 404
    session.rollback()
    assert session.get(Patient, (cast.rose.id, cast.maya_patient.id)).deleted_at is None
