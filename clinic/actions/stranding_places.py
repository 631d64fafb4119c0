"""Hours that went to another place: the desk lets a visit keep its time there, and the patient hears of the place."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import object_session

from clinic import bell, jobs
from clinic.actions import notifications, stranding_offers, stranding_returns
from clinic.actions.acting import Refused, action
from clinic.actions.freed_times import GRACE
from clinic.actions.moves import hold
from clinic.db import now
from clinic.models.notifications import Notification, NotificationKind, NotificationState, Why
from clinic.models.strandings import StrandedStatus, StrandedVisit, Stranding
from clinic.queries import affected
from clinic.queries.strandings import is_stranded

# In what a part of a stranding says of its change: the whole that it is of.
WHOLE = "kept_of"


@action
def keep(row: StrandedVisit, *, by):
    """Let the visit keep its time at the place where the doctor's hours are now; the patient is told where that is."""
    session, visit, stranding = object_session(row), stranding_offers.still_stranded(row), row.stranding
    if not _is_only_elsewhere(session, row):
        raise Refused("The doctor is not at another place at this time. Propose another time.")
    stranding_offers.take_back(session, row, by)
    part = stranding_returns.part(session, stranding, [row.id], by)
    part.former, part.undone_at = {**part.former, WHOLE: str(stranding.id)}, now()
    session.refresh(row)
    # Within the minute it can be taken back, and nobody has heard of it.
    notifications.tell(session, NotificationKind.ACCEPTED, visit=visit, by=by, at=now() + GRACE, elsewhere=True)
    bell.ring(session, row.clinic_id, stranding_offers.TOPIC)
    return row


@action
def take_back(row: StrandedVisit, *, by):
    """The visit needs another time after all, because of the same change."""
    session, visit = object_session(row), row.visit
    whole = _whole_of(session, row)
    hold(visit)
    if whole is None or stranding_offers.is_settled(row, visit) or is_stranded(session, visit):
        raise Refused("This cannot be taken back any more: the visit or the hours have changed since.")
    row.stranding_id, row.status, row.offer_id, whole.prepared_at = whole.id, StrandedStatus.WAITING, None, None
    for line in session.scalars(_not_told_yet(visit)).all():
        notifications.leave_out(line, Why.OVERTAKEN)
    jobs.put(session, "strandings.propose", clinic_id=whole.clinic_id, stranding_id=whole.id)
    bell.ring(session, row.clinic_id, stranding_offers.TOPIC)
    return row


def _is_only_elsewhere(session, row):
    """Whether the doctor has hours at the visit's time, and only their place is another one."""
    taken = next(each for each in affected.taken_by(session, row.stranding) if each.id == row.id)
    others = (taken.block_ids, taken.closure_ids, taken.has_left, taken.is_outside_hours)
    return taken.is_elsewhere and not any(others)


def _whole_of(session, row):
    """The open stranding that the visit was taken out of, held open as long as this lasts; None where it is over."""
    session.refresh(row)
    kept = row.stranding.former.get(WHOLE)
    whole = kept and session.get(Stranding, (row.clinic_id, UUID(kept)))
    return whole if whole and not stranding_offers.is_over(session, whole) else None


def _not_told_yet(visit):
    return sa.select(Notification).where(
        Notification.visit_id == visit.id, Notification.kind == NotificationKind.ACCEPTED,
        Notification.state == NotificationState.WAITING, Notification.facts.has_key("elsewhere"),
    ).with_for_update(of=Notification)  # fmt: skip
