"""People in the queue as rows on a screen: how long they are where they are, and what is long about it."""

from dataclasses import dataclass
from datetime import timedelta

from flask_babel import gettext as _
from uuid_utils.compat import uuid7

from clinic.access import Permission
from clinic.current import current
from clinic.db import now
from clinic.filters import clock
from clinic.models.people import Severity, VisitMode
from clinic.models.visits import VisitStatus
from clinic.openings import listed
from clinic.queries.queue import minutes_since
from clinic.views.staff.own_patients import closed_among, waits_for_anybody

# The words of a colour on a small tag; the long ones stand where it is chosen.
COLOURS = {each: each.label.partition(":")[0] for each in Severity}


@dataclass(frozen=True, slots=True)
class Row:
    """One person on the screen; without ``id`` the visit is not theirs to open who looks."""

    id: str | None
    number: int | None
    name: str
    deceased: bool
    severity: str | None
    colour: str | None
    doctor: str
    type: str
    by_video: bool
    since: str
    long: str | None
    told: str | None
    place: str | None
    may_start: bool
    may_be_missed: bool
    without_link: bool


def shown(rows, limits):
    """The rows in three parts, with how long each person is in theirs."""
    closed, own = closed_among(rows), str(current.provider_id) if current.provider_id else None
    listed().extend(row.id for row in rows)
    parts = {"called": [], "waiting": [], "seen": []}
    for row in rows:
        part = "seen" if row.status == VisitStatus.IN_PROGRESS else "called" if row.called_at else "waiting"
        parts[part].append(_row(row, part, limits, row.patient_id in closed and not waits_for_anybody(row), own))
    return {**parts, "severities": list(Severity), "key": str(uuid7())}


def _row(row, part, limits, is_closed, own):
    # A video visit begins without anybody having come to the desk.
    moment = {"called": row.called_at, "waiting": row.checked_in_at, "seen": row.started_at}[part]
    minutes = minutes_since(moment)
    # Nobody waits too long whose own time is still to come.
    is_long = minutes_since(row.due_at if part == "waiting" else moment) >= getattr(limits, part)
    return Row(
        id=None if is_closed else row.id, number=row.ticket_number, name=row.full_name, deceased=row.deceased,
        severity=row.severity, colour=_(COLOURS[Severity(row.severity)]) if row.severity else None,
        doctor=row.doctor or _("Any doctor"), type=row.visit_type or _("Visit"),
        by_video=row.visit_mode == VisitMode.VIRTUAL, since=_since(part, moment, minutes),
        long=_too_long(part) if is_long else None, told=_told(row, part),
        place=_place(row, part), may_start=_may_start(row, part, own),
        # Whoever went before they were seen; nobody has missed a time that is still to come.
        may_be_missed=part != "seen" and row.starts_at <= now(),
        without_link=row.without_link and current.may(Permission.VISITS_BOOK),
    )  # fmt: skip


def _may_start(row, part, own):
    """Whether their doctor takes them in from here: whoever was called, and who waits by video."""
    is_mine = own is not None and (row.provider_id is None or row.provider_id == own)
    is_due = part == "called" or (part == "waiting" and row.visit_mode == VisitMode.VIRTUAL)
    return is_mine and is_due and current.may(Permission.VISITS_CONDUCT)


def _since(part, moment, minutes):
    words = {
        "called": _("called at %(time)s, %(minutes)s min ago"), "waiting": _("since %(time)s, %(minutes)s min"),
        "seen": _("since %(time)s, %(minutes)s min"),
    }  # fmt: skip
    return words[part] % {"time": clock(moment), "minutes": minutes} if moment else ""


def _too_long(part):
    return {"called": _("Has not come"), "waiting": _("Long wait"), "seen": _("Long visit")}[part]


def _told(row, part):
    if part == "seen" or row.wait_high is None:
        return None
    low, high = (clock(row.due_at + timedelta(minutes=minutes)) for minutes in (row.wait_low, row.wait_high))
    return _("told %(low)s to %(high)s", low=low, high=high)


def _place(row, part):
    if part == "waiting" or not row.called_to:
        return row.room
    return _("%(place)s, called %(times)s times", place=row.called_to, times=row.times_called) \
        if row.times_called > 1 else row.called_to  # fmt: skip
