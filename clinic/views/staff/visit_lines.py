"""Visits as lines on a screen: what a row of the day's query becomes before the template's one loop writes it.

A day has hundreds of lines, so whatever is the same for many (a time, a word, a set of buttons) is made once.
"""

from flask import current_app
from flask_babel import gettext as _
from uuid_utils import uuid7

from clinic.access import Permission
from clinic.current import current
from clinic.db import now
from clinic.filters import clock
from clinic.models.people import VisitMode
from clinic.models.visits import VisitKind, VisitStatus
from clinic.openings import listed
from clinic.queries.day import Day
from clinic.views.staff.own_patients import closed_among, waits_for_anybody
from clinic.views.staff.queue_rows import COLOURS
from clinic.views.staff.visit_steps import Standing, next_steps

S = VisitStatus
EXPECTED = (S.BOOKED, S.CONFIRMED)
# Before somebody comes and after they left nobody goes by their colour.
HERE = (S.CHECKED_IN, S.IN_PROGRESS)
# Places in the buttons' markup; Markup.replace escapes what goes in. The name goes in last, whatever it is made of.
ID, WHO = "~id~", "~who~"


class Lines:
    """Makes lines for one answer; a line is the tuple that `staff/visits/_lines.html` unpacks."""

    def __init__(self, visits=(), leads=None, calls=False):
        # Where some steps lead on a page that has another place for them than everywhere else; of one visit's line.
        self.leads = leads or {}
        # Whether the page has the form that says where somebody is called to.
        self.calls = calls and current.may(Permission.VISITS_CHECK_IN)
        # A doctor reads the whole day, but opens their own patients only: the others' lines lead nowhere.
        self.closed = closed_among(visits)
        self.shows_flags, self.leads_on = current.may(Permission.PINS_SEE), current.may(Permission.PATIENTS_FIND)
        self.today = Day.today(current.clinic.timezone)
        self.now = now()
        self.own = str(current.provider_id) if current.provider_id else None
        self.times, self.buttons, self.badges = {}, {}, {}
        self.listed = listed()
        # With a visit's id after it, each form's own idempotency key.
        self.key = str(uuid7())
        self.words = {
            "late": _("Late %(long)s"), "waiting": _("Waiting since %(time)s (%(long)s)"), "walk_in": _("Walk-in"),
            "ticket": _("No. %(number)s"), "video": _("%(type)s · video"), "overbooked": _("Overbooked: %(why)s"),
            "answer": _("To be answered by %(time)s"), "anybody": _("Any doctor"), "nobody": _("No doctor"),
            "short": _("%(minutes)s min"), "long": _("%(hours)s h %(minutes)s min"), "visit": _("Visit"),
            "called": _("Called to %(place)s"),
        }  # fmt: skip
        self.colours = {severity.value: _(words) for severity, words in COLOURS.items()}
        self.template = current_app.jinja_env.get_template("staff/visits/_steps.html").module

    def of(self, visits):
        """The lines of these rows."""
        return [self.line(visit) for visit in visits]

    def line(self, visit):
        """One visit's line; where the record is not theirs to open, without the patient's id, and not to be opened."""
        (id_, patient_id, provider_id, status, mode, kind, starts_at, checked_in_at, answer_by, ticket, severity,
         called_to, _turn_at, name, deceased, doctor, type_, overbooked, flags) = visit  # fmt: skip
        self.listed.append(id_)
        words = self.words
        late = self.minutes_late(visit)
        badge = words["late"] % {"long": self.long(late)} if late else None
        day = (starts_at >= self.today.ends_at, starts_at < self.today.starts_at)
        standing = (status, mode, kind, self.owner(provider_id), starts_at <= self.now, *day)
        notes = None
        if status == "checked_in" or overbooked or answer_by or kind == "walk_in":
            notes = self.notes(status, kind, checked_in_at, answer_by, overbooked, ticket, called_to)
        severity = severity if status in HERE else None
        type_ = type_ or words["visit"]
        may_call = self.calls and status == S.CHECKED_IN and mode != VisitMode.VIRTUAL and not called_to
        steps = self.steps(standing, may_call).replace(ID, id_).replace(WHO, name)
        if patient_id in self.closed:
            patient_id, flags = None, ()
            id_, steps = (id_, steps) if waits_for_anybody(visit) else (None, "")
        return (
            id_, patient_id if self.leads_on else None, status, severity, self.colours.get(severity),
            self.time(starts_at) if ticket is None or kind != "walk_in" else words["ticket"] % {"number": ticket},
            name, flags if self.shows_flags else (), deceased,
            doctor or words["anybody" if status == "checked_in" else "nobody"],
            type_ if mode != VisitMode.VIRTUAL else words["video"] % {"type": type_}, badge or self.badge(status),
            late, notes, steps,
        )  # fmt: skip

    def owner(self, provider_id):
        """Whose visit it is, as the person who looks is concerned."""
        if provider_id is None:
            return "nobody" if self.own else "other"
        return "own" if provider_id == self.own else "other"

    def minutes_late(self, visit):
        """Whole minutes that today's patient is past their time without having come; 0 where they are not late."""
        if not self.today.starts_at <= visit.starts_at < self.now or visit.status not in EXPECTED:
            return 0
        return int((self.now - visit.starts_at).total_seconds() // 60)

    def time(self, moment):
        """The time on the clinic's clock, made once for each moment."""
        found = self.times.get(moment)
        if found is None:
            found = self.times[moment] = clock(moment)
        return found

    def long(self, minutes):
        """A length of time in words."""
        if minutes < 60:
            return self.words["short"] % {"minutes": minutes}
        return self.words["long"] % {"hours": minutes // 60, "minutes": minutes % 60}

    def badge(self, status):
        """The word of a status."""
        found = self.badges.get(status)
        if found is None:
            found = self.badges[status] = _(S(status).label)
        return found

    def notes(self, status, kind, checked_in_at, answer_by, overbooked, ticket=None, called_to=None):
        """What else the desk must know, in one line."""
        words, found = self.words, []
        if kind == VisitKind.WALK_IN:
            found.append(words["walk_in"])
        elif status == S.CHECKED_IN and ticket:
            found.append(words["ticket"] % {"number": ticket})
        if called_to:
            found.append(words["called"] % {"place": called_to})
        if status == S.CHECKED_IN and checked_in_at:
            # Another machine's clock may be a moment ahead.
            long = self.long(max(0, int((self.now - checked_in_at).total_seconds() // 60)))
            found.append(words["waiting"] % {"time": self.time(checked_in_at), "long": long})
        if status == S.REQUESTED and answer_by:
            found.append(words["answer"] % {"time": self.time(answer_by)})
        if overbooked:
            found.append(words["overbooked"] % {"why": overbooked})
        return " · ".join(found)

    def steps(self, standing, may_call=False):
        """The buttons of everyone who stands like this; a line's own facts take the places that are kept for them."""
        found = self.buttons.get((standing, may_call))
        if found is None:
            first, others = next_steps(Standing(*standing), current.may)
            key = f"{self.key}.{ID}"
            found = self.template.steps(first, others, ID, key, WHO, self.leads, may_call)
            self.buttons[standing, may_call] = found
        return found
