"""In an emergency a doctor opens the record of another doctor's patient: exactly named, with a reason, for an hour."""

from flask import abort, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import grants, throttles
from clinic.actions.acting import Refused, audit, note_refusal
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.grants import OpenForm, WhoForm
from clinic.htmx import again, changed, moved_on, show
from clinic.models.grants import AccessGrant, GrantKind
from clinic.models.organizations import Clinic
from clinic.queries import grants as asked
from clinic.queries.own_patients import among
from clinic.views.staff.own_patients import reach

bp = GuardedBlueprint("break_glass", __name__, face="staff", url_prefix="/break-glass")
FIND, OPEN = "staff/break_glass/new.html", "staff/break_glass/open.html"


@bp.get("", needs=Permission.PATIENTS_BREAK_GLASS, fresh=True)
def new():
    """Who is it? Only somebody who knows exactly whom they need goes on."""
    return show(FIND, form=WhoForm(_clinic(), formdata=None))


@bp.post("/find", needs=Permission.PATIENTS_BREAK_GLASS, fresh=True, once=False)
def find():
    """Say that the patient is not theirs and ask why they are needed; one of their own is simply opened."""
    form = WhoForm(_clinic())
    patient = _patient(form)
    if patient is None:
        return again(FIND, form=form)
    if _is_open(patient):
        return moved_on(url_for("staff.patients.show", patient_id=patient.id))
    return show(OPEN, form=OpenForm(_clinic(), formdata=None), patient=patient, typed=form.typed)


@bp.post("", needs=Permission.PATIENTS_BREAK_GLASS, fresh=True)
def create():
    """Open the record; the administrators hear of it at once."""
    form = OpenForm(_clinic())
    patient = _patient(form)
    if patient is None:
        return _asked_again(form)
    if _is_open(patient):
        return moved_on(url_for("staff.patients.show", patient_id=patient.id))
    return _opened(form, patient)


@bp.post("/<uuid:grant_id>/end", needs=Permission.PATIENTS_BREAK_GLASS)
def end(grant_id):
    """Close the record again before its hour is over."""
    grant = db.session.get(AccessGrant, (current.clinic.id, grant_id))
    if grant is None or grant.kind != GrantKind.BREAK_GLASS or grant.user_id != current.user.id:
        abort(404)
    grants.end(grant, by=current.actor)
    return changed(then=url_for("staff.home.index"), message=_("The record is closed again."))


def _opened(form, patient):
    try:
        grants.break_glass(patient, form.reason.data, by=current.actor)
    except Refused as refused:
        db.session.rollback()
        form.blame(said(refused), refused.field)
        return again(OPEN, status=409, form=form, patient=patient, typed=form.typed)
    message = _("The record is open to you for an hour. The administrators have been told.")
    return changed(then=url_for("staff.patients.show", patient_id=patient.id), message=message)


def _patient(form):
    """The patient the form names exactly, or None with what is wrong on the form; each question stays on record."""
    throttles.spend(db.session(), throttles.EMERGENCIES.of(current.user.id))
    if not form.validate():
        return None
    found = _found(form)
    if found is None:
        note_refusal(db.session(), "break_glass.find", by=current.actor)
        form.blame(_("Nobody here is exactly that, or two people are. Check what you typed, or try the other way."))
    else:
        audit(db.session(), "break_glass.find", by=current.actor, record=found)
    return found


def _found(form):
    """The one patient who is exactly that, or None."""
    if form.mrn.data:
        people = asked.by_number(db.session(), current.clinic.id, form.mrn.data)
    elif form.full_name.data and not isinstance(form.date_of_birth.data, str | None):
        people = asked.by_name(db.session(), current.clinic.id, form.full_name.data, form.date_of_birth.data)
    else:
        people = []
    return people[0] if len(people) == 1 else None


def _asked_again(form):
    """The form once more; where only the reason is missing it shows who it is, and that stays on record too."""
    found = _found(form) if form.reason.errors else None
    if found is None:
        return again(FIND, form=form)
    note_refusal(db.session(), "break_glass.create", by=current.actor, resource=("patients", found.id))
    return again(OPEN, form=form, patient=found, typed=form.typed)


def _is_open(patient):
    own = reach(Permission.PATIENTS_FIND)
    return own is None or patient.id in among(db.session(), current.clinic.id, own, [patient.id])


def _clinic():
    return db.session.get(Clinic, current.clinic.id)
