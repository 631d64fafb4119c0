"""Open times as a patient may choose them: by day, on one day, nearest to a lost one; and what the patient holds."""

from collections import Counter
from datetime import timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from clinic.models.people import VisitMode
from clinic.models.schedule import SeatHold, Slot
from clinic.queries.open_times import first_times, fits, nearest_open, patient_window

WEEK = 7


def times_between(session, clinic, visit_type, doctors, first_day, last_day, *, most=None, **asked):
    """Open times within the patient's window on these days; of doctors free at the same moment only the first named.

    ``asked`` as of ``_by_patient``.
    """
    facts, ids = _by_patient(visit_type, **asked), [doctor.id for doctor in doctors]
    return first_times(session, clinic, visit_type, ids, first_day, last_day, most=most, **facts)


def _by_patient(visit_type, *, person_id, mode=None, moved=None):
    """What is asked of open times for a patient; a visit that is ``moved`` is in nobody's way but where it is now."""
    earliest, latest = patient_window(visit_type)
    return {
        "mode": visit_type.visit_mode or mode, "person_id": person_id, "earliest": earliest, "latest": latest,
        "given_back": moved and moved.slot_id, "own": moved and (moved.provider_id, moved.starts_at),
    }  # fmt: skip


def bookable_days(visit_type, timezone):
    """The first and the last day of the clinic's calendar on which a patient may book this type."""
    zone = ZoneInfo(timezone)
    earliest, latest = patient_window(visit_type)
    return earliest.astimezone(zone).date(), latest.astimezone(zone).date()


def first_open_day(session, clinic, visit_type, doctors, first_day, last_day, **asked):
    """The first of these days with an open time, or None; ``asked`` as of ``_by_patient``."""
    found = times_between(session, clinic, visit_type, doctors, first_day, last_day, most=1, **asked)
    return found[0].starts_at.astimezone(ZoneInfo(clinic.timezone)).date() if found else None


def week_of_days(session, clinic, visit_type, doctors, first_day, **asked):
    """Seven days from the first, each with the number of its open times; ``asked`` as of ``_by_patient``."""
    last_day = first_day + timedelta(days=WEEK - 1)
    found = times_between(session, clinic, visit_type, doctors, first_day, last_day, **asked)
    zone = ZoneInfo(clinic.timezone)
    counts = Counter(time.starts_at.astimezone(zone).date() for time in found)
    return [(day, counts[day]) for day in (first_day + timedelta(days=n) for n in range(WEEK))]


def nearest_times(session, clinic, visit_type, doctors, wished, *, most=3, **asked):
    """The open times nearest to a lost one, soonest first: within a week of it and the patient's window.

    ``asked`` as of ``_by_patient``.
    """
    first, last = bookable_days(visit_type, clinic.timezone)
    day = min(max(wished.astimezone(ZoneInfo(clinic.timezone)).date(), first), last)
    return nearest_open(
        session, clinic, visit_type, [doctor.id for doctor in doctors], wished, most=most, once=True,
        first_day=day - timedelta(days=WEEK), last_day=day + timedelta(days=WEEK), **_by_patient(visit_type, **asked),
    )  # fmt: skip


def possible_modes(session, clinic, visit_type, doctor, starts_at, *, person_id):
    """Where a visit at this time can happen: in person, by video, or either."""
    if visit_type.visit_mode:
        return [visit_type.visit_mode]
    if not doctor.telemed_enabled:
        return [VisitMode.IN_PERSON]
    found = {
        mode: fits(session, clinic, visit_type.id, doctor.id, starts_at, mode=mode, person_id=person_id)
        for mode in VisitMode
    }
    possible = [
        mode for mode, known in found.items() if known and (known.seat_in or (known.inside_hours and known.rooms_free))
    ]
    return possible or [VisitMode.IN_PERSON]


def held_until(session, provider_id, starts_at, *, person_id):
    """Until when this time is kept for the person, or None where it no longer is."""
    running = sa.func.now()
    whole = sa.select(Slot.held_until).where(
        Slot.held_by_id == person_id, Slot.provider_id == provider_id, Slot.starts_at == starts_at,
        Slot.held_until > running,
    )  # fmt: skip
    seat = (
        sa.select(SeatHold.held_until)
        .join(Slot, sa.and_(Slot.clinic_id == SeatHold.clinic_id, Slot.id == SeatHold.slot_id))
        .where(
            SeatHold.held_by_id == person_id, Slot.provider_id == provider_id, Slot.starts_at == starts_at,
            SeatHold.held_until > running,
        )
    )  # fmt: skip
    return session.scalar(whole) or session.scalar(seat)
