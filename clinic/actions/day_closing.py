"""Closing a day: saying what became of every visit, signing the day off, and opening it again."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic import bell
from clinic.actions.acting import Refused, action
from clinic.actions.moves import hold, move_back, settle_as
from clinic.db import now
from clinic.models.accounts import Role
from clinic.models.day_closings import ClosingStep, DayClosing
from clinic.models.organizations import Clinic
from clinic.models.visits import Visit, VisitEvent, VisitStatus
from clinic.queries import day_checks  # noqa: F401 (its checks are known from here on)
from clinic.queries import day_closing as asked
from clinic.queries.day import Day

SETTLED = (VisitStatus.COMPLETED, VisitStatus.NO_SHOW)
# Of two who sign one day at once, the second sees what the first has done.
LOCK = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('day_closings' || CAST(:clinic_id AS text), 0))")


@action
def settle(visit: Visit, outcome: VisitStatus, *, by, note=None):
    """Say after its time whether somebody was seen or did not come, where no step of the day has said it."""
    hold(visit)
    outcome = VisitStatus(outcome)
    if (visit.ends_at or visit.starts_at) > now():
        raise Refused("This visit is not over yet.")
    if outcome == VisitStatus.COMPLETED:
        visit.ended_at = visit.ends_at or now()
    return settle_as(visit, outcome, by=by, notes=note)


@action
def unsettle(visit: Visit, *, by):
    """Take back what was said of a visit when the day was being closed."""
    hold(visit)
    last = _last_step(visit)
    if last is None or visit.status not in SETTLED or last.from_status not in visit.closing_steps:
        raise Refused("There is nothing to take back.")
    refuse_on_closed_days(visit, by)
    if visit.status == VisitStatus.COMPLETED:
        visit.ended_at = None
    return move_back(visit, last.from_status, by=by)


@action
def close(session, on_date: date, *, by, notes=None, provider_id=None):
    """Sign the day off, or a doctor's own part of it; what is open is counted and kept, and needs a word why."""
    session.connection().execute(LOCK, {"clinic_id": by.clinic_id})
    last = asked.last_closing(session, on_date, provider_id)
    if last and last.step == ClosingStep.CLOSED:
        raise Refused("%(name)s has closed this day already.", name=last.signed_by.name)
    timezone = session.get(Clinic, by.clinic_id).timezone
    if on_date > Day.today(timezone).date:
        raise Refused("This day is still to come.")
    which = asked.Asked(by.clinic_id, Day.on(on_date, timezone), provider_id)
    if asked.has_more_to_come(session, which):
        raise Refused("A visit of this day is not over yet.")
    left_open = asked.counts(session, which)
    if left_open and not notes:
        raise Refused("Something is still open. Say why it may stay so.", field="notes")
    return _signed(session, ClosingStep.CLOSED, on_date, last, by, provider_id, notes=notes, left_open=left_open)


@action
def reopen(session, on_date: date, reason: str, *, by):
    """Open a closed day again, the doctors' own parts too, with the reason on record."""
    session.connection().execute(LOCK, {"clinic_id": by.clinic_id})
    closed = asked.closed_parts(session, on_date)
    if not closed:
        raise Refused("This day is not closed.")
    if not reason:
        raise Refused("Say why the day is opened again.", field="reason")
    opened = [
        _signed(session, ClosingStep.REOPENED, on_date, last, by, last.provider_id, notes=reason) for last in closed
    ]
    return opened[-1]


def refuse_on_closed_days(visit, by) -> bool:
    """Whether an administrator acts on a visit of a closed day; whoever else does is refused."""
    if not asked.is_closed(object_session(visit), asked.day_of(visit)):
        return False
    if Role.ADMIN not in (by.role or "").rpartition(" as ")[2].split("+"):
        raise Refused("This day is closed. Only an administrator can take a step of it back.")
    return True


def _last_step(visit):
    """The event that made the visit what it is."""
    return object_session(visit).scalar(
        sa.select(VisitEvent)
        .where(VisitEvent.visit_id == visit.id, VisitEvent.to_status == visit.status)
        .order_by(VisitEvent.created_at.desc(), VisitEvent.id.desc())
        .limit(1)
    )


def _signed(session, step, on_date, last, by, provider_id, **facts):
    signed = DayClosing(
        clinic_id=by.clinic_id, id=uuid7(), on_date=on_date, provider_id=provider_id, step=step,
        number=last.number + 1 if last else 1, signed_by_id=by.user_id, created_at=now(), **facts,
    )  # fmt: skip
    session.add(signed)
    bell.ring(session, by.clinic_id, "visits")
    return signed
