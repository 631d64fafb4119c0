"""A doctor's hours: every week or on one date, in wall time of the clinic's zone."""

from datetime import date, time
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic import bell
from clinic.actions import stranding_returns, strandings
from clinic.actions.acting import Refused, action, note
from clinic.actions.freed_times import tell_waitlist_of_hours
from clinic.models.organizations import Clinic
from clinic.models.people import VisitMode
from clinic.models.providers import Provider
from clinic.models.schedule import Availability, AvailabilityStatus
from clinic.queries.hours import to_come
from clinic.walltime import today

# What a row of hours says, beside whose it is.
KEPT = (
    "weekday", "on_date", "start_time", "end_time", "visit_mode", "location", "status", "valid_from", "valid_until",
    "in_addition", "start_first", "end_first",
)  # fmt: skip
# 0 is Sunday, as in the table.
WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


@action
def add(session, provider: Provider, *, by, **details):
    """Add hours of a weekday (0 is Sunday) or, with ``on_date``, of one day, in place of its weekly hours or beside."""
    held = strandings.hold_hours(provider)
    row = Availability(clinic_id=provider.clinic_id, id=uuid7(), provider_id=provider.id, **details)
    _fits_beside_the_others(session, row)
    session.add(row)
    stranding_returns.stand_again(session, held.stranded, by=by)
    if row.on_date:
        strandings.by_hours(provider, row, {"do": "remove", "row_id": str(row.id)}, held, by=by)
    tell_waitlist_of_hours(session, provider, row.id)
    bell.ring(session, provider.clinic_id, "visits")
    return row


@action
def update(row: Availability, provider: Provider, *, by, **details):
    """Change hours where they stand; visits they no longer cover where they were are stranded, others are no more."""
    session, former, held = object_session(row), kept(row), strandings.hold_hours(provider)
    with session.no_autoflush:
        for name, value in details.items():
            setattr(row, name, value)
        if row.status == AvailabilityStatus.ACTIVE:
            _fits_beside_the_others(session, row)
    stranding_returns.stand_again(session, held.stranded, by=by)
    strandings.by_hours(provider, row, {"do": "update", "row_id": str(row.id), "row": former}, held, by=by)
    if not _only_shorter(kept(row), former):
        tell_waitlist_of_hours(session, provider, row.id, _replaced(former))
    bell.ring(session, row.clinic_id, "visits")
    return row


@action
def pause(row: Availability, provider: Provider, *, by):
    """Keep the hours but offer nothing in them; what is booked stays booked."""
    held = strandings.hold_hours(provider)
    row.status = AvailabilityStatus.PAUSED
    strandings.by_hours(provider, row, {"do": "resume", "row_id": str(row.id)}, held, by=by)
    bell.ring(object_session(row), row.clinic_id, "visits")
    return row


@action
def resume(row: Availability, provider: Provider, *, by):
    """Offer times in the hours again; visits that were to move because of the pause stay."""
    session, held = object_session(row), strandings.hold_hours(provider)
    _fits_beside_the_others(session, row)
    row.status = AvailabilityStatus.ACTIVE
    stranding_returns.stand_again(session, held.stranded, by=by)
    tell_waitlist_of_hours(session, provider, row.id)
    bell.ring(session, row.clinic_id, "visits")
    return row


@action
def pause_all(provider: Provider, row_ids=None, *, by):
    """Pause every row that counts now or later, or of these some; whom that strands is one list. Returns them."""
    session, held = object_session(provider), strandings.hold_hours(provider)
    rows = _standing(session, provider, AvailabilityStatus.ACTIVE, row_ids)
    for row in rows:
        row.status = AvailabilityStatus.PAUSED
    if rows:
        strandings.by_all_hours(provider, {"do": "resume_all", "row_ids": [str(row.id) for row in rows]}, held, by=by)
    note(session, hours=[len(rows), 0])
    bell.ring(session, provider.clinic_id, "visits")
    return rows


