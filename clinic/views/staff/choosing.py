"""What the desk's pages for booking and for walk-ins choose from: the patient, the type, the doctor, the time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import ClassVar
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import abort, url_for

from clinic import walltime
from clinic.actions import obstacles
from clinic.current import current
from clinic.db import db
from clinic.forms.booking import FURTHEST
from clinic.models.people import VisitMode
from clinic.queries import patients, picking, rooms
from clinic.views.asked import a_day, a_word, an_id, facts_or_address
from clinic.views.staff.heeds import heeds_of
from clinic.views.staff.own_patients import reach
from clinic.views.staff.patients import found, over, typed, understood


@dataclass(frozen=True)
class Asked:
    """What is chosen so far; the address of every link on the page carries it."""

    patient_id: UUID | None = None
    visit_type_id: UUID | None = None
    provider_id: UUID | None = None
    visit_mode: VisitMode | None = None
    date: date | None = None
    starts_at: datetime | None = None
    specialty: str | None = None
    language: str | None = None
    wanted_room: UUID | None = None

    @classmethod
    def by_address(cls, form, facts=None):
        """Out of the address, or of ``facts`` by the same names; ``form`` has read the time in it."""
        mode = facts_or_address(facts).get("visit_mode") or None
        if mode not in (None, *VisitMode):
            abort(404)
        return cls(
            an_id("patient_id", facts), an_id("visit_type_id", facts), an_id("provider_id", facts),
            mode and VisitMode(mode), a_day("date", facts), form.starts_at.data, a_word("specialty", facts),
            a_word("language", facts), an_id("wanted_room", facts),
        )  # fmt: skip

    @classmethod
    def by_form(cls, form, patient_id=None):
        """Out of a form that was sent; what it could not read is not chosen."""

        def read(field):
            return field.data if not isinstance(field.data, str) or isinstance(field.data, VisitMode) else None

        own = read(form.patient_id) if "patient_id" in form else patient_id
        return cls(own, read(form.visit_type_id), read(form.provider_id), read(form.visit_mode), read(form.on_date),
                   read(form.starts_at), wanted_room=read(form.wanted_room))  # fmt: skip

    def query(self, **changes):
        """The part of an address after its question mark, with some of it changed."""
        return urlencode(replace(self, **changes).facts)

    @property
    def facts(self):
        """What is chosen, by name, as an address and a hidden field carry it."""
        chosen = {**vars(self), "starts_at": self.starts_at and self.starts_at.isoformat()}
        return {name: str(value) for name, value in chosen.items() if value}


class PatientChoice:
    """Finding the patient on the page itself, where none is chosen yet."""

    # The form of the visit, which every button of the page sends along; empty where it comes only after the patient.
    own_form: ClassVar = ""
    # Whether that form is swapped by htmx, and with it whatever its buttons lead to.
    is_part: ClassVar = False

    def __init__(self, asked, path, find_path):
        self.asked, self.path, self.q = asked, path, typed()
        # What is chosen stays in the address, where the page reads it; what is typed is sent.
        self.find_url = f"{find_path}?{asked.query()}".rstrip("?")

    @cached_property
    def patient(self):
        """The chosen patient as lists show them; a 404 where the clinic has no such patient."""
        if self.asked.patient_id is None:
            return None
        row = db.session.execute(patients.one(current.clinic.id, self.asked.patient_id, own=reach())).one_or_none()
        return row or abort(404)

    @cached_property
    def heeds(self):
        """What to heed of the chosen patient: allergies and tags."""
        return heeds_of(self.asked.patient_id)

    @cached_property
    def people(self):
        """Who answers what was typed."""
        return found(self.q).rows

    @cached_property
    def question(self):
        """What was typed, understood."""
        return understood(self.q)

    def link(self, patient_id=None):
        """This page with another patient, or with none."""
        return f"{self.path}?{self.asked.query(patient_id=patient_id)}".rstrip("?")

    @property
    def register_url(self):
        """Where somebody new is registered, with what was typed."""
        return url_for("staff.patients.begin")

    @property
    def typed(self):
        """What was typed as the first facts of a new patient, for the offer to register."""
        return over(self.q)


class Desk(PatientChoice):
    """Everything on the page that picks a time; each part is looked up only when it is shown."""

    own_form: ClassVar = "the-booking"

    def __init__(self, form, asked, visit=None):
        move = {"visit_id": visit.id} if visit else {}
        path = url_for("staff.booking.move", **move) if visit else url_for("staff.booking.new")
        super().__init__(asked, path, url_for("staff.booking.find"))
        self.form, self.visit = form, visit
        self.chosen_path = url_for("staff.booking.move_chosen", **move) if visit else url_for("staff.booking.chosen")
        self.action = url_for("staff.booking.move_to", **move) if visit else url_for("staff.booking.create")
        self.anew_path = url_for("staff.booking.move_anew", **move) if visit else path

    def anew(self, **changes):
        """Where the page is sent to be drawn anew with something else chosen; what is written on it stays."""
        return f"{self.anew_path}?{self.asked.query(**changes)}"

    @property
    def register_url(self):
        """Where somebody new is registered, with what was typed and what is written about the visit."""
        return url_for("staff.booking.begin")

    @cached_property
    def kinds(self):
        """The types that can be booked."""
        return picking.menu(db.session(), current.clinic.id)

    @cached_property
    def kind(self):
        """The chosen type, or the clinic's first; one that nobody here offers is not found."""
        if self.asked.visit_type_id is None:
            own = [each for each in self.kinds if each.doctor(self.asked.provider_id)]
            return next(iter(own or self.kinds), None)
        kind = next((each for each in self.kinds if each.id == self.asked.visit_type_id), None)
        return kind or self._not_offered(self.asked.visit_type_id)

    @cached_property
    def doctor(self):
        """The chosen doctor, or None for whoever is first."""
        if self.asked.provider_id is None or self.kind is None:
            return None
        everybody = {each.id for kind in self.kinds for each in kind.doctors}
        if self.asked.provider_id not in everybody:
            self._not_offered(self.asked.provider_id)
        return self.kind.doctor(self.asked.provider_id)

    @property
    def doctors(self):
        """Whose times are looked at: the chosen doctor's, or everybody's with the wished specialty and language."""
        if self.doctor:
            return [self.doctor]
        return self.kind.fitting(self.asked.specialty, self.asked.language)

    @cached_property
    def room_kinds(self):
        """The kinds of rooms with the rooms of each, any of which may be wanted."""
        return rooms.to_choose(db.session())

    @cached_property
    def wanted_room(self):
        """The room, or kind of room, wanted beside those the type needs; None where none is."""
        every = [each for kind in self.room_kinds for each in (kind, *kind.rooms)]
        return next((each for each in every if each.id == self.asked.wanted_room), None)

    @property
    def wanted_rooms(self):
        """The same as open times ask for it."""
        return [self.wanted_room.id] if self.wanted_room else []

    @property
    def mode(self):
        """Where the visit is to be: as the type says, else as chosen, else at the clinic."""
        fixed = self.kind.visit_mode if self.kind else None
        return fixed or self.asked.visit_mode or VisitMode.IN_PERSON

    @property
    def first_day(self):
        """The day from which open times are shown: from today to as far ahead as anything is booked."""
        wished = self.asked.date or (self.asked.starts_at and self.asked.starts_at.astimezone(self.zone).date())
        return min(max(wished or self.today, self.today), self.today + timedelta(days=FURTHEST))

    @property
    def zone(self):
        """The clinic's zone."""
        return ZoneInfo(current.clinic.timezone)

    @property
    def today(self):
        """Today on the clinic's calendar."""
        return walltime.today(self.zone)

    @cached_property
    def days(self):
        """The next days with open times."""
        if self.kind is None:
            return []
        return picking.next_days(
            db.session(), current.clinic, self.kind, self.doctors, self.mode, self.first_day,
            person_id=current.user.id, wanted_rooms=self.wanted_rooms,
        )  # fmt: skip

    @property
    def later(self):
        """The first day after those shown."""
        if self.days:
            return self.days[-1].date + timedelta(days=1)
        return self.first_day + timedelta(days=picking.DAYS_AHEAD)

    @property
    def earlier(self):
        """A few days before those shown, or None where that would be the past."""
        if self.first_day == self.today:
            return None
        return max(self.first_day - timedelta(days=picking.DAYS_SHOWN), self.today)

    @cached_property
    def choice(self):
        """The chosen time and what stands in its way, or None."""
        if self.asked.starts_at is None or self.kind is None:
            return None
        return picking.judge(
            db.session(), current.clinic, self.kind, self.doctor, self.mode, self.asked.starts_at,
            person_id=current.user.id, patient_id=self.asked.patient_id, moved=self.visit, among=self.doctors,
            wanted_rooms=self.wanted_rooms,
        )  # fmt: skip

    @property
    def in_the_way(self):
        """What stands in the way of the chosen time; not its own visit, which gives its time back first."""
        found = self.choice.in_the_way
        return tuple(each for each in found if each in picking.OF_THE_PATIENT) if self.is_own_time else found

    @property
    def so_far(self):
        """What is chosen beside the patient: the form that books sends it, and choosing a patient takes it along."""
        choice, kind = self.choice, self.kind
        more = {"provider_id": choice.doctor and choice.doctor.id} if choice else {}
        kind_id, room_id = kind.id if kind else None, next(iter(self.wanted_rooms), None)
        chosen = {"visit_type_id": kind_id, "visit_mode": self.mode, "wanted_room": room_id, **more}
        return replace(self.asked, patient_id=None, **chosen).facts

    @property
    def is_late(self):
        """Whether the visit can be moved only with a reason, since patients no longer could."""
        return self.visit is not None and not self.visit.is_before_cutoff("move_cutoff_hours")

    @property
    def is_into_the_past(self):
        """Whether a visit that is still to come would be moved to where it has begun already, which it cannot."""
        return self.visit is not None and obstacles.is_into_the_past(self.visit, self.choice.starts_at)

    @property
    def is_own_time(self):
        """Whether the time chosen for a move overlaps the visit's own, which it will give back first."""
        visit, choice = self.visit, self.choice
        if not visit or not choice.doctor or visit.provider_id != choice.doctor.id:
            return False
        return choice.starts_at < (visit.ends_at or visit.starts_at) and visit.starts_at < choice.ends_at

    @property
    def times_query(self):
        """The address of a time begins like this; ``&provider_id=…&starts_at=…`` follows."""
        kind = self.kind.id if self.kind else None
        return self.asked.query(visit_type_id=kind, visit_mode=self.mode, provider_id=None, starts_at=None, date=None)

    def _not_offered(self, wanted):
        """A 404, unless the visit being moved has a type or doctor no longer to be had: then any other will do."""
        if self.visit and wanted in (self.visit.visit_type_id, self.visit.provider_id):
            return next(iter(self.kinds), None)
        # A form that was sent says itself what is wrong with it; an address has only this answer.
        was_sent = self.form.visit_type_id.raw_data is not None
        return None if was_sent else abort(404)
