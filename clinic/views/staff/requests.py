"""Visits asked for: the desk's board of them, with a time or without; one that has none, and what is done with it."""

from flask import abort, g, request, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import offers, request_offers, requests
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.filters import moment
from clinic.forms.requests import CallOffForm, RequestForm, TakeForm, TriageForm
from clinic.htmx import again, changed, moved_on, wants_part
from clinic.htmx import show as show_page
from clinic.models.requests import VisitRequest
from clinic.openings import listed
from clinic.queries import picking
from clinic.queries import requests as asked
from clinic.views.asked import Page, an_id, page_number
from clinic.views.staff import own_patients, walk_in_words
from clinic.views.staff.choosing import Asked, PatientChoice
from clinic.views.staff.heeds import heeds_about

bp = GuardedBlueprint("requests", __name__, face="staff", url_prefix="/requests")
PAGE, PART, FORM = "staff/requests/show.html", "staff/requests/_request.html", "staff/requests/new.html"
BOARD, BOOK = "staff/requests/index.html", Permission.VISITS_BOOK


@bp.get("", needs=BOOK, shows="patients")
def index():
    """What is asked for and not answered, the most urgent first; this person's own, or what is late."""
    number, view = page_number(), request.args.get("view")
    if view not in (None, "own", "late"):
        abort(404)
    owner_id = current.user.id if view == "own" else None
    found = asked.board(db.session(), number, owner_id=owner_id, overdue=view == "late")
    rows = Page.of(found, number, asked.PAGE)
    listed(row.patient_id for row in rows.rows)
    back = asked.came_back(db.session(), current.clinic.id)
    return show_page(BOARD, "staff/requests/_board.html", listing=rows, view=view, tabs=_tabs(view), came_back=back)


@bp.get("/red", needs=BOOK, extends=False)
def red():
    """The line on top of every desk page, as long as a red request waits for somebody to take it."""
    return show_page("staff/requests/_red.html") if wants_part() else moved_on(url_for(".index"))


@bp.get("/new", needs=BOOK, shows="patients")
def new():
    """What a caller asks for."""
    return show_page(FORM, form=_form(formdata=None), desk=_who(an_id("patient_id")))


@bp.post("/find", needs=BOOK, once=False, shows="patients")
def find():
    """The patients found while somebody types on this page."""
    return show_page(FORM, "staff/booking/_people.html", form=_form(formdata=None), desk=_who(None))


@bp.post("/of/<uuid:patient_id>", needs=BOOK)
def create(patient_id):
    """Write down what the patient asks for; nothing is booked by it."""
    patient, form = own_patients.patient(patient_id), _form()
    if not form.validate():
        return again(FORM, form=form, desk=_who(patient_id))
    try:
        made = requests.ask(db.session(), patient, requests.Asking(**form.asking), severity=form.severity.data,
                            by=current.actor)  # fmt: skip
    except Refused as refusal:
        return _not_asked(form, patient_id, refusal)
    return changed(then=url_for(".show", request_id=made.id), message=_("Noted. Nothing is booked yet."))


@bp.get("/<uuid:request_id>", needs=BOOK, shows="patients")
def show(request_id):
    """One request: what is asked for, by whom, who answers until when, and what happened so far."""
    return show_page(PAGE, PART, **told(load(request_id)))


@bp.post("/<uuid:request_id>/triage", needs=BOOK, shows="patients")
def triage(request_id):
    """Say how urgent it is."""
    found, form = load(request_id), TriageForm()
    if not form.validate():
        return again(PART if wants_part() else PAGE, **told(found) | {"triage": form})
    requests.triage(found, form.severity.data, by=current.actor)
    return _done(found, _("Noted: %(severity)s.", severity=_(found.severity.label)), undo=True)


@bp.post("/<uuid:request_id>/take", needs=BOOK, shows="patients")
def take(request_id):
    """Look after it from here on."""
    form = TakeForm()
    if not form.validate():
        abort(400)
    found = requests.take(load(request_id), by=current.actor, instead_of=form.instead_of.data)
    return _done(found, _("You look after this now."), undo=True)


@bp.post("/<uuid:request_id>/leave", needs=BOOK, shows="patients")
def leave(request_id):
    """Leave it to the others."""
    found = requests.leave(load(request_id), by=current.actor)
    return _done(found, _("Nobody looks after this now."), undo=True)


@bp.post("/<uuid:request_id>/take-back", needs=BOOK, shows="patients")
def take_back(request_id):
    """Take the proposed time back."""
    found = request_offers.take_back(load(request_id), by=current.actor)
    return _done(found, _("The proposal is taken back; the time is open again."))


