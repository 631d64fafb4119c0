"""The booking drawer of the calendar: an empty quarter becomes a visit, for somebody found or registered there."""

from typing import ClassVar

from flask import request, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import patients as verbs
from clinic.current import current
from clinic.db import db
from clinic.forms.booking import BookingForm
from clinic.forms.patients import PatientForm
from clinic.htmx import again, changed, show, wants_part
from clinic.views.asked import own_path
from clinic.views.staff.beside import is_alone
from clinic.views.staff.booking import booked, form_of_address
from clinic.views.staff.choosing import Asked, Desk
from clinic.views.staff.patients import alike_to, onwards, own_clinic

bp = GuardedBlueprint("drawer", __name__, face="staff", url_prefix="/drawer")
PAGE, PART = "staff/drawer/show.html", "staff/drawer/_drawer.html"
NEW_PAGE, NEW_PART = "staff/drawer/register.html", "staff/drawer/_register.html"


class Drawer(Desk):
    """The desk's choices beside the calendar: the doctor and the time are chosen, everything else is here."""

    swaps: ClassVar = {"hx_target": "#drawer", "hx_swap": "outerHTML"}
    takes_along: ClassVar = "#drawer"

    def __init__(self, form, asked):
        super().__init__(form, asked)
        self.path, self.chosen_path = url_for("staff.drawer.index"), url_for("staff.drawer.chosen")
        self.find_url = url_for("staff.drawer.find") + f"?{asked.query()}"
        self.action = url_for("staff.drawer.create")

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


@bp.get("/chosen", needs=Permission.VISITS_BOOK, shows="patients")
def chosen():
    """The time with another type: whether it is still open, and the button that books it."""
    return show(PAGE, "staff/booking/_chosen.html", desk=_drawer())


@bp.post("/find", needs=Permission.VISITS_BOOK, once=False, shows="patients")
def find():
    """The patients found while somebody types."""
    return show(PAGE, "staff/booking/_people.html", desk=_drawer())


@bp.post("", needs=Permission.VISITS_BOOK)
def create():
    """Book the time; where it is refused, the drawer with why not and what is open instead."""
    form = BookingForm(current.clinic)
    return booked(form, lambda status: _once_more(form, status), _done)


@bp.post("/begin", needs=Permission.PATIENTS_EDIT)
def begin():
    """A new patient with what was typed in the search; nothing is kept yet."""
    return show(NEW_PAGE, NEW_PART, form=PatientForm(own_clinic()), then=own_path())


@bp.post("/register", needs=Permission.PATIENTS_EDIT)
def register():
    """Register the patient, unless they may be here already and nobody has said otherwise; then on with the booking."""
    form, part = PatientForm(own_clinic()), NEW_PART if wants_part() else NEW_PAGE
    if not form.validate_on_submit():
        return again(part, form=form, then=own_path())
    if (alike := alike_to(form)) and not request.form.get("anyway"):
        return again(part, status=409, form=form, alike=alike, then=own_path())
    patient = verbs.register(db.session(), by=current.actor, **form.facts)
    words = _("%(name)s is registered, record number %(number)s.", name=patient.full_name, number=patient.mrn)
    then = onwards(own_path() or url_for(".index"), patient.id)
    return changed("staff/drawer/_onwards.html", then=then, message=words, address=then)


def _drawer():
    form = form_of_address(BookingForm)
    return Drawer(form, Asked.by_address(form))


def _once_more(form, status):
    return again(PART if wants_part() else PAGE, status=status, desk=Drawer(form, Asked.by_form(form)))


def _done(form, message):
    address = url_for("staff.calendar.index", date=form.starts_at.data.astimezone(form.zone).date())
    return changed(*(() if is_alone() else ("staff/drawer/_done.html",)), then=address, message=message)
