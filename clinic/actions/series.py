"""Series: the same visit again and again, looked at before it is booked, and changed for all that are still to come.

Every visit is booked, moved and cancelled by the verbs of one visit; here they are only taken together, in one
transaction, with every lock in one order: visits by id, then doctors by id.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic import bell
from clinic.actions import booking, visits
from clinic.actions.acting import Refused, action
from clinic.actions.rehearsing import NO_SUCH_TIME, Occasion, find_ways_out, refusal_of, rehearsal
from clinic.db import now
from clinic.models.people import VisitMode
from clinic.models.providers import Provider
from clinic.models.series import MOST, Series, SeriesUnit, dates
from clinic.models.visits import CancelReason, Visit, VisitSource, VisitStatus

# Two passes undo every order in which visits stand in each other's way; the third sees that nothing moves any more.
MOST_PASSES = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """What is wished again and again: the rule is wall time of ``zone``, with ``times`` or ``until_on``."""

    clinic_id: UUID
    zone: str
    patient_id: UUID
    provider_id: UUID
    visit_type_id: UUID
    unit: SeriesUnit
    every: int
    first_on: date
    at_time: time
    times: int | None = None
    until_on: date | None = None
    visit_mode: VisitMode = VisitMode.IN_PERSON
    reason: str | None = None
    notes: str | None = None
    meeting_url: str | None = None

    @property
    def days(self):
        """The dates of the rule."""
        return dates(self.unit, self.every, self.first_on, times=self.times, until_on=self.until_on)

    def wish(self, starts_at, overbook=None):
        """One of the visits."""
        return booking.Wish(
            self.clinic_id, self.provider_id, self.visit_type_id, self.patient_id, starts_at, self.visit_mode,
            reason=self.reason, notes=self.notes, source=VisitSource.DESK, meeting_url=self.meeting_url,
            overbook=overbook, alone=True,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shift:
    """How visits of a series change together: so many days later (or earlier), at this wall time, with this doctor."""

    days: int
    at_time: time
    provider_id: UUID

    def of(self, visit, zone) -> Occasion:
        """The visit's new date."""
        day = visit.starts_at.astimezone(zone).date() + timedelta(days=self.days)
        return Occasion.at(day, self.at_time, zone, visit_id=visit.id, old=visit.starts_at)


@dataclass(frozen=True, slots=True)
class Pick:
    """What the desk chose for one date: an instant, and whether to take it although it is not open."""

    starts_at: datetime
    forced: bool = False


def preview(session, plan: Plan, *, by) -> list[Occasion]:
    """Each date of the plan as a booking at this moment would find it; nothing of it stays.

    Raises what refuses all of them alike, such as a type the doctor does not offer.
    """

    def act(_occasion, starts_at, reason):
        booking.book(session, plan.wish(starts_at, reason), by=by)

    zone = ZoneInfo(plan.zone)
    occasions = [Occasion.at(day, plan.at_time, zone) for day in _days(plan)]
    with rehearsal(session):
        for each in occasions:
            each.refusal = refusal_of(session, act, each, each.starts_at, None) if each.starts_at else NO_SUCH_TIME
            each.raise_if_general()
        find_ways_out(session, occasions, act, plan.wish(now()), plan.zone, by=by)
    return occasions


@action
def create(session, plan: Plan, picks: list[Pick], *, by, overbook=None):
    """Book what was picked, all of it or nothing, and remember the rule it came from."""
    if not picks:
        raise Refused("Every date is left out, so there is nothing to book.")
    series = Series(
        id=uuid7(), clinic_id=plan.clinic_id, patient_id=plan.patient_id, provider_id=plan.provider_id,
        visit_type_id=plan.visit_type_id, visit_mode=plan.visit_mode, unit=plan.unit, every=plan.every,
        first_on=plan.first_on, at_time=plan.at_time, timezone=plan.zone, times=plan.times, until_on=plan.until_on,
        created_by_id=by.user_id,
    )  # fmt: skip
    # First the doctor's lock, as every booking has it; only then does the new row point at anybody.
    wishes = [plan.wish(pick.starts_at, overbook if pick.forced else None) for pick in picks]
    booking.lock(session, wishes[0], by=by)
    session.add(series)
    session.flush()
    ids = [booking.book(session, wish, by=by) for wish in sorted(wishes, key=lambda each: each.starts_at)]
    session.execute(sa.update(Visit).where(Visit.id.in_(ids)).values(series_id=series.id))
    return series


def preview_change(session, series, members, shift: Shift, *, by) -> list[Occasion]:
    """Each of these visits at its new time, as a move at this moment would find it; nothing of it stays."""
    by_id = {visit.id: visit for visit in members}

    def act(occasion, starts_at, reason):
        visit = by_id[occasion.visit_id]
        visits.move_to(visit, _wish(visit, starts_at, shift.provider_id, reason), by=by)

    occasions = [shift.of(visit, ZoneInfo(series.timezone)) for visit in members]
    like = _wish(members[0], now(), shift.provider_id)
    with rehearsal(session):
        _lock(session, members, shift.provider_id)
        possible = {each.visit_id: each for each in occasions if each.starts_at}
        wishes = {key: _wish(by_id[key], each.starts_at, shift.provider_id) for key, each in possible.items()}
        refused = _moved(session, by_id, wishes, by)
        for each in occasions:
            each.refusal = refused.get(each.visit_id) if each.starts_at else NO_SUCH_TIME
            each.raise_if_general()
        find_ways_out(session, occasions, act, like, series.timezone, by=by)
    return occasions


