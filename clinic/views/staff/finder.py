"""The finder: the next open times with a room that suit a caller, each a link that goes on to the booking."""

from functools import cached_property
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import abort, request, url_for
from flask_babel import gettext as _

from clinic import walltime
from clinic.access import GuardedBlueprint, Permission
from clinic.current import current
from clinic.db import db
from clinic.forms.booking import instant
from clinic.forms.finder import FinderForm
from clinic.htmx import again, show
from clinic.models.people import VisitMode
from clinic.queries import finder as queries
from clinic.queries import picking, providers, rooms
from clinic.views.asked import an_id

bp = GuardedBlueprint("finder", __name__, face="staff", url_prefix="/finder")
PAGE, FOUND = "staff/finder/index.html", "staff/finder/_found.html"


@bp.get("", needs=Permission.VISITS_BOOK)
def index():
    """What is looked for, and the next three times that suit."""
    finder = Finder()
    if not finder.form.validate():
        return again(PAGE, finder=finder)
    return show(PAGE, FOUND, finder=finder)


class Finder:
    """The page: the form as the address fills it in, and what it finds."""

    def __init__(self):
        self.patient_id, self.after = an_id("patient_id"), _after()
        self.kinds = picking.menu(db.session(), current.clinic.id)
        self.form = FinderForm(request.args)
        self.kind = next((each for each in self.kinds if each.id == self.form.visit_type_id.data), None)
        self.kind = self.kind or next(iter(self.kinds), None)
        self._offer()

    def _offer(self):
        """Say what there is to choose from."""
        form, doctors = self.form, self.kind.doctors if self.kind else []
        form.visit_type_id.offer([(each.id, each.name) for each in self.kinds], _("Choose"))
        form.provider_id.offer([(each.id, each.name) for each in doctors], _("Whoever is first"))
        form.offer_words("specialty", self.kind.specialties if self.kind else [], _("Any"))
        form.offer_words("language", self.kind.languages if self.kind else [], _("Any"))
        places = [(each.id, each.name) for each in providers.locations(db.session())]
        form.location_id.offer(places, _("Anywhere"))
        form.room_kind_id.offer(rooms.kind_names(db.session()), _("As the visit needs"))
        if form.visit_type_id.data is None and self.kind:
            form.visit_type_id.data = self.kind.id
        if form.provider_id.data in {doctor.id for kind in self.kinds for doctor in kind.doctors} - _ids(doctors):
            form.provider_id.data = None  # somebody who does not offer the type chosen since

    @property
    def mode(self):
        """Where the visit is to be: as the type says, else as chosen, else at the clinic."""
        typed = self.form.visit_mode.data
        return self.kind.visit_mode or (VisitMode(typed) if typed in set(VisitMode) else VisitMode.IN_PERSON)

    @cached_property
    def found(self):
        """The next open times that suit."""
        if self.kind is None or self.form.errors:
            return []
        return queries.find(db.session(), current.clinic, self._question(), person_id=current.user.id)

    def _question(self):
        """What the form asks for."""
        form, chosen = self.form, self.kind.doctor(self.form.provider_id.data)
        doctors = [chosen] if chosen else self.kind.fitting(form.specialty.data, form.language.data)
        first_day = form.first_day(walltime.today(ZoneInfo(current.clinic.timezone)))
        at_from, at_until = form.times
        return queries.Question(
            self.kind, doctors, self.mode, first_day, tuple(form.weekdays.data or range(7)), at_from, at_until,
            form.location_id.data, (form.room_kind_id.data,) if form.room_kind_id.data else (), self.after,
        )  # fmt: skip

    def booking(self, time):
        """Where the open time is booked."""
        return url_for(
            "staff.booking.new", visit_type_id=self.kind.id, provider_id=time.doctor.id, visit_mode=self.mode.value,
            starts_at=time.starts_at.isoformat(), wanted_room=self.form.room_kind_id.data,
            patient_id=self.patient_id,
        )  # fmt: skip

    @property
    def first(self):
        """The address of the same question from its beginning."""
        return self._same_question()

    @property
    def later(self):
        """The address of the next three."""
        return self._same_question(("after", self.found[-1].starts_at.isoformat()))

    def _same_question(self, *more):
        asked = [(name, value) for name, value in request.args.items(multi=True) if name != "after" and value]
        return f"{url_for('.index')}?{urlencode([*asked, *more])}"


def _ids(rows):
    return {each.id for each in rows}


def _after():
    """The open time after which to look, or None."""
    try:
        found = instant(request.args["after"]) if request.args.get("after") else None
    except ValueError:
        abort(404)
    if found and not 2000 <= found.year < 2100:
        abort(404)
    return found
