"""The queue: a number at the door, a colour, and who is asked in next; two who call at once never call one person."""

from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic.actions.acting import Refused, action, note
from clinic.actions.moves import hold, remember
from clinic.db import now
from clinic.models.organizations import Clinic
from clinic.models.people import Severity, VisitMode
from clinic.models.rooms import Room, RoomStatus
from clinic.models.visits import EventKind, Visit, VisitStatus
from clinic.queries import queue as asked
from clinic.queries import waits
from clinic.queries.day import Day

# The day's next number: one for each who asks, since each waits for the row that the other has just counted up.
DRAW = sa.text(
    """INSERT INTO ticket_days (clinic_id, id, on_date, last_number)
       SELECT c.id, :id, (now() AT TIME ZONE c.timezone)::date, 1 FROM clinics AS c WHERE c.id = :clinic_id
       ON CONFLICT (clinic_id, on_date) DO UPDATE SET last_number = ticket_days.last_number + 1
       RETURNING on_date, last_number"""
)
LONGEST_PLACE = 60


def join(session, visit):
    """Give somebody who is here a number, unless they drew one today already, and note how long it may take."""
    if visit.ticket_on != now().astimezone(ZoneInfo(visit.timezone)).date():
        drawn = session.connection().execute(DRAW, {"clinic_id": visit.clinic_id, "id": uuid7()}).one()
        visit.ticket_on, visit.ticket_number = drawn
    visit.wait_low, visit.wait_high = waits.expected(session, visit) or (None, None)


def leave(visit):
    """They do not wait, or never did: nobody has called them, nothing was told. The number stays theirs."""
    visit.called_at = visit.called_to = visit.wait_low = visit.wait_high = None
    visit.times_called = 0


@action
def call_next(session, *, by, provider_id=None, room_id=None, place=None):
    """Call whoever is next by the rule of docs/decisions; of one doctor, their own and those who wait for anybody."""
    day = Day.today(session.get(Clinic, by.clinic_id).timezone)
    visit_id = asked.next_up(session, by.clinic_id, day, provider_id)
    if visit_id is None:
        raise Refused("Nobody is waiting to be called.")
    visit = session.get(Visit, (by.clinic_id, visit_id))
    session.refresh(visit)
    return _called(session, visit, room_id, place, by)


@action
def call(visit, *, by, room_id=None, place=None):
    """Call somebody out of turn; whoever was called already is called again by another word."""
    hold(visit)
    _waits(visit)
    if visit.visit_mode == VisitMode.VIRTUAL:
        raise Refused("Number %(number)s comes by video: the doctor starts the visit.", number=visit.ticket_number)
    if visit.called_at:
        raise Refused("Number %(number)s has been called already.", number=visit.ticket_number)
    return _called(object_session(visit), visit, room_id, place, by)


@action
def call_again(visit, *, by):
    """They did not come: call them once more to the same place."""
    hold(visit)
    _waits(visit)
    if not visit.called_at:
        raise Refused("Number %(number)s has not been called yet.", number=visit.ticket_number)
    visit.called_at, visit.times_called = now(), visit.times_called + 1
    remember(
        object_session(visit), visit.clinic_id, visit.id, EventKind.PROGRESS, by=by, progress="called_again",
        notes=visit.called_to,
    )  # fmt: skip
    return visit


@action
def uncall(visit, *, by):
    """Take a call back: they wait as before."""
    hold(visit)
    _waits(visit)
    if not visit.called_at:
        raise Refused("Number %(number)s has not been called yet.", number=visit.ticket_number)
    visit.called_at = visit.called_to = None
    visit.times_called = 0
    remember(object_session(visit), visit.clinic_id, visit.id, EventKind.PROGRESS, by=by, progress="uncalled")
    return visit


@action
def triage(visit, severity, *, by):
    """Say how urgent somebody is, or with None that nobody has said it."""
    hold(visit)
    if not visit.is_live:
        raise Refused("This visit is %(now)s; nobody waits any more.", now=visit.status.label.lower())
    visit.severity = Severity(severity) if severity else None
    remember(
        object_session(visit), visit.clinic_id, visit.id, EventKind.PROGRESS, by=by,
        progress=f"triaged_{visit.severity or 'none'}",
    )  # fmt: skip
    return visit


@action
def set_limits(clinic: Clinic, *, by, waiting: int, called: int, seen: int):
    """Set after how many minutes waiting, being called and being seen are lit as long."""
    former, limits = clinic.settings, {"waiting": waiting, "called": called, "seen": seen}
    kept = {**asked.USUAL, **former.get(asked.SETTING, {})}
    note(object_session(clinic), **{name: (kept[name], minutes) for name, minutes in limits.items()})
    clinic.settings = {**former, asked.SETTING: limits}
    return clinic


def _waits(visit):
    if visit.status != VisitStatus.CHECKED_IN:
        raise Refused("This visit is %(now)s; nobody waits to be called.", now=visit.status.label.lower())


def _room(session, visit, room_id, place):
    """The room they are called to: the one that is named, else the visit's own where nothing was typed."""
    wanted = room_id or (None if place else visit.room_id)
    return session.get(Room, (visit.clinic_id, wanted)) if wanted else None


def _called(session, visit, room_id, place, by):
    room = _room(session, visit, room_id, place)
    if room_id and (room is None or room.status != RoomStatus.ACTIVE):
        raise Refused("This room is not in use.", field="room_id")
    words = room.name if room else (place or "").strip()[:LONGEST_PLACE]
    if not words:
        raise Refused(
            "Number %(number)s has no room yet. Say where they should go: choose a room, or type a place.",
            field="place", number=visit.ticket_number,
        )  # fmt: skip
    if room_id:
        visit.room_id = room_id
    visit.called_at, visit.called_to, visit.times_called = now(), words, 1
    remember(
        session, visit.clinic_id, visit.id, EventKind.PROGRESS, by=by, progress="called", notes=words
    )  # fmt: skip
    return visit
