"""The desk books a visit for a caller and moves one: the patient, then a time, then done."""

from dataclasses import replace

from flask import abort, request, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import visit_rooms, visits
from clinic.actions.acting import Refused
from clinic.actions.booking import Wish, book
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.filters import moment
from clinic.forms.booking import BookingForm, TimeForm
from clinic.htmx import again, changed, show, wants_inside
from clinic.queries import picking
from clinic.views.asked import facts_or_address, own_path
from clinic.views.staff import own_patients, so_far
from clinic.views.staff.choosing import Asked, Desk
from clinic.views.staff.patients import begun

bp = GuardedBlueprint("booking", __name__, face="staff", url_prefix="/booking")
PAGE = "staff/booking/new.html"


@bp.get("/new", needs=Permission.VISITS_BOOK, shows="patients")
def new():
    """The page that books; asked by htmx for other times, these and the time chosen before."""
    return show(PAGE, _sides(), desk=_desk(BookingForm))


@bp.post("/new", needs=Permission.VISITS_BOOK, once=False, shows="patients")
def anew():
    """The page with another patient or time; what is written on it stays."""
    return show(PAGE, desk=_desk(BookingForm))


@bp.get("/chosen", needs=Permission.VISITS_BOOK, shows="patients")
def chosen():
    """The chosen time and the button that books it."""
    return show(PAGE, "staff/booking/_chosen.html", desk=_desk(BookingForm))


@bp.post("/find", needs=Permission.VISITS_BOOK, once=False, shows="patients")
def find():
    """The patients found while somebody types on this page."""
    return show(PAGE, "staff/booking/_people.html", desk=_desk(BookingForm, facts=so_far.chosen()))


@bp.post("/begin", needs=Permission.PATIENTS_EDIT, once=False)
def begin():
    """A new patient with what was typed in the search; what is written about the visit goes along."""
    return show("staff/patients/new.html", **begun(own_path(), so_far.written()))


@bp.post("", needs=Permission.VISITS_BOOK)
def create():
    """Book the time; taken meanwhile, the page comes back with the three nearest that are open."""
    form = BookingForm(current.clinic)
    return booked(form, lambda status: again(PAGE, status=status, desk=Desk(form, Asked.by_form(form))), _done)


def booked(form, once_more, done):
    """Book what the form says: ``once_more(status)`` draws it with what is wrong, ``done(form, message)`` answers."""
    if not form.validate():
        return once_more(422)
    names = _names(form, form.patient_id.data)
    try:
        book(db.session(), wish_of(form, form.patient_id.data), by=current.actor)
    except Refused as refusal:
        db.session.rollback()
        form.blame(said(refusal), refusal.field or "starts_at")
        return once_more(409)
    return done(form, _("Booked: %(name)s, %(time)s", name=names.patient, time=moment(form.starts_at.data)))


@bp.get("/<uuid:visit_id>/move", needs=Permission.VISITS_BOOK, shows="visits")
def move(visit_id):
    """The same page for a visit that is booked already."""
    return show(PAGE, _sides(), desk=_desk(TimeForm, own_patients.visit(visit_id)))


@bp.post("/<uuid:visit_id>/move/anew", needs=Permission.VISITS_BOOK, once=False, shows="visits")
def move_anew(visit_id):
    """The same with another time; the reason that is written stays."""
    return show(PAGE, desk=_desk(TimeForm, own_patients.visit(visit_id)))


@bp.get("/<uuid:visit_id>/move/chosen", needs=Permission.VISITS_BOOK, shows="visits")
def move_chosen(visit_id):
    """The time chosen for the move and the button that moves."""
    return show(PAGE, "staff/booking/_chosen.html", desk=_desk(TimeForm, own_patients.visit(visit_id)))


