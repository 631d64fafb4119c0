"""The desk writes down that a patient has died, sees what is still to come, and can take it back."""

from flask import redirect, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import deaths as verbs
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.filters import day_short
from clinic.forms.deaths import DeathForm
from clinic.htmx import again, changed
from clinic.htmx import show as answer
from clinic.queries import patients as queries
from clinic.queries.requests import requests_of_patients
from clinic.views.staff import own_patients
from clinic.views.staff.patients import own_clinic

bp = GuardedBlueprint("deaths", __name__, face="staff", url_prefix="/patients/<uuid:patient_id>/death")
EDIT, PAGE = Permission.PATIENTS_EDIT, "staff/deaths/show.html"


@bp.get("", needs=EDIT, shows="patients")
def show(patient_id):
    """What happens when it is recorded or, once it is, what is still to come."""
    patient = own_patients.patient(patient_id)
    if patient.id != patient_id:
        return redirect(url_for(".show", patient_id=patient.id))
    return answer(PAGE, **_facts(patient))


@bp.post("/record", needs=EDIT)
def record(patient_id):
    """Write down that the patient has died."""
    patient, form = own_patients.patient(patient_id), DeathForm(own_clinic())
    if not form.validate_on_submit():
        return again(PAGE, **_facts(patient, form))
    # A day that is only corrected has nothing to undo: that would take back more than was done.
    undo = None if patient.is_deceased else url_for(".take_back", patient_id=patient.id)
    try:
        verbs.record(patient, form.died_on.data, by=current.actor)
    except Refused as refusal:
        return _refused(patient_id, form, refusal)
    return changed(then=url_for(".show", patient_id=patient.id), message=_said(patient), undo=undo)


@bp.post("/take-back", needs=EDIT)
def take_back(patient_id):
    """It was a mistake."""
    patient = verbs.take_back(own_patients.patient(patient_id), by=current.actor)
    words = _("Taken back: %(name)s has not died. They can be written to and booked again.", name=patient.full_name)
    return changed(then=url_for("staff.patients.show", patient_id=patient.id), message=words)


def _said(patient):
    if patient.died_at:
        return _("Recorded: %(name)s died on %(day)s.", name=patient.full_name, day=day_short(patient.died_at))
    return _("Recorded: %(name)s has died.", name=patient.full_name)


def _refused(patient_id, form, refusal):
    sentence = said(refusal)
    db.session.rollback()
    form.blame(sentence, refusal.field)
    return again(PAGE, status=409, **_facts(own_patients.patient(patient_id), form))


def _facts(patient, form=None):
    """What the page shows: the day, and the visits and wishes that the desk decides about."""
    may_see, may_book = current.may(Permission.VISITS_SEE), current.may(Permission.VISITS_BOOK)
    coming, session, clinic = queries.visits_of(patient.id)[0], db.session(), own_clinic()
    if form is None:
        form = DeathForm(clinic, formdata=None)
        form.died_on.data = form.day_of(patient.died_at)
    return {
        "patient": patient, "form": form, "coming": session.scalars(coming).all() if may_see else None,
        "asked": requests_of_patients(session, [patient.id]) if may_book else (),
    }  # fmt: skip
