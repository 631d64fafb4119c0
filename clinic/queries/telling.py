"""Whether something is still worth telling: what has happened since it was written down decides."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from clinic.db import now
from clinic.models.notifications import Notification, NotificationKind, NotificationState, Why
from clinic.models.offers import OfferPurpose, OfferStatus, SlotOffer
from clinic.models.organizations import Clinic
from clinic.models.people import ContactMethod
from clinic.models.requests import RequestStatus, VisitRequest
from clinic.models.telling import Telling
from clinic.models.visits import CancelReason, VisitStatus
from clinic.models.waitlist import WaitlistEntry, WaitStatus
from clinic.queries.blocks import MOVABLE
from clinic.queries.heard import WITH, expected_at, says_nothing_new, was_told
from clinic.queries.reaching import zone_of
from clinic.queries.strandings import is_stranded
from clinic.walltime import today

K, S = NotificationKind, VisitStatus
# In which status of its visit each message is true.
TRUE_IN = {
    K.BOOKED: (S.BOOKED, S.CONFIRMED),
    K.ACCEPTED: (S.BOOKED, S.CONFIRMED),
    K.RESTORED: (S.BOOKED, S.CONFIRMED),
    K.MOVED: (S.REQUESTED, S.BOOKED, S.CONFIRMED),
    K.REMINDER: (S.BOOKED, S.CONFIRMED),
    K.REQUESTED: (S.REQUESTED,),
    K.CANCELLED: (S.CANCELLED,),
}
# What nobody needs to be called about who was there when it was done, on the telephone or at the desk.
SAID_AT_ONCE = {K.BOOKED, K.TICKET}
# What only says how a visit stands is said to whoever knows of it otherwise.
OF_STANDING = (K.MOVED, K.RESTORED, K.REQUESTED, K.CANCELLED)
# What is done to several visits at once, a series or a day, is told at once.
TOGETHER = (K.BOOKED, K.MOVED, K.CANCELLED)


def companions(session, line, telling) -> list[Notification]:
    """The lines of the same change that say the same of other visits of the patient, and are not told yet."""
    if line.kind not in TOGETHER or line.facts:
        return []
    # What was written in one transaction has one moment.
    found = session.scalars(
        sa.select(Notification)
        .where(
            Notification.patient_id == line.patient_id, Notification.kind == line.kind, Notification.id != line.id,
            Notification.state == NotificationState.WAITING, Notification.created_at == line.created_at,
        )
        .order_by(Notification.visit_starts_at, Notification.id)
        .limit(100)
        .with_for_update(skip_locked=True, of=Notification)
    ).all()  # fmt: skip
    return [other for other in found if needless(session, other, telling) is None]


def told_with(session, line, telling) -> list[Notification]:
    """The lines that are told in this line's message and still hold, the soonest visit first."""
    ids = [UUID(each) for each in line.facts.get(WITH, ())]
    lines = session.scalars(sa.select(Notification).where(Notification.id.in_(ids))).all() if ids else []
    still = [other for other in lines if needless(session, other, telling) is None]
    return sorted(still, key=lambda other: other.visit_starts_at)


def needless(session, line, telling) -> Why | None:
    """Why the line is not to be sent any more, or None."""
    patient = line.patient
    if patient is None or patient.deceased_at or patient.deleted_at or patient.merged_into_id or patient.erased_at:
        return Why.PATIENT_GONE
    if line.kind in telling.off:
        return Why.SWITCHED_OFF
    if line.offer_id:
        return _of_offer(session, line, session.get(SlotOffer, (line.clinic_id, line.offer_id)))
    if "request_id" in line.facts:
        return _of_request(session, line)
    if line.kind == K.TICKET:
        return _of_walk_in(line.visit)
    return _of_visit(session, line) if line.kind in TRUE_IN else None


def _of_walk_in(visit):
    """A number and a wait are told to who still waits with that number."""
    if visit is None or visit.status != S.CHECKED_IN or visit.called_at:
        return Why.OVERTAKEN
    return None if visit.ticket_on == today(ZoneInfo(visit.timezone)) else Why.TOO_LATE


def _of_request(session, line):
    """That a request is closed, or open again after that: the newest line says it, to whoever does not know it yet."""
    request = session.get(VisitRequest, (line.clinic_id, UUID(line.facts["request_id"])))
    is_closing = line.kind == K.REQUEST_CLOSED
    if request is None or (request.status == RequestStatus.CANCELLED) != is_closing:
        return Why.OVERTAKEN
    others = (
        Notification.patient_id == line.patient_id, Notification.id != line.id,
        Notification.facts.contains({"request_id": line.facts["request_id"]}),
    )  # fmt: skip
    at_the_desk = sa.and_(
        Notification.kind == line.kind, Notification.desk_since.is_not(None), Notification.desk_done_at.is_(None)
    )
    said_elsewhere = sa.or_(Notification.created_at > line.created_at, at_the_desk)
    if session.scalar(sa.select(sa.exists().where(*others, said_elsewhere))):
        return Why.OVERTAKEN
    told = sa.select(Notification.kind).where(*others, was_told()).order_by(Notification.created_at.desc()).limit(1)
    return None if (session.scalar(told) == K.REQUEST_CLOSED) != is_closing else Why.OVERTAKEN


