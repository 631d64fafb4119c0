"""Deleting a record so that it can be restored, and restoring it."""

from flask import abort, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import deletions as verbs
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.keeping import ReasonForm
from clinic.htmx import again, changed, show
from clinic.openings import listed
from clinic.queries import deletions as queries
from clinic.views.asked import Page, page_number
from clinic.views.staff import own_patients

bp = GuardedBlueprint("deletions", __name__, face="staff", url_prefix="/deletions")
KEEP = Permission.PATIENTS_KEEP
FORM = "staff/deletions/new.html"


@bp.get("", needs=KEEP, shows="patients")
def index():
    """The records that were deleted, the latest first."""
    number = page_number()
    found = Page.of(db.session.execute(queries.deleted(current.clinic.id, number)), number, queries.ON_A_PAGE)
    listed(row.id for row in found.rows)
    return show("staff/deletions/index.html", found=found)


@bp.get("/<uuid:patient_id>/delete", needs=KEEP, shows="patients")
def new(patient_id):
    """Say what deleting means, and ask why."""
    return show(FORM, patient=own_patients.patient(patient_id), form=ReasonForm())


@bp.post("/<uuid:patient_id>/delete", needs=KEEP, fresh=True)
def delete(patient_id):
    """Put the record away."""
    patient, form = own_patients.patient(patient_id), ReasonForm()
    if not form.validate():
        return again(FORM, patient=patient, form=form)
    try:
        verbs.delete(patient, form.reason.data, by=current.actor)
    except Refused as refusal:
        return _refused(patient_id, form, refusal)
    undo = url_for(".restore", patient_id=patient.id)
    return changed(then=url_for(".index"), message=_("Deleted: %(name)s", name=patient.full_name), undo=undo)


@bp.post("/<uuid:patient_id>/restore", needs=KEEP, fresh=True)
def restore(patient_id):
    """Take the record out again."""
    patient = queries.one(db.session(), current.clinic.id, patient_id) or abort(404)
    verbs.restore(patient, by=current.actor)
    then = url_for("staff.patients.show", patient_id=patient_id)
    return changed(then=then, message=_("Restored: %(name)s", name=patient.full_name))


def _refused(patient_id, form, refusal):
    sentence = said(refusal)
    db.session.rollback()
    form.blame(sentence, refusal.field)
    return again(FORM, status=409, patient=own_patients.patient(patient_id), form=form)
