"""A visit of the calendar: what can be done with it, moving it to another time or doctor, and moving it back."""

from datetime import date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from flask import abort, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import moving as verbs
from clinic.actions import obstacles, visit_rooms, visits
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.filters import moment
from clinic.forms.booking import MoveForm
from clinic.htmx import again, changed, wants_part
from clinic.htmx import show as answer
from clinic.models.people import VisitMode
from clinic.queries import picking, rooms
from clinic.queries.day import visit_line
from clinic.queries.strandings import stranding_of
from clinic.views.asked import an_id
from clinic.views.staff import own_patients
from clinic.views.staff.beside import calendar_of, is_alone, leads_of
from clinic.views.staff.booking import wish_of
from clinic.views.staff.visit_lines import Lines
from clinic.views.staff.visit_rooms import room_or_404

bp = GuardedBlueprint("moving", __name__, face="staff", url_prefix="/moving/<uuid:visit_id>")
PAGE, PART = "staff/moving/show.html", "staff/moving/_visit.html"
STEP = timedelta(minutes=15)


@bp.get("", needs=Permission.VISITS_SEE, shows="visits")
def show(visit_id):
    """One visit of the calendar: its next steps and, where it can be moved, the form that moves it."""
    return answer(PAGE, PART, move=Move(own_patients.visit(visit_id)))


@bp.post("/move", needs=Permission.VISITS_BOOK)
def move(visit_id):
    """Move the visit; where that is refused, every reason at once and the nearest open times."""
    found = Move(own_patients.visit(visit_id), sent=True)
    if not found.form.validate():
        return again(part_or_page(), move=found)
    undo = found.way_back
    try:
        found.go()
    except Refused as refusal:
        return again(part_or_page(), status=409, move=found.refused(refusal))
    return _done(found.visit, found.words_of(undo), undo)


@bp.post("/undo-move", needs=Permission.VISITS_BOOK)
def undo_move(visit_id):
    """Take the last move back."""
    visit = own_patients.visit(visit_id)
    provider_id = an_id("provider_id") or visit.provider_id or abort(404)
    verbs.undo_move(visit, provider_id, an_id("room_id"), an_id("rather_room_id"), by=current.actor)
    return _done(visit, _("Moved back: %(name)s, %(time)s"))


@bp.post("/undo-room", needs=Permission.VISITS_BOOK)
def undo_room(visit_id):
    """See the patient in the room where they would have been seen before, or in none."""
    visit = own_patients.visit(visit_id)
    visit_rooms.choose(visit, room_or_404(an_id("room_id")), left_id=visit.room_id, by=current.actor)
    return _done(visit, _("Moved back: %(name)s, %(time)s"))


