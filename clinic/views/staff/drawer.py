"""The booking drawer of the calendar: an empty quarter becomes a visit, for somebody found or registered there."""

from typing import ClassVar
from urllib.parse import urlencode, urlsplit

from flask import request, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import patients as verbs
from clinic.current import current
from clinic.db import db
from clinic.forms.booking import BookingForm
from clinic.forms.patients import PatientForm
from clinic.htmx import again, changed, show, wants_inside, wants_part
from clinic.views.asked import own_path
from clinic.views.staff import so_far
from clinic.views.staff.beside import is_alone
from clinic.views.staff.booking import booked, form_of_address
from clinic.views.staff.choosing import Asked, Desk
from clinic.views.staff.patients import alike_to, begun, onwards, own_clinic

bp = GuardedBlueprint("drawer", __name__, face="staff", url_prefix="/drawer")
PAGE, PART = "staff/drawer/show.html", "staff/drawer/_drawer.html"
NEW_PAGE, NEW_PART = "staff/drawer/register.html", "staff/drawer/_register.html"


class Drawer(Desk):
    """The desk's choices beside the calendar: the doctor and the time are chosen, everything else is here."""

    is_part: ClassVar = True

    def __init__(self, form, asked):
        super().__init__(form, asked)
        self.path, self.chosen_path = url_for("staff.drawer.index"), url_for("staff.drawer.chosen")
        self.find_url, self.anew_path = url_for("staff.drawer.find"), url_for("staff.drawer.anew")
        self.action = url_for("staff.drawer.create")

    def anew(self, **changes):
        """The same for the drawer, whose form holds all that is chosen: its address only says what changes."""
        facts = Asked(**changes).facts
        return f"{self.anew_path}?{urlencode({name: facts.get(name, '') for name in changes})}"

    @property
    def register_url(self):
        """Where somebody new is registered without leaving the drawer."""
        return url_for("staff.drawer.begin")

    @property
    def chooses_doctor(self):
        """Whether the doctor is chosen here, and not by the lane: a room's lane is nobody's."""
        return self.asked.provider_id is None or self.asked.wanted_room is not None

    @property
    def lane_of(self):
        """The id of the doctor whose lane it is, or None."""
        return None if self.chooses_doctor else self.asked.provider_id

    @property
    def own_kinds(self):
        """The types the doctor of the lane offers; in nobody's lane all of them."""
        return [each for each in self.kinds if not self.lane_of or each.doctor(self.lane_of)]

    @property
    def day_url(self):
        """The calendar on the day of the chosen time."""
        at = self.asked.starts_at
        return url_for("staff.calendar.index", date=at.astimezone(self.zone).date() if at else None)


@bp.get("", needs=Permission.VISITS_BOOK, shows="patients")
def index():
    """The drawer at one quarter of one doctor; without script a page."""
    return show(PAGE, PART, desk=_drawer())


@bp.post("/anew", needs=Permission.VISITS_BOOK, once=False, shows="patients")
def anew():
    """The drawer with another patient or type; what is written in it stays."""
    # What the pressed button changes stands in the address.
    return show(PAGE, PART, desk=_drawer(so_far.chosen() | request.args.to_dict()))


@bp.get("/chosen", needs=Permission.VISITS_BOOK, shows="patients")
def chosen():
    """The time with another type: whether it is still open, and the button that books it."""
    return show(PAGE, "staff/booking/_chosen.html", desk=_drawer())


@bp.post("/find", needs=Permission.VISITS_BOOK, once=False, shows="patients")
def find():
    """The patients found while somebody types, or the drawer with them."""
    part = PART if wants_inside("drawer") else "staff/booking/_people.html"
    return show(PAGE, part, desk=_drawer(so_far.chosen()))


@bp.post("", needs=Permission.VISITS_BOOK)
def create():
    """Book the time; where it is refused, the drawer with why not and what is open instead."""
    form = BookingForm(current.clinic)
    return booked(form, lambda status: _once_more(form, status), _done)


@bp.post("/begin", needs=Permission.PATIENTS_EDIT, once=False)
def begin():
    """A new patient with what was typed in the search; what is written about the visit goes along."""
    kept, then = so_far.written(), _drawer(so_far.chosen()).link()
    return show(NEW_PAGE, NEW_PART, leads=_leads(then, kept), **begun(then, kept))


@bp.post("/register", needs=Permission.PATIENTS_EDIT)
def register():
    """Register the patient, unless they may be here already and nobody has said otherwise; then on with the booking."""
    form, part = PatientForm(own_clinic()), NEW_PART if wants_part() else NEW_PAGE
    kept, then = so_far.carried(), own_path()
    about = {"form": form, "then": then, "kept": kept, "leads": _leads(then, kept)}
    if not form.validate_on_submit():
        return again(part, **about)
    if (alike := alike_to(form)) and not request.form.get("anyway"):
        return again(part, status=409, alike=alike, **about)
    patient = verbs.register(db.session(), by=current.actor, **form.facts)
    return _registered(patient, onwards(then or url_for(".index"), patient.id), kept)


def _registered(patient, then, kept):
    """On with the booking of whoever is registered, and with what is written about it."""
    words = _("%(name)s is registered, record number %(number)s.", name=patient.full_name, number=patient.mrn)
    leads = _leads(then, kept)
    answer = changed("staff/drawer/_onwards.html", then=then, message=words, leads=leads or then, kept=kept)
    return so_far.sent_on(leads) if kept and not wants_part() else answer


def _leads(then, kept):
    """Where the booking is gone on with: where something is kept about it, that is sent to the drawer, drawn anew."""
    return f"{url_for('.anew')}?{urlsplit(then).query}" if then and kept else then


def _drawer(facts=None):
    form = form_of_address(BookingForm, facts)
    return Drawer(form, Asked.by_address(form, facts))


def _once_more(form, status):
    return again(PART if wants_part() else PAGE, status=status, desk=Drawer(form, Asked.by_form(form)))


def _done(form, message):
    address = url_for("staff.calendar.index", date=form.starts_at.data.astimezone(form.zone).date())
    return changed(*(() if is_alone() else ("staff/drawer/_done.html",)), then=address, message=message)
