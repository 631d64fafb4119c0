"""A series at the desk: its rule, what stands in the way of each date, booking it, and its page."""

from datetime import timedelta

from flask import abort, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import series
from clinic.actions.acting import Refused
from clinic.clock import now
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.booking import instant
from clinic.forms.series import SeriesForm
from clinic.htmx import again, changed
from clinic.htmx import show as show_page
from clinic.models.series import Series
from clinic.openings import listed
from clinic.queries import picking
from clinic.queries import series as asked
from clinic.views.asked import an_id
from clinic.views.staff import own_patients
from clinic.views.staff.choosing import Asked, PatientChoice

bp = GuardedBlueprint("series", __name__, face="staff", url_prefix="/series")
P = Permission
NEW = "staff/series/new.html"
QUARTER = timedelta(minutes=15)


class SeriesDesk(PatientChoice):
    """The page that books a series: the patient, the rule, and the dates where the rule is known."""

    # The page of a patient's choice also serves a visit that is booked already; a series has none yet.
    visit = None

    def __init__(self, form, occasions=None):
        self.form, self.occasions = form, occasions
        asks = Asked(an_id("patient_id") or form.patient_id.data)
        super().__init__(asks, url_for("staff.series.new"), url_for("staff.series.find"))


@bp.get("/new", needs=P.VISITS_BOOK, shows="patients")
def new():
    """The rule of a series and, once it is typed, every date with what stands in its way."""
    form = _offering(_read_address())
    if "first_on" not in request.args or form.patient_id.data is None:
        return show_page(NEW, desk=SeriesDesk(form))
    return _looked_at(form) if form.validate() else again(NEW, desk=SeriesDesk(form))


@bp.post("/find", needs=P.VISITS_BOOK, once=False, shows="patients")
def find():
    """The patients found while somebody types on this page."""
    return show_page(NEW, "staff/booking/_people.html", desk=SeriesDesk(_offering(_read_address())))


@bp.post("/new", needs=P.VISITS_BOOK)
def create():
    """Book what was picked, all of it or nothing; refused, the page shows the dates as they are now."""
    form = _offering(SeriesForm(current.clinic))
    if not form.validate():
        return again(NEW, desk=SeriesDesk(form))
    picks = form.picks({f"on-{day.isoformat()}": day for day in form.days}, request.form)
    if form.errors:
        return _looked_at(form, 422)
    return _booked(form, [series.Pick(*pick) for pick in picks.values()])


@bp.get("/<uuid:series_id>", needs=P.VISITS_SEE, shows="visits")
def show(series_id):
    """The rule, and every visit that came of it."""
    found = load(series_id)
    members = asked.visits_of(db.session(), series_id)
    listed(visit.id for visit in members)
    return show_page("staff/series/show.html", series=found, members=members, patient=own_patients.patient(
        found.patient_id), may_change=current.may(P.VISITS_BOOK), coming=asked.changeable(members))  # fmt: skip


def load(series_id):
    """The series, where this person may open the patient's record."""
    found = db.session.get(Series, (current.clinic.id, series_id)) or abort(404)
    own_patients.patient(found.patient_id)
    return found


def _booked(form, picks):
    reason = form.overbook_reason.data
    try:
        made = series.create(db.session(), _plan(form), picks, overbook=reason, by=current.actor)
    except Refused as refused:
        db.session.rollback()
        form.blame(said(refused), refused.field)
        return _looked_at(form, 409)
    many = ngettext("%(num)d visit is booked.", "%(num)d visits are booked.", len(picks))
    return changed(then=url_for(".show", series_id=made.id), message=many)


def _looked_at(form, status=200):
    """The page with every date of the rule as a booking would find it now."""
    own_patients.patient(form.patient_id.data)
    try:
        occasions = series.preview(db.session(), _plan(form), by=current.actor)
    except Refused as refused:
        db.session.rollback()
        form.blame(said(refused), refused.field)
        return again(NEW, status=409, desk=SeriesDesk(form))
    return show_page(NEW, status=status, desk=SeriesDesk(_offering(form), occasions), said=said, chosen=request.form)


def _plan(form):
    own_patients.patient(form.patient_id.data)
    return series.Plan(
        clinic_id=current.clinic.id, zone=current.clinic.timezone, patient_id=form.patient_id.data, **form.rule
    )  # fmt: skip


def _read_address():
    """The form as the address fills it: a rule that was typed, or the time from which a repetition was asked for."""
    if "first_on" in request.args:
        form = SeriesForm(current.clinic, formdata=request.args, meta={"csrf": False})
        form.patient_id.data = an_id("patient_id")
        return form
    form = SeriesForm(current.clinic, formdata=None, times=8)
    form.patient_id.data = an_id("patient_id")
    form.visit_type_id.data, form.provider_id.data = an_id("visit_type_id"), an_id("provider_id")
    form.visit_mode.data = request.args.get("visit_mode") or form.visit_mode.data
    local = (_moment() or _next_quarter()).astimezone(form.zone)
    form.first_on.data, form.at_time.data = local.date(), local.time().replace(second=0, microsecond=0)
    return form


def _next_quarter():
    """What the clock shows at the next quarter of an hour; no zone is off by a part of one."""
    soon = now() + QUARTER
    return soon.replace(minute=soon.minute - soon.minute % 15)


def _moment():
    try:
        return instant(request.args.get("starts_at", ""))
    except ValueError:
        return None


def _offering(form):
    kinds = picking.menu(db.session(), current.clinic.id)
    doctors = {each.id: each.name for kind in kinds for each in kind.doctors}
    form.visit_type_id.offer([(kind.id, kind.name) for kind in kinds], _("Choose a type"))
    form.provider_id.offer(sorted(doctors.items(), key=lambda each: each[1]), _("Choose a doctor"))
    return form
