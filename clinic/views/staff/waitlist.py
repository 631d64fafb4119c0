"""The desk's waiting list: who waits, what is offered right now, and what it has saved."""

from flask import abort, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import offers, waitlist
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.filters import moment
from clinic.forms.fields import NOT_OFFERED
from clinic.forms.waitlist import PriorityForm, WaitForm
from clinic.htmx import again, changed, show, wants_part
from clinic.models.waitlist import PRIORITIES, WaitlistEntry
from clinic.openings import listed
from clinic.queries import picking
from clinic.queries import waitlist as asked
from clinic.views.asked import Page, a_day, an_id, page_number
from clinic.views.staff import own_patients
from clinic.views.staff.choosing import Asked, PatientChoice

bp = GuardedBlueprint("waitlist", __name__, face="staff", url_prefix="/waitlist")
PAGE, PART, FORM = "staff/waitlist/index.html", "staff/waitlist/_waitlist.html", "staff/waitlist/new.html"
BOOK = Permission.VISITS_BOOK


@bp.get("", needs=BOOK, shows="patients")
def index():
    """Who waits, in the order in which they are offered a time; what is offered now; what was saved."""
    return show(PAGE, PART, **_board())


@bp.get("/new", needs=BOOK, shows="patients")
def new():
    """What somebody waits for; the address may name the type, the doctor and the day."""
    desk = _who(an_id("patient_id"))
    known = {"visit_type_id": desk.asked.visit_type_id, "provider_id": desk.asked.provider_id,
             "earliest_on": desk.asked.date, "latest_on": desk.asked.date}  # fmt: skip
    form = _form(desk.asked.patient_id, formdata=None, data=known)
    return show(FORM, status=200 if _names_a_doctor(form) else 422, form=form, desk=desk)


@bp.post("/find", needs=BOOK, once=False, shows="patients")
def find():
    """The patients found while somebody types on this page."""
    return show(FORM, "staff/booking/_people.html", form=_form(None, formdata=None), desk=_who(None))


@bp.post("/of/<uuid:patient_id>", needs=BOOK)
def create(patient_id):
    """Put the patient on the list."""
    patient, form = own_patients.patient(patient_id), _form(patient_id)
    if not form.validate():
        return again(FORM, form=form, desk=_who(patient_id))
    try:
        entry = waitlist.join(db.session(), patient, waitlist.Wanting(**form.wanting), priority=form.priority.data,
                              by=current.actor)  # fmt: skip
    except Refused as refusal:
        return _refused(form, patient_id, refusal)
    words = _("%(name)s is on the waiting list.", name=patient.full_name)
    return changed(then=url_for(".index"), message=words, undo=url_for(".leave", entry_id=entry.id))


@bp.post("/<uuid:entry_id>/priority", needs=BOOK, shows="patients")
def set_priority(entry_id):
    """Say who comes first."""
    entry, form = _entry(entry_id), PriorityForm()
    if not form.validate():
        abort(400)
    waitlist.set_priority(entry, form.priority.data, by=current.actor)
    return _changed(_("The order has changed."))


@bp.post("/<uuid:entry_id>/leave", needs=BOOK, shows="patients")
def leave(entry_id):
    """Take somebody off the list."""
    entry = waitlist.leave(_entry(entry_id), by=current.actor)
    words = _("%(name)s waits no longer.", name=entry.patient.full_name)
    return _changed(words, undo=url_for(".come_back", entry_id=entry_id))


@bp.post("/<uuid:entry_id>/come-back", needs=BOOK, shows="patients")
def come_back(entry_id):
    """Take leaving back."""
    entry = waitlist.come_back(_entry(entry_id), by=current.actor)
    return _changed(_("%(name)s is on the waiting list.", name=entry.patient.full_name))


@bp.post("/<uuid:entry_id>/accept", needs=BOOK, shows="patients")
def accept(entry_id):
    """The patient has said yes on the phone."""
    offer = offers.accept(_offer(entry_id), by=current.actor)
    words = _("Booked: %(name)s, %(time)s", name=offer.patient.full_name, time=moment(offer.starts_at))
    return _changed(words)


@bp.post("/<uuid:entry_id>/decline", needs=BOOK, shows="patients")
def decline(entry_id):
    """The patient has said no on the phone: the next one is asked."""
    offers.decline(_offer(entry_id), by=current.actor)
    return _changed(_("The next in line is offered this time."))


def _board():
    session, number = db.session(), page_number()
    page, live = Page.of(asked.board(session, number), number, asked.PAGE), asked.live_offers(session)
    listed(row.patient_id for row in (*page.rows, *live))
    return {
        "listing": page, "live": live, "saved": asked.saved(session, current.clinic.id, current.clinic.timezone),
        "priorities": PRIORITIES, "doctors": asked.doctors_of(session, page.rows),
        "have": asked.own_visits(session, page.rows), "missed": asked.missed(session, page.rows),
    }  # fmt: skip


def _changed(message, undo=None):
    return changed(PART, then=url_for(".index"), message=message, undo=undo, **(_board() if wants_part() else {}))


def _entry(entry_id) -> WaitlistEntry:
    return asked.entry_of(db.session(), entry_id) or abort(404)


def _offer(entry_id):
    offer = asked.live_offer(db.session(), _entry(entry_id))
    if offer is None:
        raise Refused("Nothing is offered to this patient any more.")
    return offer


def _form(patient_id, **given):
    form, session = WaitForm(**given), db.session()
    kinds = picking.menu(session, current.clinic.id)
    doctors = {each.id: each.name for kind in kinds for each in kind.doctors}
    form.visit_type_id.offer([(each.id, each.name) for each in kinds], _("Choose"))
    form.provider_id.offer(sorted(doctors.items(), key=lambda each: each[1]), _("Whoever is free"))
    form.location_id.offer([(each.id, each.name) for each in asked.places(session)], _("Any"))
    coming = asked.visits_to_come(session, patient_id) if patient_id else []
    form.visit_id.offer([(each.id, moment(each.starts_at)) for each in coming], _("No"))
    return form


def _names_a_doctor(form):
    """Whether the doctor of the address can be chosen, or none is named: nobody waits for anybody unasked."""
    named = form.provider_id.data
    if not named or str(named) in {value for value, *_more in form.provider_id.iter_choices()}:
        return True
    if picking.names(db.session(), current.clinic.id, None, None, named).doctor is None:
        abort(404)
    form.blame(NOT_OFFERED, "provider_id")
    return False


def _who(patient_id):
    asked_for = Asked(patient_id, an_id("visit_type_id"), an_id("provider_id"), date=a_day("date"))
    return PatientChoice(asked_for, url_for("staff.waitlist.new"), url_for("staff.waitlist.find"))


def _refused(form, patient_id, refusal):
    db.session.rollback()
    form.blame(said(refusal), refusal.field)
    return again(FORM, status=409, form=form, desk=_who(patient_id))
