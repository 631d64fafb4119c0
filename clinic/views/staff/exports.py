"""A copy of everything the clinic holds about one patient, for an administrator to hand over."""

from functools import partial

from clinic.access import GuardedBlueprint, Permission
from clinic.actions.acting import audit
from clinic.current import current
from clinic.db import db
from clinic.queries import exports
from clinic.views.downloads import zip_of
from clinic.views.staff.keeping import known

bp = GuardedBlueprint("exports", __name__, face="staff", url_prefix="/keeping/<uuid:patient_id>/export")


@bp.post("", needs=Permission.PATIENTS_EXPORT, fresh=True)
def create(patient_id):
    """Make the copy, and remember who took it."""
    patient, session = known(patient_id), db.session()
    write = partial(exports.write_patient, session, clinic=current.clinic, patient=patient)
    response, rows = zip_of(write, f"patient-{patient.mrn}")
    audit(session, "exports.create", by=current.actor, record=patient, details={"rows": rows})
    return response
