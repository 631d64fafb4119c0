"""Open times for a request: one is proposed to the patient and kept for them, or booked at once while they are on the
phone."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from flask import abort, request, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import request_offers
from clinic.actions.acting import Refused
from clinic.actions.booking import Wish
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.filters import moment
from clinic.forms.requests import TimesForm
from clinic.htmx import again, changed, show
from clinic.models.people import VisitMode
from clinic.models.requests import VisitRequest
from clinic.openings import listed
from clinic.queries import picking
from clinic.views.asked import a_day, an_id
from clinic.views.staff.heeds import heeds_about
from clinic.views.staff.requests import load
from clinic.walltime import today

bp = GuardedBlueprint("request_times", __name__, face="staff", url_prefix="/requests/<uuid:request_id>/times")
PAGE, PART = "staff/requests/times.html", "staff/requests/_times.html"
BOOK = Permission.VISITS_BOOK


@bp.get("", needs=BOOK, shows="patients")
def index(request_id):
    """The next open times that suit what was asked for, and all others on request."""
    return show(PAGE, PART, times=_times(request_id), form=TimesForm(formdata=None))


@bp.post("/propose", needs=BOOK, shows="patients")
def propose(request_id):
    """Keep the time for the patient and let them know."""
    return _answered(request_id, request_offers.propose, _("Proposed: %(time)s. Nothing is booked until they say yes."))


@bp.post("/book", needs=BOOK, shows="patients")
def book(request_id):
    """Book the time at once."""
    return _answered(request_id, request_offers.book, _("Booked: %(time)s"))


@dataclass
class Times:
    """The page of open times: the request, what is chosen of type, doctor and day, and the times of the next days."""

    request: VisitRequest
    visit_type_id: object = None
    provider_id: object = None
    first_day: object = None
    all_hours: bool = False

    @property
    def heeds(self):
        """What to heed of whoever asked."""
        return heeds_about(self.request.patient)

    @cached_property
    def kinds(self):
        """The types that can be booked."""
        return picking.menu(db.session(), current.clinic.id)

    @cached_property
    def kind(self):
        """The chosen type, the one asked for, or the first that the doctor who is wished for offers."""
        wanted = self.visit_type_id or self.request.visit_type_id
        named = next((each for each in self.kinds if each.id == wanted), None)
        if self.visit_type_id and named is None:
            abort(404)
        own = [each for each in self.kinds if each.doctor(self.request.provider_id)]
        return named or next(iter(own or self.kinds), None)

    @property
    def doctor(self):
        """The chosen doctor, or None for whoever is first."""
        return self.kind and self.kind.doctor(self.provider_id)

    @property
    def wished(self):
        """The doctor the patient wishes for, whoever is chosen."""
        return self.request.provider

    @property
    def is_wished_in_vain(self):
        """Whether the doctor who is wished for cannot be booked for the chosen type."""
        return bool(self.wished and self.kind and not self.kind.doctor(self.wished.id))

    @property
    def mode(self):
        """Where the visit is to be."""
        return (self.kind and self.kind.visit_mode) or self.request.visit_mode

    @property
    def day(self):
        """The day from which times are shown."""
        earliest = today(ZoneInfo(current.clinic.timezone))
        return max(self.first_day or self.request.requested_on or earliest, earliest)

    def is_asked_for(self, day):
        """Whether it is one of the days that suit."""
        first, last = self.request.requested_on, self.request.until_on
        return (first is None or day >= first) and (last is None or day <= last)

    @property
    def later(self):
        """The first day after those shown."""
        return self.days[-1].date + timedelta(days=1) if self.days else self.day + timedelta(days=picking.DAYS_AHEAD)

    @cached_property
    def days(self):
        """The next days with open times; only the hours that suit, unless all are wanted."""
        if self.kind is None:
            return []
        doctors = [self.doctor] if self.doctor else self.kind.doctors
        found = picking.next_days(db.session(), current.clinic, self.kind, doctors, self.mode, self.day)
        if not self.all_hours:
            found = [picking.Day(day.date, [each for each in day.times if self._suits(each)]) for day in found]
        return [day for day in found if day.times]

    @property
    def names(self):
        """What the doctors are called, by id."""
        return {each.id: each.name for each in self.kind.doctors} if self.kind else {}

    def _suits(self, time):
        wall, asked = time.starts_at.astimezone(ZoneInfo(current.clinic.timezone)).time(), self.request
        begins, ends = asked.window_start, asked.window_end
        return (begins is None or wall >= begins) and (ends is None or wall < ends)


def _times(request_id):
    found = load(request_id)
    listed([found.patient_id])
    # Whoever is first is a choice too: an empty one.
    provider_id = an_id("provider_id") if "provider_id" in request.args else found.provider_id
    return Times(found, an_id("visit_type_id"), provider_id, a_day("date"), request.args.get("hours") == "all")


def _answered(request_id, answer, words):
    form, found = TimesForm(), load(request_id)
    if not form.validate():
        return again(PAGE, times=_times(request_id), form=form)
    try:
        answer(found, _wish(form, found), by=current.actor)
    except Refused as refusal:
        # A reason helps over what stands in the way of a booking; a proposal waits for the patient, and has none.
        return _refused(form, request_id, refusal, refusal.field if answer is request_offers.book else None)
    message = words % {"time": moment(form.chosen.data[1])}
    return changed(then=url_for("staff.requests.show", request_id=request_id), message=message)


def _wish(form, found):
    provider_id, starts_at = form.chosen.data
    return Wish(
        current.clinic.id, provider_id, form.visit_type_id.data, found.patient_id, starts_at,
        form.visit_mode.data or VisitMode.IN_PERSON, reason=found.reason, source=found.source,
        overbook=form.overbook_reason.data, alone=True,
    )  # fmt: skip


def _refused(form, request_id, refusal, field):
    db.session.rollback()
    form.blame(said(refusal), field or "chosen")
    return again(PAGE, status=409, times=_times(request_id), form=form)
