"""Whether something is still worth telling: what has happened since it was written down decides."""

import sqlalchemy as sa

from clinic.db import now
from clinic.models.notifications import Notification, NotificationKind, NotificationState, Why
from clinic.models.offers import SlotOffer
from clinic.models.people import ContactMethod
from clinic.models.visits import CancelReason, VisitStatus

K, S = NotificationKind, VisitStatus
# In which status of its visit each message is true.
TRUE_IN = {
    K.BOOKED: (S.BOOKED, S.CONFIRMED),
    K.ACCEPTED: (S.BOOKED, S.CONFIRMED),
    K.RESTORED: (S.REQUESTED, S.BOOKED, S.CONFIRMED),
    K.MOVED: (S.REQUESTED, S.BOOKED, S.CONFIRMED),
    K.REMINDER: (S.BOOKED, S.CONFIRMED),
    K.REQUESTED: (S.REQUESTED,),
    K.CANCELLED: (S.CANCELLED,),
}
# What nobody needs to be called about who was there when it was done, on the telephone or at the desk.
SAID_AT_ONCE = {K.BOOKED, K.REQUESTED, K.REQUEST_RECEIVED}


def needless(session, line, telling) -> Why | None:
    """Why the line is not to be sent any more, or None."""
    patient = line.patient
    if patient is None or patient.deceased_at or patient.deleted_at or patient.merged_into_id or patient.erased_at:
        return Why.PATIENT_GONE
    if line.kind in telling.off:
        return Why.SWITCHED_OFF
    if line.offer_id:
        offer = session.get(SlotOffer, (line.clinic_id, line.offer_id))
        return None if offer is not None and offer.is_live else Why.OVERTAKEN
    return _of_visit(session, line) if line.kind in TRUE_IN else None


def _of_visit(session, line):
    visit = line.visit
    if visit is None or visit.status not in TRUE_IN[line.kind] or visit.starts_at != line.visit_starts_at:
        return Why.OVERTAKEN
    if visit.starts_at <= now():
        return Why.TOO_LATE
    if line.kind == K.CANCELLED and visit.cancel_reason == CancelReason.ENTERED_IN_ERROR:
        return None if _was_told(session, visit) else Why.OVERTAKEN
    return None


def _was_told(session, visit):
    """Whether the patient ever heard of the visit."""
    heard = (NotificationState.SENT, NotificationState.DELIVERED, NotificationState.UNCLEAR)
    return session.scalar(
        sa.select(sa.exists().where(Notification.visit_id == visit.id, Notification.state.in_(heard)))
    )


def needs_no_call(line) -> Why | None:
    """Why the desk need not call somebody who prefers calls, or None."""
    visit = line.visit
    if line.kind in SAID_AT_ONCE or line.at_once:
        return Why.KNOWN
    if line.kind == K.CANCELLED and visit.cancel_reason == CancelReason.PATIENT:
        return Why.KNOWN
    kind = visit and visit.visit_type
    if line.kind == K.REMINDER and kind and line.offset_hours < max(kind.reminder_hours, default=0):
        return Why.CALLED_ONCE if line.patient.preferred_contact_method == ContactMethod.PHONE else None
    return None
