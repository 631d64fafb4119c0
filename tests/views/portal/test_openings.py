"""Who opened my record: in plain words, about oneself only."""

from datetime import timedelta

import pytest

from clinic.actions.acting import audit
from clinic.db import now
from clinic.models.grants import AccessGrant, GrantKind
from clinic.models.patients import PatientAccess
from clinic.models.people import Relation

PAGE = "portal.openings.index"


class TestIndex:
    @pytest.mark.promise(30, "patients read who opened their record, by name and role")
    def test_it_names_who_looked_as_what_and_how_often(self, amara, maya, cast):
        for _time in range(3):
            amara.open("staff.patients.show", patient_id=cast.maya_patient.id)
        text = maya.open(PAGE).text
        assert "Amara Diallo" in text and "(Receptionist) looked at your record 3 times" in text

    def test_it_shows_nobody_elses_record(self, amara, maya, cast):
        amara.open("staff.patients.show", patient_id=cast.tom.id)
        text = maya.open(PAGE).text
        assert "looked at your record" not in text and "Tom Baker" not in text
        assert maya.open(PAGE, patient_id=cast.tom.id).status_code == 404

    def test_a_booking_and_a_visit_opened_are_there(self, osei, maya, cast):
        visit = cast.booked(patient=cast.maya_patient)
        osei.open("staff.visits.show", visit_id=visit.id)
        text = maya.open(PAGE).text
        assert "booked a visit" in text and "(Doctor) looked at a visit of yours" in text

    def test_what_was_refused_is_not_shown(self, lind, maya, cast):
        assert lind.open("staff.patients.show", patient_id=cast.maya_patient.id).status_code == 404
        assert "Lind" not in maya.open(PAGE).text

    def test_ones_own_acts_are_shown_when_asked_for(self, maya, cast):
        maya.open("portal.details.edit", patient_id=cast.maya_patient.id)
        assert "You</strong>" not in maya.open(PAGE).text
        assert "You</strong>" in maya.open(PAGE, own=1).text

    def test_an_emergency_tells_its_reason(self, session, maya, cast):
        grant = AccessGrant(
            clinic_id=cast.rose.id, kind=GrantKind.BREAK_GLASS, user_id=cast.lind.user.id,
            granted_by_id=cast.lind.user.id, patient_id=cast.maya_patient.id, until=now() + timedelta(hours=1),
            reason="Unconscious at the door",
        )  # fmt: skip
        session.add(grant)
        session.flush()
        audit(session, "patients.open", by=cast.lind.actor, record=cast.maya_patient,
              details={"break_glass": str(grant.id)})  # fmt: skip
        session.commit()
        text = maya.open(PAGE).text
        assert "Astrid Lind" in text and "The reason given: Unconscious at the door" in text

    def test_whoever_left_is_still_named(self, session, amara, maya, cast):
        amara.open("staff.patients.show", patient_id=cast.maya_patient.id)
        session.add(cast.amara.user)
        cast.amara.user.deleted_at = now()
        session.commit()
        assert "Amara Diallo" in maya.open(PAGE).text

    def test_somebody_who_cares_for_two_chooses_whose(self, session, amara, maya, cast):
        session.add(PatientAccess(clinic_id=cast.rose.id, patient_id=cast.tom.id, user_id=cast.maya.user.id,
                                  relation=Relation.CARER))  # fmt: skip
        session.commit()
        amara.open("staff.patients.show", patient_id=cast.tom.id)
        assert "Amara" in maya.open(PAGE, patient_id=cast.tom.id).text
        maya.open("portal.details.edit", patient_id=cast.tom.id)
        assert "(Carer)" in maya.open(PAGE, patient_id=cast.tom.id, own=1).text

    def test_addresses_devices_and_details_stay_with_the_clinic(self, amara, maya, cast):
        amara.open("staff.patients.show", patient_id=cast.maya_patient.id)
        text = maya.open(PAGE).text
        assert "127.0.0.1" not in text and "Werkzeug" not in text and "staff.patients" not in text

    def test_a_member_of_staff_has_no_such_page(self, amara):
        assert amara.open(PAGE).status_code == 403
