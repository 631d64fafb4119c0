"""What patients read of their own health."""

from decimal import Decimal

import pytest

from clinic.actions import allergies, conditions, immunizations, measurements
from clinic.db import now
from clinic.models.measurements import Kind
from clinic.models.patients import Patient


@pytest.fixture
def mine(session, cast):
    """Maya's record, with something of everything, and a mistake."""
    patient, by = session.get(Patient, (cast.rose.id, cast.maya_patient.id)), cast.osei.actor
    conditions.record(patient, by=by, icd10="J45.909", notes="Between us doctors")
    conditions.mark_mistaken(conditions.record(patient, by=by, name="Gout"), by=by)
    allergies.record(patient, by=by, substance="Penicillin")
    immunizations.record(patient, by=by, vaccine="Tetanus", given_at=now())
    measurements.record(patient, {Kind.BLOOD_PRESSURE: Decimal(150), "diastolic": Decimal(95)}, by=by)
    conditions.record(session.get(Patient, (cast.rose.id, cast.tom.id)), by=by, name="Toms own")
    session.commit()


def test_a_patient_reads_what_is_known_without_mistakes_and_notes(maya, mine):
    page = maya.open("portal.health.index").text
    assert "Unspecified asthma" in page and "Penicillin" in page and "Tetanus" in page
    assert "Gout" not in page and "Between us" not in page and "Toms own" not in page


def test_a_patient_reads_what_was_measured(maya, mine):
    page = maya.open("portal.health.measured").text
    assert "150/95" in page and "High" in page


def test_another_patients_health_is_not_there(maya, mine, cast):
    for page in ("portal.health.index", "portal.health.measured"):
        assert maya.open(page, patient_id=cast.tom.id).status_code == 404


def test_the_record_leads_there(maya, mine):
    page = maya.open("portal.record.index").text
    assert "/portal/health" in page and "Measured values" in page
