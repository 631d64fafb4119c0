"""A patient takes along what the portal shows them, and nothing more."""

import io
import json
import zipfile

import pytest
import sqlalchemy as sa

from clinic.actions import visits
from clinic.models.accounts import UserSession
from clinic.models.audit import AuditEntry
from clinic.models.visits import CancelReason, Visit
from clinic.queries.exports import RELEASED


@pytest.fixture
def copy(maya, cast):
    """What Maya's copy holds, file by file."""

    def take():
        answer = maya.send("portal.exports.create", patient_id=cast.maya_patient.id)
        assert answer.status_code == 200, answer.text
        with answer, zipfile.ZipFile(io.BytesIO(answer.data)) as file:
            return {name: json.loads(file.read(name)) for name in file.namelist()}

    return take


class TestCopy:
    def test_the_details_page_leads_to_it(self, maya, cast):
        assert "Take a copy" in maya.open("portal.details.index").text
        assert "Maya Okafor" in maya.open("portal.exports.new", patient_id=cast.maya_patient.id).text

    def test_it_holds_their_details_and_their_visits_and_none_of_the_clinics_notes(self, copy, cast, session):
        cast.maya_patient.notes = "Canary: always late"
        visit = cast.booked(patient=cast.maya_patient, reason="Sore throat", notes="Canary: says she is fine")
        session.commit()
        files = copy()
        assert set(files) == {"contents.json", *(f"{table}.json" for table in RELEASED)}
        assert files["patients.json"][0]["phone"] == "+44 20 7946 0123"
        assert [(row["id"], row["reason"]) for row in files["visits.json"]] == [(str(visit.id), "Sore throat")]
        assert "Canary" not in json.dumps(files)

    def test_what_was_entered_by_mistake_is_not_in_it(self, copy, cast, session):
        visit = cast.booked(patient=cast.maya_patient)
        visits.cancel(session.get(Visit, (cast.rose.id, visit.id)), CancelReason.ENTERED_IN_ERROR, by=cast.amara.actor)
        session.commit()
        assert copy()["visits.json"] == []

    def test_it_is_remembered_that_they_took_it(self, copy, cast, session):
        copy()
        session.rollback()
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "exports.create")).one()
        assert entry.actor_id == cast.maya.user.id

    def test_another_patients_copy_is_a_404(self, maya, cast):
        for patient in (cast.tom, cast.sam):
            assert maya.open("portal.exports.new", patient_id=patient.id).status_code == 404
            assert maya.send("portal.exports.create", patient_id=patient.id).status_code == 404

    def test_the_clinics_people_do_not_take_it_here(self, amara, cast):
        assert amara.send("portal.exports.create", patient_id=cast.maya_patient.id).status_code == 403

    def test_who_has_not_proved_lately_who_they_are_does_so_first(self, maya, cast, session):
        session.execute(sa.update(UserSession).values(proved_at=sa.func.now() - sa.text("interval '11 minutes'")))
        session.commit()
        answer = maya.send("portal.exports.create", patient_id=cast.maya_patient.id)
        assert answer.status_code in (302, 303) and "/prove" in answer.headers["Location"]
