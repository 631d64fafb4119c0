"""One step on the way to a visit: the answers so far with the rows they name, or the page that says why not."""

from datetime import timedelta
from functools import cached_property

from flask import abort, url_for

from clinic.actions.acting import Refused
from clinic.actions.booking import Wish
from clinic.current import current
from clinic.db import db
from clinic.forms.portal_booking import WHOEVER_IS_FIRST
from clinic.models.people import VisitMode
from clinic.models.schedule import BookingRule
from clinic.models.visits import VisitSource
from clinic.queries import portal_offers, portal_times
from clinic.queries.places import place_at
from clinic.queries.portal_times import WEEK
from clinic.views.portal.answers import Answers


class Journey:
    """What the next question needs to know. Looked up when first asked for; 404 for whatever is not offered here."""

    def __init__(self, answers, *, moved=None, who=current):
        # The visit that is moved, if one is. Who asks: somebody signed in or, for one visit, whoever holds its link.
        self.answers, self.moved, self.who = answers, moved, who
        self.clinic = who.clinic
        if answers.patient_id and answers.patient_id not in who.patient_ids:
            abort(404)

    @property
    def person_id(self):
        """The person signed in, whose own hold never stands in the way; None for whoever holds a link."""
        return self.who.user.id if self.who.user else None

    @classmethod
    def of(cls, address):
        """The journey an address's query tells of."""
        return cls(Answers.of(address))

    @property
    def patient_id(self):
        """Whom the visit is for: the one named, or the only one there is."""
        only = next(iter(self.who.patient_ids)) if len(self.who.patient_ids) == 1 else None
        return self.answers.patient_id or only

    @cached_property
    def patients(self):
        """Everybody this person may book for."""
        return portal_offers.own_patients(db.session(), self.who.patient_ids)

    @property
    def whose(self):
        """The name of whom the visit is for, where somebody books for more than themselves; else None."""
        if not self.who.acts_for_others:
            return None
        return next((each.full_name for each in self.patients if each.id == self.patient_id), None)

    @cached_property
    def offer(self):
        """The type of visit, its doctors and the patient; refused where only the clinic books the type."""
        ids = self.clinic.id, self.answers.visit_type_id, self.patient_id
        found = portal_offers.offer_of(db.session(), *ids) or abort(404)
        if found.visit_type.booking == BookingRule.OFF:
            raise Refused("This type of visit is booked by the clinic. Please call us.")
        if found.is_enough and not self.moved:
            raise Refused("You have as many visits of this type to come as can be booked here. Please call us.")
        return found

    @property
    def patient(self):
        """Whom the visit is for: name and zone."""
        return self.offer.patient or abort(404)

    @property
    def visit_type(self):
        """The type of visit."""
        return self.offer.visit_type

    @property
    def offering(self):
        """Every doctor who offers the type."""
        return self.offer.doctors

    @property
    def fitting(self):
        """The doctors who offer the type, with the specialty and the language wished for."""
        return self.offer.fitting(self.answers.specialty, self.answers.language)

    @property
    def doctors(self):
        """The doctors whose times are looked for: the chosen one, or all of whom the first is wanted."""
        if self.answers.doctor in (None, WHOEVER_IS_FIRST):
            return self.fitting
        return [each for each in self.offering if each.id == self.answers.doctor] or abort(404)

    @property
    def doctor_names(self):
        """Who each time is with, where several doctors' times stand side by side; else nothing."""
        return self.all_names if len(self.doctors) > 1 else {}

    @property
    def all_names(self):
        """The name of every doctor who offers the type, by id."""
        return {each.id: each.display_name for each in self.offering}

    @property
    def provider(self):
        """The doctor of the chosen time."""
        return next((each for each in self.offering if each.id == self.answers.provider_id), None) or abort(404)

    @cached_property
    def place(self):
        """Where a visit at the chosen time would be, unless it is by video."""
        return place_at(db.session(), self.clinic.id, self.provider.id, self.answers.starts_at)

    @cached_property
    def modes(self):
        """Where a visit at the chosen time can happen."""
        return portal_times.possible_modes(
            db.session(), self.clinic, self.visit_type, self.provider, self.answers.starts_at,
            person_id=self.person_id,
        )  # fmt: skip

    def week(self):
        """Seven days with the number of their open times, the weeks around; the next open day if they have none."""
        first, last = portal_times.bookable_days(self.visit_type, self.clinic.timezone)
        start = min(max(self.answers.week or first, first), last)
        days, next_open = self._days(start), None
        if not any(count for _day, count in days):
            next_open = self._first_open_day(start + timedelta(days=WEEK), last)
        if next_open and not self.answers.week:
            start, days, next_open = next_open, self._days(next_open), None
        earlier = max(start - timedelta(days=WEEK), first) if start > first else None
        later = start + timedelta(days=WEEK)
        return {
            "days": [(day, count) for day, count in days if day <= last], "start": start, "earlier": earlier,
            "later": later if later <= last else None, "next_open": next_open, "last": last,
        }  # fmt: skip

    def _look(self, question, *when, doctors=None):
        doctors = self.doctors if doctors is None else doctors
        return question(db.session(), self.clinic, self.visit_type, doctors, *when, person_id=self.person_id,
                        mode=self.answers.visit_mode, moved=self.moved)  # fmt: skip

    def _days(self, first_day):
        return self._look(portal_times.week_of_days, first_day)

    def _first_open_day(self, first_day, last_day):
        if first_day > last_day:
            return None
        return self._look(portal_times.first_open_day, first_day, last_day)

    def times(self, day):
        """The open times of one day."""
        return self._look(portal_times.times_between, day, day)

    def nearest(self):
        """The three open times nearest to the lost one: the same doctor's, or anybody's where they have none."""
        for doctors in (self.doctors, self.offering):
            if found := self._look(portal_times.nearest_times, self.answers.starts_at, doctors=doctors):
                return found
        return []

    def held_until(self):
        """Until when the chosen time is kept, or None where it no longer is."""
        return portal_times.held_until(
            db.session(), self.answers.provider_id, self.answers.starts_at, person_id=self.person_id
        )

    def wish(self, mode=None, reason=None):
        """The wish these answers come to."""
        at = self.answers
        return Wish(
            clinic_id=self.clinic.id, provider_id=at.provider_id, visit_type_id=at.visit_type_id,
            patient_id=self.patient_id, starts_at=at.starts_at, visit_mode=mode or at.visit_mode or VisitMode.IN_PERSON,
            reason=reason, source=VisitSource.PORTAL,
        )  # fmt: skip

    def needs(self, *names):
        """The address of the first question still open among these, or None; a typed-in address may skip some."""
        questions = {
            "patient_id": "portal.booking.new", "visit_type_id": "portal.booking.new",
            "doctor": "portal.booking.doctor", "provider_id": "portal.booking.day", "starts_at": "portal.booking.day",
            "day": "portal.booking.day", "visit_mode": "portal.booking.reason",
        }  # fmt: skip
        answered = {**vars(self.answers), "patient_id": self.patient_id}
        missing = next((name for name in names if answered[name] is None), None)
        if missing == "patient_id" and not self.who.patient_ids:
            return url_for("portal.home.index")
        return self.answers.url(questions[missing]) if missing else None
