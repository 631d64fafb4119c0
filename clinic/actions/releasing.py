"""How results come to their patient: an order's together, those without an order one by one, each by its rule.

Every verb locks the row first, so that whoever releases and whoever holds back act one after the other. What a doctor
holds back stays so until a doctor who saw that releases it: no rule and no job does.
"""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import object_session

from clinic import jobs
from clinic.actions.acting import Refused
from clinic.db import word
from clinic.models.lab_orders import LabOrder
from clinic.models.lab_results import LabResult
from clinic.models.releasing import ReleaseRule

RELEASED_ALREADY = word("The patient sees this already.")
HELD_BACK = word("Somebody held this back from the patient since you opened the page. Look at it again.")
MOMENT = sa.select(sa.func.now())


def locked(record):
    """The record's session and the present moment, with the row locked and as it is now."""
    session = object_session(record)
    session.refresh(record, with_for_update={"of": type(record)})
    return session, session.scalar(MOMENT)


def follow_rule(record):
    """Do what the rule says when results are complete; a late one is told of like the first."""
    session, moment = object_session(record), object_session(record).scalar(MOMENT)
    if record.is_withheld:
        return
    if record.release_rule == ReleaseRule.NOW:
        _show(session, record, moment)
    elif record.release_rule == ReleaseRule.AFTER_DAYS:
        record.release_due_at = moment + timedelta(days=record.release_after_days)
        table = record.__tablename__
        ids = {"clinic_id": record.clinic_id, _name(record): record.id}
        jobs.put(session, f"{table}.release_due", at=record.release_due_at, **ids)


def look_at(record, by):
    """Remember who looked at the results; where the rule waits for that, the patient sees them now."""
    session, moment = locked(record)
    if record.reviewed_at:
        raise Refused("These results were looked at already.")
    record.reviewed_at, record.reviewed_by_id = moment, by.user_id
    _each(session, record, LabResult.reviewed_at.is_(None), reviewed_at=moment, reviewed_by_id=by.user_id)
    if record.release_rule == ReleaseRule.AFTER_REVIEW and not record.is_withheld:
        _show(session, record, moment)


def show_to_patient(record, over_hold):
    """Release whatever the rule says; what is held back only if whoever asks has seen that it is."""
    session, moment = locked(record)
    if record.is_withheld and not over_hold:
        raise Refused(HELD_BACK)
    if record.is_released and not _waits(session, record):
        raise Refused(RELEASED_ALREADY)
    record.withheld_at = record.withheld_by_id = None
    # An order's rows are written before its results': both hold what the constraint between them says.
    _show(session, record, moment)


def hold_back(record, by):
    """Take it back from the patient, or keep it from coming to them; what waits to be released waits no more."""
    session, moment = locked(record)
    if record.is_withheld:
        raise Refused("This is held back from the patient already.")
    record.released_at = record.release_due_at = None
    record.withheld_at, record.withheld_by_id = moment, by.user_id
    _each(session, record, LabResult.released_at.is_not(None), released_at=None)


def release_what_is_due(record):
    """What the worker does when the days are over; nothing, where a doctor released it or held it back meanwhile."""
    session, moment = locked(record)
    if record.release_due_at and record.release_due_at <= moment:
        _show(session, record, moment)


def _show(session, record, moment):
    if not record.is_released:
        record.released_at = moment
    record.release_due_at = None
    _each(session, record, LabResult.released_at.is_(None), released_at=moment)


def _each(session, record, condition, **values):
    """Change what counts of an order's results; a result without an order has none but itself."""
    if isinstance(record, LabOrder):
        session.flush()
        session.execute(sa.update(LabResult).where(*_live(record), condition).values(**values))


def _waits(session, record):
    if not isinstance(record, LabOrder):
        return False
    waiting = sa.select(LabResult.id).where(*_live(record), LabResult.released_at.is_(None))
    return session.scalar(sa.select(waiting.exists()))


def _live(order):
    return LabResult.order_id == order.id, LabResult.withdrawn_at.is_(None)


def _name(record):
    return "order_id" if isinstance(record, LabOrder) else "result_id"
