"""A patient takes along what the clinic shows them of their own record."""

from functools import partial

from flask import abort

from clinic.access import GuardedBlueprint, Permission
from clinic.actions.acting import audit
from clinic.current import current
from clinic.db import db
from clinic.htmx import show
from clinic.queries import exports, portal_offers
from clinic.views.downloads import zip_of

bp = GuardedBlueprint("exports", __name__, face="portal", url_prefix="/details/<uuid:patient_id>/copy")


@bp.get("", needs=Permission.PORTAL_USE, fresh=True, shows="patients")
def new(patient_id):
    """What is in the copy, and the button that makes it."""
    return show("portal/details/copy.html", patient=_own_or_404(patient_id))


@bp.post("", needs=Permission.PORTAL_USE, fresh=True)
def create(patient_id):
    """Make the copy."""
    patient, session = _own_or_404(patient_id), db.session()
    write = partial(exports.write_released, session, clinic=current.clinic, patient=patient)
    response, rows = zip_of(write, f"my-record-{patient.mrn}")
    audit(session, "exports.create", by=current.actor, record=patient, details={"rows": rows})
    return response


def _own_or_404(patient_id):
    found = portal_offers.own_patients(db.session(), current.patient_ids & {patient_id})
    return found[0] if found else abort(404)
