"""Two who change one patient's details: the second sees what the first wrote beside their own, and nothing is lost."""

from clinic.db import db
from clinic.errors import said
from clinic.htmx import again


def beside(both, form, template, find, patient_id):
    """The form once more after a ``ChangedMeanwhile``; ``find`` looks the patient up, or answers 404."""
    db.session.rollback()
    patient = find(patient_id)
    form.blame(said(both))
    form.meet(both.clashing, both.theirs, patient)
    return again(template, status=409, patient=patient, form=form)