def _of_visit(session, line):
    visit = line.visit
    if visit is None or visit.status not in TRUE_IN[line.kind] or visit.starts_at != line.visit_starts_at:
        return Why.OVERTAKEN
    if visit.starts_at <= now():
        return Why.TOO_LATE
    by_mistake = line.kind == K.CANCELLED and visit.cancel_reason == CancelReason.ENTERED_IN_ERROR
    if by_mistake and not _was_told(session, Notification.visit_id == visit.id):
        return Why.OVERTAKEN
    return Why.OVERTAKEN if line.kind in OF_STANDING and says_nothing_new(session, line) else None


def _of_offer(session, line, offer):
    if offer is not None and _is_true_of(session, line, offer):
        return None
    is_past = offer is not None and line.kind == K.OFFER and offer.state == OfferStatus.LAPSED
    return Why.TOO_LATE if is_past else Why.OVERTAKEN


def _is_true_of(session, line, offer):
    """An offer is told as long as it stands; that it was taken back, to who heard of it and still waits for a time."""
    if line.kind != K.OFFER_WITHDRAWN:
        return offer.is_live
    heard = Notification.offer_id == offer.id, Notification.kind == K.OFFER
    if offer.status != OfferStatus.WITHDRAWN or offer.starts_at <= now() or not _was_told(session, *heard):
        return False
    newer = SlotOffer.patient_id == offer.patient_id, SlotOffer.sent_at > offer.sent_at
    return _is_open(session, offer) and not session.scalar(sa.select(sa.exists().where(*newer)))


def _is_open(session, offer):
    """Whether what the offer was for is as it was before: nothing booked, nothing moved, nothing called off."""
    if offer.is_move:
        visit, for_stranded = offer.visit, offer.purpose == OfferPurpose.STRANDED
        stands = visit.status in MOVABLE and visit.starts_at == offer.visit_starts_at
        if not stands or is_stranded(session, visit) != for_stranded:
            return False
    if offer.purpose == OfferPurpose.REQUEST:
        return session.get(VisitRequest, (offer.clinic_id, offer.request_id)).status == RequestStatus.TRIAGED
    if offer.purpose == OfferPurpose.WAITLIST:
        return session.get(WaitlistEntry, (offer.clinic_id, offer.waitlist_entry_id)).status == WaitStatus.WAITING
    return True


def told_from(session, patient) -> datetime:
    """From when on the patient hears what they are told: now, or by night from the morning on."""
    clinic = session.get(Clinic, patient.clinic_id)
    return Telling.of(clinic.settings).quiet_ends(now(), zone_of(patient, clinic)) or now()


def soonest_of(session, line) -> datetime | None:
    """The first moment ahead that the line is about: the time it speaks of, or when the patient would come."""
    times = [line.visit_starts_at, line.old_starts_at]
    if line.kind == K.MOVED:
        times.append(expected_at(session, line))
    if line.kind == K.OFFER:
        times.append(session.get(SlotOffer, (line.clinic_id, line.offer_id)).visit_starts_at)
    return min((time for time in times if time and time > now()), default=None)


def _was_told(session, *about):
    """Whether the patient ever heard of it, by the desk's call too."""
    return session.scalar(sa.select(sa.exists().where(*about, was_told())))


def needs_no_call(session, line) -> Why | None:
    """Why the desk need not call somebody who prefers calls, or None."""
    visit = line.visit
    if line.kind in SAID_AT_ONCE or line.at_once or (line.kind == K.MOVED and _by_accepting(session, line)):
        return Why.KNOWN
    if line.kind == K.CANCELLED and visit.cancel_reason == CancelReason.PATIENT:
        return Why.KNOWN
    if line.kind == K.REMINDER and not visit.is_unconfirmed:
        return Why.KNOWN
    if line.kind == K.REMINDER and line.patient.preferred_contact_method == ContactMethod.PHONE:
        return Why.CALLED_ONCE if _is_on_the_list(session, line) else None
    return None


def _by_accepting(session, line):
    """Whether the visit was moved by the patient's yes to an offer, in the same transaction and so at one moment."""
    yes = SlotOffer.visit_id == line.visit_id, SlotOffer.answered_at == line.created_at
    return session.scalar(sa.select(sa.exists().where(*yes, SlotOffer.status == OfferStatus.ACCEPTED)))


def _is_on_the_list(session, line):
    """Whether the desk has been given an earlier reminder of the visit, at the time it has now, to tell by phone."""
    earlier = (
        Notification.visit_id == line.visit_id, Notification.kind == K.REMINDER, Notification.id != line.id,
        Notification.visit_starts_at == line.visit_starts_at, Notification.desk_since.is_not(None),
    )  # fmt: skip
    return session.scalar(sa.select(sa.exists().where(*earlier)))
