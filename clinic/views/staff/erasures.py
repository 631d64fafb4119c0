"""Asking for a record to be erased, and another administrator's answer."""

from flask import abort, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import erasures
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.keeping import ReasonForm
from clinic.htmx import changed
from clinic.models.keeping import Erasure
from clinic.views.staff.keeping import known, once_more

bp = GuardedBlueprint("erasures", __name__, face="staff", url_prefix="/keeping/<uuid:patient_id>/erasures")


@bp.post("/ask", needs=Permission.PATIENTS_KEEP, fresh=True)
def ask(patient_id):
    """Ask for the record to be erased; nothing happens to it yet."""
    patient, form = known(patient_id), ReasonForm(prefix="erasure")
    if not form.validate():
        return once_more(patient, erasure_form=form)
    try:
        erasures.ask(patient, form.reason.data, by=current.actor)
    except Refused as refusal:
        return _refused(patient_id, form, refusal)
    return changed(then=_page(patient_id), message=_("Asked. Nothing is erased before it is confirmed."))


@bp.post("/<uuid:erasure_id>/confirm", needs=Permission.PATIENTS_KEEP, fresh=True)
def confirm(patient_id, erasure_id):
    """Erase the record."""
    erasures.confirm(_asked(patient_id, erasure_id), by=current.actor)
    return changed(then=_page(patient_id), message=_("The record is erased."))


@bp.post("/<uuid:erasure_id>/withdraw", needs=Permission.PATIENTS_KEEP, fresh=True)
def withdraw(patient_id, erasure_id):
    """Leave the record as it is after all."""
    erasures.withdraw(_asked(patient_id, erasure_id), by=current.actor)
    return changed(then=_page(patient_id), message=_("The record stays as it is."))


def _asked(patient_id, erasure_id):
    erasure = db.session.get(Erasure, (current.clinic.id, erasure_id))
    return erasure if erasure and erasure.patient_id == patient_id else abort(404)


def _refused(patient_id, form, refusal):
    db.session.rollback()
    form.blame(said(refusal))
    return once_more(known(patient_id), status=409, erasure_form=form)


def _page(patient_id):
    return url_for("staff.keeping.show", patient_id=patient_id)