@action
def change(series, members, picks: dict, shift: Shift, *, by, overbook=None, whole=False):
    """Move the picked visits ({visit id: Pick}) to the doctor of the shift, all of them or none.

    Where the ``whole`` series moves, its rule says so too.
    """
    session = object_session(series)
    chosen = {visit.id: visit for visit in members if visit.id in picks}
    if not chosen:
        raise Refused("Every visit is left as it is, so there is nothing to change.")
    _lock(session, chosen.values(), shift.provider_id)
    wishes = {
        key: _wish(visit, picks[key].starts_at, shift.provider_id, overbook if picks[key].forced else None)
        for key, visit in chosen.items()
    }
    for refusal in _moved(session, chosen, wishes, by).values():
        raise refusal
    if whole:
        series.first_on, series.at_time = series.first_on + timedelta(days=shift.days), shift.at_time
        series.until_on = series.until_on and series.until_on + timedelta(days=shift.days)
        series.provider_id = shift.provider_id
    # What was tried and taken back on the way has also silenced the bell.
    bell.ring(session, series.clinic_id, "visits")
    return series


@action
def cancel(series, members, reason, *, by, note=None):
    """Call these visits off together, each with its reason."""
    session = object_session(series)
    if not members:
        raise Refused("None of these visits is still to come.")
    _lock(session, members)
    for visit in members:
        visits.cancel(visit, reason, by=by, note=note)
    moment = now()
    for visit in members:
        # By this moment they are known as those that were called off together.
        visit.cancelled_at = moment
    return series


@action
def restore(series, called_off_at=None, *, by, reason=None):
    """Take back that visits of the series were called off together, if their times are still free.

    That is what was done at this moment, or last; one of them that was called off alone meanwhile stays so.
    """
    session = object_session(series)
    off = sa.and_(Visit.series_id == series.id, Visit.status == VisitStatus.CANCELLED,
                  Visit.cancel_reason != CancelReason.ENTERED_IN_ERROR)  # fmt: skip
    moment = called_off_at or sa.select(sa.func.max(Visit.cancelled_at)).where(off).scalar_subquery()
    members = session.scalars(sa.select(Visit).where(off, Visit.cancelled_at == moment).order_by(Visit.id)).all()
    if not members:
        raise Refused("There is nothing to take back.")
    _lock(session, members)
    for visit in members:
        visits.undo(visit, by=by, reason=reason)
        session.flush()
    return series


def _moved(session, by_id, wishes, by):
    """Move each visit, in the order in which none stands in another's way; {visit id: why not} of those that stay."""
    left = [visit_id for visit_id in wishes if _is_elsewhere(by_id[visit_id], wishes[visit_id])]
    left.sort(key=lambda visit_id: by_id[visit_id].starts_at)
    if left and wishes[left[0]].starts_at > by_id[left[0]].starts_at:
        left.reverse()
    refused = {}
    for _pass in range(MOST_PASSES):
        refused = {visit_id: refusal_of(session, visits.move_to, by_id[visit_id], wishes[visit_id], by=by)
                   for visit_id in left}  # fmt: skip
        refused = {visit_id: refusal for visit_id, refusal in refused.items() if refusal}
        if not refused or len(refused) == len(left):
            break
        left = [visit_id for visit_id in left if visit_id in refused]
    return refused


def _is_elsewhere(visit, wish):
    return (visit.starts_at, visit.provider_id) != (wish.starts_at, wish.provider_id)


def _wish(visit, starts_at, provider_id, overbook=None):
    return booking.Wish(
        visit.clinic_id, provider_id, visit.visit_type_id, visit.patient_id, starts_at, visit.visit_mode,
        overbook=overbook, alone=True,
    )  # fmt: skip


def _lock(session, members, provider_id=None):
    """Every row that a change of these visits touches, in the one order: visits by id, then doctors by id."""
    ids = sorted(visit.id for visit in members)
    session.scalars(
        sa.select(Visit)
        .where(Visit.id.in_(ids))
        .order_by(Visit.id)
        .with_for_update(key_share=True, of=Visit)
        .execution_options(populate_existing=True)
    ).all()
    doctors = {visit.provider_id for visit in members} | {provider_id}
    session.scalars(
        sa.select(Provider.id)
        .where(Provider.id.in_(doctors - {None}))
        .order_by(Provider.id)
        .with_for_update(key_share=True)
    ).all()


def _days(plan):
    days = plan.days
    if len(days) > MOST:
        raise Refused("A series can have %(most)s visits at most.", field="until_on", most=MOST)
    if len(days) < 2:
        raise Refused("A series has at least two visits.", field="until_on")
    return days