@bp.post("/<uuid:request_id>/accept", needs=BOOK, shows="patients")
def accept(request_id):
    """The patient has said yes on the phone to the proposed time."""
    found = load(request_id)
    offer = offers.accept(_offer(found), by=current.actor)
    return _done(found, _("Booked: %(name)s, %(time)s", name=found.patient.full_name, time=moment(offer.starts_at)))


@bp.post("/<uuid:request_id>/decline", needs=BOOK, shows="patients")
def decline(request_id):
    """The patient has said no on the phone: the time is free again, and an answer is owed anew."""
    found = load(request_id)
    offers.decline(_offer(found), by=current.actor)
    return _done(found, _("Noted: the time does not suit."))


@bp.post("/<uuid:request_id>/admit", needs=BOOK, shows="patients")
def admit(request_id):
    """The patient is here: put them among those who wait."""
    found = request_offers.admit(load(request_id), timezone=current.clinic.timezone, by=current.actor)
    return changed(then=url_for("staff.day.index"), message=walk_in_words.after(found.visit))


@bp.post("/<uuid:request_id>/cancel", needs=BOOK, shows="patients")
def cancel(request_id):
    """Call it off, with words for the patient."""
    found, form = load(request_id), CallOffForm()
    if not form.validate():
        return again(PART if wants_part() else PAGE, **told(found) | {"call_off": form})
    request_offers.cancel(found, by=current.actor, note=form.note.data)
    return _done(found, _("The request is called off."), undo=True)


@bp.post("/<uuid:request_id>/undo", needs=BOOK, shows="patients")
def undo(request_id):
    """Take back the last step."""
    return _done(requests.undo(load(request_id), by=current.actor), _("Taken back."))


def load(request_id) -> VisitRequest:
    """The request, if it is one of this clinic's; else the 404 of one that never existed."""
    return asked.request_of(db.session(), request_id) or abort(404)


def _offer(found):
    offer = asked.live_offer(db.session(), found)
    if offer is None:
        raise Refused("No time is proposed at the moment.")
    return offer


def told(found):
    """What the page of one request shows."""
    listed([found.patient_id])
    session = db.session()
    history = asked.history_of(session, found)
    return {
        "request_shown": found, "heeds": heeds_about(found.patient),
        "history": history, "offer": asked.live_offer(session, found),
        "may_undo": requests.may_undo(found, history[0] if history else None),
        "triage": TriageForm(formdata=None, severity=found.severity and found.severity.value),
        "call_off": CallOffForm(formdata=None),
    }  # fmt: skip


def _done(found, message, undo=False):
    db.session.expire(found, ["owner"])
    back = url_for(".undo", request_id=found.id) if undo else None
    return changed(PART, then=url_for(".show", request_id=found.id), message=message, undo=back, **told(found))


def _tabs(view):
    many = asked.counts(db.session(), current.user.id)
    return [
        (_("All open"), url_for(".index"), view is None, many.open),
        (_("Mine"), url_for(".index", view="own"), view == "own", many.own),
        (_("Late"), url_for(".index", view="late"), view == "late", many.overdue),
    ]


def _form(**given):
    form, kinds = RequestForm(**given), picking.menu(db.session(), current.clinic.id)
    doctors = {each.id: each.name for kind in kinds for each in kind.doctors}
    form.provider_id.offer(sorted(doctors.items(), key=lambda each: each[1]), _("Whoever is free"))
    form.visit_type_id.offer([(each.id, each.name) for each in kinds], _("Not said"))
    return form


def _who(patient_id):
    return PatientChoice(Asked(patient_id=patient_id), url_for("staff.requests.new"), url_for("staff.requests.find"))


def _not_asked(form, patient_id, refusal):
    db.session.rollback()
    form.blame(said(refusal), refusal.field)
    return again(FORM, status=409, form=form, desk=_who(patient_id))


def waiting():
    """What waits at this moment, asked once for the navigation and for the line on top of the page."""
    if "requests_waiting" not in g:
        g.requests_waiting = asked.waiting(db.session(), current.clinic.id)
    return g.requests_waiting


def red_waiting():
    """How many red requests wait for somebody to take them, since when, and whether a new one makes a sound."""
    found = waiting()
    return {"many": found.many, "since": found.since, "sound": found.many and _has_sound()}


def _has_sound():
    return asked.rules(db.session(), current.clinic.id).has_sound


bp.record(lambda state: state.app.jinja_env.globals.update(red_requests=red_waiting))
