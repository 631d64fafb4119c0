"""What a merge of two records does to their clinical entries: what is finished stays, nothing is torn apart."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from clinic.actions import allergies, lab_results, patient_merges
from clinic.actions.lab_results import Reported
from clinic.actions.patients import register
from clinic.models.lab_orders import LabOrder
from clinic.models.lab_results import LabResult
from clinic.models.prescriptions import Prescription
from clinic.models.visits import Visit
from clinic.queries import allergies as known_allergies
from clinic.queries import prescriptions as known_prescriptions
from clinic.queries.patient_keys import ties_between_patients_rows
from clinic.queries.timeline import records_of
from tests.actions.merging import merged
from tests.labs import ordered, sodium
from tests.prescribing import prescribed
from tests.races.invariants import broken


@pytest.fixture
def twice(session, cast):
    """Tom, registered once more by mistake."""
    made = register(session, by=cast.amara.actor, full_name="Tom Baker")
    session.commit()
    return made


def undone(session, cast, line):
    patient_merges.undo(line, by=cast.ines.actor)
    session.commit()
    session.expire_all()


@pytest.fixture
def sound(session, server):
    """Ask whether `flask check` would find nothing."""

    def ask():
        session.rollback()
        return broken(server.url("postgres")) or True

    return ask


def test_a_prescription_stays_as_it_was_issued_and_is_read_through(session, cast, twice, sound):
    visit = cast.booked(patient=twice)
    issued = prescribed(session, cast, patient=twice, visit=visit)
    line = merged(session, cast, cast.tom, twice)
    assert session.get(Prescription, (cast.rose.id, issued.id)).patient_id == twice.id
    assert session.get(Visit, (cast.rose.id, visit.id)).patient_id == cast.tom.id
    records = records_of(session, cast.rose.id, cast.tom.id)
    assert [row.id for row in known_prescriptions.of_patient(session, records, 1)] == [issued.id]
    assert sound() is True
    undone(session, cast, line)
    assert session.get(Visit, (cast.rose.id, visit.id)).patient_id == twice.id and sound() is True


def test_a_visit_at_which_something_was_prescribed_since_stays_with_it(session, cast, twice, sound):
    visit, other = cast.booked(patient=twice), cast.booked(cast.tomorrow_at(12), patient=twice)
    line = merged(session, cast, cast.tom, twice)
    prescribed(session, cast, visit=session.get(Visit, (cast.rose.id, visit.id)))
    undone(session, cast, line)
    assert session.get(Visit, (cast.rose.id, visit.id)).patient_id == cast.tom.id
    assert session.get(Visit, (cast.rose.id, other.id)).patient_id == twice.id
    assert sound() is True


def test_an_order_stays_with_a_result_that_the_other_record_has_already(session, cast, twice, sound):
    first, second = (ordered(cast, session, patient=patient) for patient in (cast.tom, twice))
    for order in (first, second):
        finding = Reported("urn:lab|7", b"139", replace(sodium(), laboratory="City Lab"))
        lab_results.take_in(order.patient, [finding], order=order, by=cast.osei.actor)
        lab_results.enter(order.patient, [sodium("141")], order=order, by=cast.osei.actor)
    session.commit()
    third = ordered(cast, session, patient=twice)
    line = merged(session, cast, cast.tom, twice)
    whose = {row.id: row.patient_id for row in session.scalars(sa.select(LabOrder))}
    assert whose == {first.id: cast.tom.id, second.id: twice.id, third.id: cast.tom.id}
    results = session.scalars(sa.select(LabResult).where(LabResult.order_id == second.id)).all()
    assert {row.patient_id for row in results} == {twice.id} and sound() is True
    undone(session, cast, line)
    assert {row.patient_id for row in session.scalars(sa.select(LabOrder))} == {cast.tom.id, twice.id}


@pytest.mark.parametrize("allergic", [0, 1])
def test_that_no_allergy_is_known_is_over_once_either_record_knows_of_one(session, cast, twice, allergic, sound):
    pair = (cast.tom, twice)
    cast.booked(patient=cast.tom)
    allergies.record(pair[allergic], substance="Penicillin", by=cast.osei.actor)
    allergies.state_none(pair[1 - allergic], by=cast.osei.actor)
    session.commit()
    merged(session, cast, cast.tom, twice)
    assert [row.substance for row in known_allergies.live(session, cast.tom.id)] == ["Penicillin"]
    assert known_allergies.none_known(session, cast.tom.id) is None and sound() is True


def test_what_belongs_to_a_visit_is_read_from_the_catalogue(session, cast):
    found = {(tie.child, tie.parent, tie.is_strict) for tie in ties_between_patients_rows(session)}
    assert ("lab_results", "lab_orders", True) in found
    assert {("visits", "series", False), ("documents", "visits", False), ("prescriptions", "visits", False)} <= found
