"""Vaccinations: written down when they were given or were not, changed, or marked as a mistake."""

from clinic.actions import recording
from clinic.actions.acting import Refused, action
from clinic.models.immunizations import Immunization, ImmunizationStatus
from clinic.models.patients import Patient


@action
def record(patient: Patient, *, by, **facts):
    """Write down a vaccination, given here or elsewhere."""
    session = recording.begin(patient)
    entry = recording.new(Immunization, patient, by=by, **facts)
    entry.status = entry.status or ImmunizationStatus.COMPLETED
    _refuse_contradiction(entry)
    session.add(entry)
    return entry


@action
def change(entry: Immunization, *, by, seen=None, **facts):
    """Change what is known of it."""
    recording.locked(entry, seen)
    recording.refuse_mistaken(entry)
    recording.put(entry, facts)
    _refuse_contradiction(entry)
    return entry


@action
def mark_mistaken(entry: Immunization, *, by):
    """Say that it was never so."""
    return recording.mark_mistaken(entry, by=by)


@action
def restore(entry: Immunization, *, by):
    """Take back that it was a mistake."""
    return recording.restore(entry, by=by)


def _refuse_contradiction(entry):
    if entry.reason and entry.status == ImmunizationStatus.COMPLETED:
        raise Refused("A vaccination that was given needs no reason why it was not.", field="reason")
