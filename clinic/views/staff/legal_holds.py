"""Holding a record because the law asks for it, and letting go of it."""

from flask import abort, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import legal_holds
from clinic.current import current
from clinic.db import db
from clinic.forms.keeping import ReasonForm
from clinic.htmx import changed
from clinic.models.keeping import LegalHold
from clinic.views.staff.keeping import known, once_more

bp = GuardedBlueprint("legal_holds", __name__, face="staff", url_prefix="/keeping/<uuid:patient_id>/legal-holds")


@bp.post("/place", needs=Permission.PATIENTS_KEEP, fresh=True)
def place(patient_id):
    """Hold the record."""
    patient, form = known(patient_id), ReasonForm(prefix="hold")
    if not form.validate():
        return once_more(patient, hold_form=form)
    legal_holds.place(patient, form.reason.data, by=current.actor)
    words = _("The record is held: nothing of it is removed until the hold is ended.")
    return changed(then=url_for("staff.keeping.show", patient_id=patient_id), message=words)


@bp.post("/<uuid:hold_id>/end", needs=Permission.PATIENTS_KEEP, fresh=True)
def end(patient_id, hold_id):
    """Let go of the record."""
    hold = db.session.get(LegalHold, (current.clinic.id, hold_id))
    if hold is None or hold.patient_id != patient_id:
        abort(404)
    legal_holds.end(hold, by=current.actor)
    return changed(then=url_for("staff.keeping.show", patient_id=patient_id), message=_("The hold is ended."))