@bp.post("/<uuid:visit_id>/move", needs=Permission.VISITS_BOOK)
def move_to(visit_id):
    """Move the visit, and to another doctor where one is named."""
    visit, form = own_patients.visit(visit_id), TimeForm(current.clinic)
    if not form.validate():
        return again(PAGE, desk=Desk(form, Asked.by_form(form, visit.patient_id), visit))
    names = _names(form, visit.patient_id)
    try:
        visits.move_to(visit, visit_rooms.instead(visit, wish_of(form, visit.patient_id)), by=current.actor)
    except Refused as refusal:
        return _refused(form, refusal, visit_id)
    return _done(form, _("Moved: %(name)s, %(time)s", name=names.patient, time=moment(form.starts_at.data)))


def _sides():
    """The part with the open times and the visit; where htmx puts the whole page anew, with another patient, none."""
    return None if wants_inside("main") else "staff/booking/_sides.html"


def form_of_address(kind_of_form, facts=None):
    """A form that has read the time in the address, or in ``facts``, and holds what was written in it so far."""
    form = kind_of_form(current.clinic, formdata=None)
    _read_time(form, facts_or_address(facts))
    so_far.write_again(form)
    return form


def _desk(kind_of_form, visit=None, facts=None):
    """The page as its address describes it, or ``facts`` by the same names."""
    form = form_of_address(kind_of_form, facts)
    asked = Asked.by_address(form, facts)
    if visit:
        asked = replace(
            asked, patient_id=visit.patient_id, visit_type_id=asked.visit_type_id or visit.visit_type_id,
            provider_id=asked.provider_id or (None if "provider_id" in request.args else visit.provider_id),
            visit_mode=asked.visit_mode or visit.visit_mode,
        )  # fmt: skip
    return Desk(form, asked, visit)


def _read_time(form, facts):
    """Let the form read the time in the facts, and keep only what it has to say about that."""
    day, at, at_once = (facts.get(name) for name in ("date", "time", "starts_at"))
    if at or at_once:
        facts = {"on_date": day, "at_time": at, "starts_at": at_once, "visit_type_id": "0" * 32}
        reader = TimeForm(current.clinic, formdata=_Facts(facts), meta={"csrf": False})
        reader.validate()
        form.starts_at.data, form.both = reader.starts_at.data, reader.both
        form.said = [sentence for sentences in reader.errors.values() for sentence in sentences]


class _Facts(dict):
    """A few facts as a form reads what was sent."""

    def getlist(self, name):
        """The one value of that name, if there is one."""
        return [self[name]] if self.get(name) else []


def _names(form, patient_id):
    """What the patient, the type and the doctor are called; a 404 where one is not of this clinic."""
    ids = patient_id, form.visit_type_id.data, form.provider_id.data
    names = picking.names(db.session(), current.clinic.id, *ids)
    if names.patient is None or names.kind is None or (form.provider_id.data and names.doctor is None):
        abort(404)
    return names


def wish_of(form, patient_id):
    """What a form of the desk's asks for; without a doctor the first who has the time open."""
    text = {name: form[name].data for name in ("reason", "notes", "meeting_url") if name in form}
    return Wish(
        current.clinic.id, form.provider_id.data or _whoever(form), form.visit_type_id.data, patient_id,
        form.starts_at.data, form.mode, overbook=form.overbook_reason.data, wanted_rooms=form.wanted_rooms, alone=True,
        **text,
    )  # fmt: skip


def _whoever(form):
    """The first doctor who has the time open, where none was chosen."""
    kind = Desk(form, Asked.by_form(form)).kind
    choice = kind and picking.judge(
        db.session(), current.clinic, kind, None, form.mode, form.starts_at.data, person_id=current.user.id,
        wanted_rooms=form.wanted_rooms,
    )  # fmt: skip
    if not choice or not choice.doctor:
        raise Refused("Nobody is free at that time. Choose a doctor to book it all the same.")
    return choice.doctor.id


def _refused(form, refusal, visit_id):
    """The page again, with what was typed, why not, and what is open instead."""
    db.session.rollback()
    form.blame(said(refusal), refusal.field or "starts_at")
    visit = own_patients.visit(visit_id)
    return again(PAGE, status=409, desk=Desk(form, Asked.by_form(form, visit.patient_id), visit))


def _done(form, message):
    local = form.starts_at.data.astimezone(form.zone)
    return changed(then=url_for("staff.day.index", date=local.date().isoformat()), message=message)