class Move:
    """A visit and where it is to go: the form, the ways on from its time, and what stood in the way."""

    def __init__(self, visit, sent=False):
        self.visit, self.zone = visit, ZoneInfo(current.clinic.timezone)
        self.form = MoveForm(current.clinic) if sent else MoveForm(current.clinic, formdata=None)
        self.against, self.reasons = None, ()
        if sent and not self.form.visit_type_id.raw_data:
            # A drag sends where to alone.
            self.form.visit_type_id.data, self.form.visit_mode.data = visit.visit_type_id, visit.visit_mode
        if not (sent and self.form.provider_id.raw_data):
            self.form.provider_id.data = visit.provider_id

    @property
    def _local(self):
        """The time in the form's fields, by the clinic's clock: the wished one, else the visit's own."""
        at = self.form.starts_at.data
        return (at if isinstance(at, datetime) else self.visit.starts_at).astimezone(self.zone)

    @property
    def day(self):
        """The day in the form, as a browser's field writes it."""
        typed = self.form.on_date.data
        return typed.isoformat() if isinstance(typed, date) else self._local.date().isoformat()

    @property
    def time(self):
        """The time of day in the form, as a browser's field writes it."""
        typed = self.form.at_time.data
        return (typed if isinstance(typed, time) else self._local.time()).strftime("%H:%M")

    @property
    def calendar_day(self):
        """The day of the calendar on which the visit stands."""
        return self.visit.starts_at.astimezone(self.zone).date()

    @cached_property
    def lines(self):
        """The visit as a line with its steps."""
        return Lines(leads=leads_of(self.visit)).of([visit_line(db.session(), self.visit)])

    @cached_property
    def stranding_id(self):
        """The change that took the visit its time, or None."""
        return stranding_of(db.session(), self.visit)

    @property
    def is_possible(self):
        """Whether this person may move the visit now."""
        return current.may(Permission.VISITS_BOOK) and self.visit.status in obstacles.MOVABLE

    @cached_property
    def kinds(self):
        """The types that can be booked, with who offers each."""
        return picking.menu(db.session(), current.clinic.id)

    @cached_property
    def doctors(self):
        """Who offers the visit's type; of a visit without a type everybody who can be booked."""
        kind = next((each for each in self.kinds if each.id == self.visit.visit_type_id), None)
        everybody = {each.id: each for other in self.kinds for each in other.doctors}
        return kind.doctors if kind else list(everybody.values())

    @cached_property
    def room_kinds(self):
        """The rooms the visit can be moved into; by video none."""
        return [] if self.visit.visit_mode == VisitMode.VIRTUAL else rooms.to_choose(db.session())

    @property
    def picks(self):
        """A quarter of an hour earlier and later, as the buttons of the form send them."""
        if not self.visit.provider_id:
            return []
        begins = self.visit.starts_at
        both = [(_("15 minutes earlier"), begins - STEP), (_("15 minutes later"), begins + STEP)]
        return [(words, f"{self.visit.provider_id} {at.isoformat()}", at) for words, at in both]

    @property
    def needs_reason(self):
        """Whether the form asks why: patients could not move it any more, or only a reason helps."""
        if self.is_of_room:
            return False
        late = not self.visit.is_before_cutoff("move_cutoff_hours")
        return late or bool(self.against and self.against.can_be_forced)

    @property
    def wish(self):
        """What the form asks for."""
        if not self.form.provider_id.data:
            raise Refused("Choose a doctor.", field="provider_id")
        wish = wish_of(self.form, self.visit.patient_id)
        return visit_rooms.instead(self.visit, wish, self.form.left_room.data)

    @property
    def stays(self):
        """Whether the visit stays when and with whom it is."""
        form, visit = self.form, self.visit
        stands = (visit.provider_id, visit.starts_at, visit.visit_type_id, visit.visit_mode)
        return stands == (form.provider_id.data, form.starts_at.data, form.visit_type_id.data, form.mode)

    @property
    def is_of_room(self):
        """Whether only its room is another one, or none any more."""
        left_id = self.form.left_room.data
        return self.stays and bool(self.form.wanted_room.data or (left_id and left_id == self.visit.room_id))

    def go(self):
        """Move the visit; raises Refused."""
        if self.is_of_room:
            room, left_id = room_or_404(self.form.wanted_room.data), self.form.left_room.data or self.visit.room_id
            visit_rooms.choose(self.visit, room, left_id=left_id, by=current.actor)
        else:
            visits.move_to(self.visit, self.wish, by=current.actor)

    def words_of(self, undo):
        """What is said when it is done, which there was nothing of if there is no way back."""
        if not undo:
            return _("Nothing changed: %(name)s, %(time)s")
        if self.form.wanted_room.data and self.visit.room:
            return _("Moved: %(name)s, %(time)s, %(room)s")
        return _("Moved: %(name)s, %(time)s")

    @property
    def way_back(self):
        """The address that moves the visit back to where it is now; None where it is not going anywhere."""
        visit = self.visit
        if self.is_of_room:
            return url_for("staff.moving.undo_room", visit_id=visit.id, room_id=visit.room_id)
        if self.stays and not self.form.overbook_reason.data:
            return None
        # A room that was only come by is come back to if it is free; one that was left on purpose has to be.
        room = "room_id" if self.form.wanted_room.data else "rather_room_id"
        ids = {"visit_id": visit.id, "provider_id": visit.provider_id, room: visit.room_id}
        return url_for("staff.moving.undo_move", **ids)

    @property
    def doctor_names(self):
        """What each doctor is called."""
        return {each.id: each.name for kind in self.kinds for each in kind.doctors}

    def refused(self, refusal):
        """The same with every reason against it, of which the refusal is one, and what is open instead."""
        db.session.rollback()
        self.visit = own_patients.visit(self.visit.id)
        if self.form.provider_id.data and self.form.starts_at.data:
            ids = [each.id for each in self.doctors]
            self.against = verbs.against(self.visit, self.wish, ids, by=current.actor)
        # Where the time has become free meanwhile, the refusal itself is still told; of another room there is no more.
        found = [said(each) for each in self.against.reasons] if self.against and not self.is_of_room else []
        self.reasons = list(dict.fromkeys(found or [said(refusal)]))
        self.__dict__.pop("lines", None)
        return self


def part_or_page():
    """What a form of the drawer is answered with: the drawer's content, or the page of its own."""
    return PART if wants_part() else PAGE


def _done(visit, words, undo=None):
    room = visit.room.name if visit.room else ""
    message = words % {"name": visit.patient.full_name, "time": moment(visit.starts_at), "room": room}
    parts = () if is_alone() else ("staff/moving/_done.html",)
    return changed(*parts, then=calendar_of(visit.starts_at), message=message, undo=undo, visit=visit)
