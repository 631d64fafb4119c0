"""What was done to a patient: written down, changed, or marked as a mistake."""

from clinic.actions import recording
from clinic.actions.acting import action
from clinic.models.patients import Patient
from clinic.models.procedures import Procedure, ProcedureStatus


@action
def record(patient: Patient, *, by, **facts):
    """Write down something that was done, here or elsewhere."""
    session = recording.begin(patient)
    entry = recording.new(Procedure, patient, by=by, **facts)
    entry.status = entry.status or ProcedureStatus.COMPLETED
    session.add(entry)
    return entry


@action
def change(entry: Procedure, *, by, seen=None, **facts):
    """Change what is known of it."""
    recording.locked(entry, seen)
    recording.refuse_mistaken(entry)
    return recording.put(entry, facts)


@action
def mark_mistaken(entry: Procedure, *, by):
    """Say that it was never done."""
    return recording.mark_mistaken(entry, by=by)


@action
def restore(entry: Procedure, *, by):
    """Take back that it was a mistake."""
    return recording.restore(entry, by=by)
