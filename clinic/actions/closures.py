"""Closing the clinic, one place or one doctor for a while; visits already booked stay, and are told of at once."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic import bell
from clinic.actions import stranding_returns, strandings
from clinic.actions.acting import Refused, action, note
from clinic.actions.freed_times import tell_waitlist
from clinic.db import now
from clinic.models.closures import Closure, ClosureSource
from clinic.models.providers import Provider

LONGEST = timedelta(days=366)


@action
def add(session, *, by, **details):
    """Close from one instant to another, under the locks of bookings: one begun before is seen among the affected."""
    closure = Closure(clinic_id=by.clinic_id, id=uuid7(), **details)
    _is_possible(closure)
    _lock(session, closure)
    _is_not_there_yet(session, closure)
    session.add(closure)
    strandings.by_closure(closure, by=by)
    bell.ring(session, closure.clinic_id, "visits")
    return closure


@action
def update(closure: Closure, *, by, **details):
    """Close at another time, for somebody else or under another name; what it closes no more is open again."""
    session = object_session(closure)
    former, was = _kept(closure), _whom_and_when(closure)
    for name, value in details.items():
        setattr(closure, name, value)
    _is_possible(closure)
    with session.no_autoflush:
        stranded = strandings.open_ones(session, strandings.of_closure(closure))
        _lock(session, closure)
        _is_not_there_yet(session, closure)
    stranding_returns.stand_again(session, stranded, by=by)
    strandings.last_as(closure, stranded)
    strandings.by_closure(closure, by=by, former=former)
    _open_again(session, closure, was)
    bell.ring(session, closure.clinic_id, "visits")
    return closure


@action
def remove(closure: Closure, *, by):
    """Open again."""
    session = object_session(closure)
    if closure.removed_at is not None:
        raise Refused("This closure is already removed.")
    stranded = strandings.of_closure(closure)
    strandings.open_ones(session, stranded)
    _lock(session, closure)
    closure.removed_at = now()
    stranding_returns.given_back(session, stranded, by=by)
    note(session, starts_at=[closure.starts_at, None], ends_at=[closure.ends_at, None])
    _tell_waitlist(session, closure.clinic_id, closure.provider_id, closure.starts_at, closure.ends_at)
    bell.ring(session, closure.clinic_id, "visits")
    return closure


@action
def restore(closure: Closure, *, by):
    """Take a removal back."""
    session = object_session(closure)
    if closure.removed_at is None:
        raise Refused("This closure is there already.")
    _lock(session, closure)
    _is_not_there_yet(session, closure)
    closure.removed_at = None
    strandings.by_closure(closure, by=by)
    bell.ring(session, closure.clinic_id, "visits")
    return closure


def add_holidays(session, days, *, by) -> int:
    """Close days out of a calendar file and return how many were open; the same day of an event closes once."""
    many = 0
    for day in days:
        known = session.scalars(
            sa.select(Closure).where(Closure.external_uid == day["external_uid"], Closure.starts_at == day["starts_at"])
        ).one_or_none()
        if day["ends_at"] <= now() or (known is not None and known.removed_at is None):
            continue
        many += 1
        if known is None:
            add(session, by=by, source=ClosureSource.ICS, **day)
            session.flush()
        else:
            restore(known, by=by)
    return many


def _open_again(session, closure, was):
    """Tell the waiting list what a changed closure leaves open: the ends it lost or, for somebody else, all it was."""
    doctor, place, begins, ends = was
    pieces = [(begins, min(ends, closure.starts_at)), (max(begins, closure.ends_at), ends)]
    if (doctor, place) != (closure.provider_id, closure.location_id):
        pieces = [(begins, ends)]
    for first, last in pieces:
        if first < last:
            _tell_waitlist(session, closure.clinic_id, doctor, first, last)


def _tell_waitlist(session, clinic_id, doctor_id, begins, ends):
    """Whoever was closed can be booked again at that time: one job for each doctor, where somebody waits."""
    whom = sa.select(Provider.id).where(Provider.is_active, Provider.approved_at.is_not(None)).order_by(Provider.id)
    if doctor_id:
        whom = whom.where(Provider.id == doctor_id)
    for provider_id in session.scalars(whom).all():
        tell_waitlist(session, clinic_id, provider_id, begins, ends)


def _whom_and_when(closure):
    return closure.provider_id, closure.location_id, closure.starts_at, closure.ends_at


def _kept(closure):
    """When, what, for whom and where, as JSON can keep it."""
    ids = {"provider_id": closure.provider_id, "location_id": closure.location_id}
    span = {"starts_at": closure.starts_at.isoformat(), "ends_at": closure.ends_at.isoformat()}
    return {**span, "title": closure.title, **{name: value and str(value) for name, value in ids.items()}}


def _is_possible(closure):
    if closure.ends_at <= closure.starts_at:
        raise Refused("The end has to be after the beginning.", field="until_date")
    if closure.ends_at <= now():
        raise Refused("This time is already over.", field="until_date")
    if closure.ends_at - closure.starts_at > LONGEST:
        raise Refused("A closure can last at most %(days)s days.", field="until_date", days=LONGEST.days)


def _lock(session, closure):
    """Wait for the bookings that are being made with whom it closes, in the order of their ids.

    Those with whom another time is proposed because of it are locked along: what is withdrawn must not lock them later.
    """
    whom = sa.select(Provider.id).order_by(Provider.id).with_for_update(key_share=True)
    if closure.provider_id:
        proposed = strandings.doctors_of(strandings.of_closure(closure))
        whom = whom.where(sa.or_(Provider.id == closure.provider_id, Provider.id.in_(proposed)))
    session.scalars(whom).all()


def _is_not_there_yet(session, closure):
    """Refuse to close twice what is closed already: sending a form again must not make a second one."""
    same = sa.select(Closure.id).where(
        Closure.id != closure.id, Closure.removed_at.is_(None), Closure.starts_at == closure.starts_at,
        Closure.ends_at == closure.ends_at, Closure.provider_id.is_not_distinct_from(closure.provider_id),
        Closure.location_id.is_not_distinct_from(closure.location_id),
        # Two holidays of a file may fall on one day; each is its own.
        sa.literal(closure.external_uid is None),
    )  # fmt: skip
    if session.scalar(same):
        raise Refused("This closure is there already.", field="from_date")
