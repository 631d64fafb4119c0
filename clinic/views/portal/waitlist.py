"""A patient waits: for a time where none suits, or for an earlier one than they have."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from flask import abort, request, url_for
from flask_babel import gettext as _

from clinic import errors
from clinic.access import GuardedBlueprint, Permission
from clinic.actions import waitlist
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.forms.waitlist import OwnWaitForm
from clinic.htmx import again, changed, moved_on, show
from clinic.models.providers import Provider
from clinic.queries import portal_offers
from clinic.queries import waitlist as asked
from clinic.queries.own_visits import has_lost_its_time
from clinic.queries.visits_of_patient import own_visit
from clinic.views.asked import a_word, an_id
from clinic.walltime import today

bp = GuardedBlueprint("waitlist", __name__, face="portal", url_prefix="/waitlist")
USE = Permission.PORTAL_USE
PAGE = "portal/waitlist/new.html"
USUAL = timedelta(days=28)
IDS, WORDS = ("visit_id", "patient_id", "visit_type_id", "provider_id"), ("specialty", "language")


@bp.get("/new", needs=USE, shows="patients")
def new():
    """On which days and at what hours somebody could come, and until when it would help."""
    page = _page(*map(an_id, IDS), *map(a_word, WORDS))
    visit = page["visit"]
    if visit and has_lost_its_time(db.session(), visit):
        return moved_on(url_for("portal.visits.show", visit_id=visit.id))
    latest = visit.starts_at.astimezone(_zone()).date() if visit else today(_zone()) + USUAL
    return show(PAGE, form=OwnWaitForm(formdata=None, latest_on=latest), **page)


@bp.post("/new", needs=USE)
def create():
    """Join the list."""
    form = OwnWaitForm(request.form)
    page = _page(*(_sent(form[name]) for name in IDS + WORDS))
    if not form.validate():
        return again(PAGE, form=form, **page)
    try:
        entry = _join(form, page)
    except Refused as refusal:
        return _refused(form, page, refusal)
    words = _("You are on the waiting list. We tell you as soon as a time becomes free.")
    return changed(then=url_for("portal.home.index"), message=words, undo=url_for(".leave", entry_id=entry.id))


@bp.post("/<uuid:entry_id>/leave", needs=USE)
def leave(entry_id):
    """Wait no longer."""
    waitlist.leave(_own(entry_id), by=current.actor)
    undo = url_for(".come_back", entry_id=entry_id)
    return changed(then=url_for("portal.home.index"), message=_("You are off the waiting list."), undo=undo)


@bp.post("/<uuid:entry_id>/come-back", needs=USE)
def come_back(entry_id):
    """Take leaving back."""
    waitlist.come_back(_own(entry_id), by=current.actor)
    return changed(then=url_for("portal.home.index"), message=_("You are on the waiting list again."))


def _page(visit_id, patient_id, visit_type_id, provider_id, *words):
    """Who waits for what: by a visit they have, or by a type and doctors; 404 for what is not theirs or not here."""
    visit = (own_visit(db.session(), visit_id) or abort(404)) if visit_id else None
    if visit:
        patient_id, visit_type_id = visit.patient_id, visit.visit_type_id
    only = next(iter(current.patient_ids)) if len(current.patient_ids) == 1 else None
    patient_id = patient_id or only
    if patient_id not in current.patient_ids or not visit_type_id:
        abort(404)
    offer = portal_offers.offer_of(db.session(), current.clinic.id, visit_type_id, patient_id) or abort(404)
    page = {"visit": visit, "offer_type": offer.visit_type, "patient": offer.patient or abort(404)}
    return page | _who_will_do(offer, provider_id, *words)


def _who_will_do(offer, provider_id, specialty, language):
    """The one doctor named, else those with the specialty and the language; None where everybody will do."""
    doctor = _doctor(offer, provider_id) if provider_id else None
    if doctor or not (specialty or language):
        return {"doctor": doctor, "specialty": None, "language": None, "doctors": [doctor] if doctor else None}
    # Nobody who fits is not the same as anybody.
    doctors = offer.fitting(specialty, language) or abort(404)
    return {"doctor": None, "specialty": specialty, "language": language, "doctors": doctors}


def _doctor(offer, provider_id):
    """The doctor named; 404 for who is not the clinic's. Who has stopped meanwhile is refused as the patient joins."""
    named = next((each for each in offer.doctors if each.id == provider_id), None)
    return named or db.session().get(Provider, (current.clinic.id, provider_id)) or abort(404)


def _sent(field):
    # What cannot be read is not the same as nothing.
    return abort(404) if field.process_errors else field.data


def _join(form, page):
    doctors = page["doctors"]
    wanted = form.wanting(today(_zone()), page["offer_type"].id, doctors and [each.id for each in doctors])
    patient = portal_offers.own_patients(db.session(), [page["patient"].id])[0]
    return waitlist.join(db.session(), patient, waitlist.Wanting(**wanted), by=current.actor)


def _own(entry_id):
    """The patient's own place on the list; anybody else's is answered like one that never existed."""
    return asked.entry_of(db.session(), entry_id) or abort(404)


def _refused(form, page, refusal):
    db.session.rollback()
    form.blame(errors.said(refusal), refusal.field)
    return again(PAGE, status=409, form=form, **page)


def _zone():
    return ZoneInfo(current.clinic.timezone)


def waits():
    """Where the people behind this account stand on the waiting list."""
    return asked.entries_of_patients(db.session()) if current.patient_ids else []


bp.record(lambda state: state.app.jinja_env.globals.update(waits=waits))