@action
def resume_all(provider: Provider, row_ids=None, *, by):
    """Offer times in every paused row again, or in some of them; all of them or, where two overlap, none."""
    session, held = object_session(provider), strandings.hold_hours(provider)
    rows = _standing(session, provider, AvailabilityStatus.PAUSED, row_ids)
    for row in rows:
        _fits_beside_the_others(session, row)
        row.status = AvailabilityStatus.ACTIVE
        # The next one is looked at beside this one.
        session.flush()
    stranding_returns.stand_again(session, held.stranded, by=by)
    for row in rows:
        tell_waitlist_of_hours(session, provider, row.id)
    note(session, hours=[0, len(rows)])
    bell.ring(session, provider.clinic_id, "visits")
    return rows


@action
def remove(row: Availability, provider: Provider, *, by):
    """Take the hours away; what is booked in them stays booked."""
    session, former, held = object_session(row), kept(row), strandings.hold_hours(provider)
    session.delete(row)
    # Without the hours of one date the weekly ones count on it again.
    stranding_returns.stand_again(session, held.stranded, by=by)
    strandings.by_hours(provider, row, {"do": "add", "row": former}, held, by=by)
    if _replaced(former):
        tell_waitlist_of_hours(session, provider, row.id, _replaced(former))
    note(session, weekday=[row.weekday, None], start_time=[row.start_time, None], end_time=[row.end_time, None])
    bell.ring(session, row.clinic_id, "visits")
    return row


def kept(row):
    """The hours as JSON can keep them, so that a change can be taken back."""
    facts = {name: getattr(row, name) for name in KEPT}
    return {name: value.isoformat() if isinstance(value, date | time) else value for name, value in facts.items()} | {
        "location_id": row.location_id and str(row.location_id)
    }


def read(row):
    """The hours as ``kept`` wrote them."""
    reads = {
        "on_date": date.fromisoformat, "valid_from": date.fromisoformat, "valid_until": date.fromisoformat,
        "start_time": time.fromisoformat, "end_time": time.fromisoformat, "location_id": UUID,
        "visit_mode": VisitMode, "status": AvailabilityStatus,
    }  # fmt: skip
    return {name: reads[name](value) if value is not None and name in reads else value for name, value in row.items()}


def _standing(session, provider, status, wanted):
    """The doctor's rows of this status that count now or later; only those of the ``wanted`` ids, where there are."""
    zone = ZoneInfo(session.get(Clinic, provider.clinic_id).timezone)
    rows = to_come(session, provider.id, today(zone), status)
    return [row for row in rows if wanted is None or row.id in wanted]


def _only_shorter(is_now, former):
    """Whether nothing of it changed but that it begins later or ends earlier."""
    ends = ("start_time", "end_time")
    same = all(is_now[name] == former[name] for name in former if name not in ends)
    return same and former["start_time"] <= is_now["start_time"] and is_now["end_time"] <= former["end_time"]


def _replaced(former):
    """The date whose weekly hours these took the place of, or None."""
    return None if former["in_addition"] else former["on_date"]


def _fits_beside_the_others(session, row):
    """Refuse hours that overlap others of the same day which count at the same time."""
    same_day = Availability.on_date == row.on_date if row.on_date else Availability.weekday == row.weekday
    others = sa.select(Availability).where(
        Availability.provider_id == row.provider_id,
        Availability.id != row.id,
        Availability.status == AvailabilityStatus.ACTIVE,
        same_day,
        Availability.start_time < row.end_time,
        Availability.end_time > row.start_time,
    )
    with session.no_autoflush:
        found = [other for other in session.scalars(others) if _count_together(other, row)]
    if not found:
        return
    times = {"start": f"{found[0].start_time:%H:%M}", "end": f"{found[0].end_time:%H:%M}"}
    if row.on_date:
        raise Refused("These hours overlap others of that day, from %(start)s to %(end)s.", field="start_time", **times)
    sentence = "These hours overlap those of %(day)s from %(start)s to %(end)s that are already there."
    raise Refused(sentence, field="start_time", day=WEEKDAYS[row.weekday], **times)


def _count_together(one, other):
    """Whether there is a day on which both are valid."""
    begins = max(filter(None, (one.valid_from, other.valid_from)), default=None)
    ends = min(filter(None, (one.valid_until, other.valid_until)), default=None)
    return begins is None or ends is None or begins <= ends
