"""Proposals for stranded visits: the nearest better time held for each, sent, changed, left to a call, withdrawn."""

import contextlib
from datetime import timedelta
from types import SimpleNamespace

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, object_session

from clinic import bell, jobs
from clinic.actions import offers, slots
from clinic.actions.acting import Refused, action
from clinic.actions.moves import hold
from clinic.actions.notifications import tell
from clinic.db import now
from clinic.models.notifications import NotificationKind
from clinic.models.offers import LIVE, OfferPurpose, OfferStatus, SlotOffer
from clinic.models.strandings import StrandedStatus, StrandedVisit, Stranding
from clinic.models.visits import Visit, VisitStatus
from clinic.queries.better_times import better_times
from clinic.queries.blocks import MOVABLE
from clinic.queries.telling import told_from

S, K, TOPIC = StrandedStatus, NotificationKind, "offers"
# So long a proposal is kept while the desk looks at it; sent, it lasts as long as the stranding says.
KEPT = timedelta(hours=24)
# An answer is to come so long before the time itself, where there is as much time left.
MARGIN = timedelta(hours=2)
TAKEN_BACK = "This change has been taken back; its visits stay as they are."
LOCK_DOCTORS = sa.text(
    """SELECT p.id FROM providers AS p WHERE p.clinic_id = :clinic_id AND p.id IN (
            SELECT o.provider_id FROM stranded_visits AS r
              JOIN slot_offers AS o ON o.clinic_id = r.clinic_id AND o.id = r.offer_id
             WHERE r.clinic_id = :clinic_id AND r.stranding_id = :stranding_id
            UNION SELECT g.provider_id FROM strandings AS g WHERE g.clinic_id = :clinic_id AND g.id = :stranding_id)
        ORDER BY p.id FOR NO KEY UPDATE OF p"""
)
WITHDRAW = sa.text(
    """UPDATE slot_offers AS o SET status = 'withdrawn' FROM stranded_visits AS r
        WHERE r.clinic_id = :clinic_id AND r.stranding_id = :stranding_id AND o.clinic_id = r.clinic_id
          AND o.id = r.offer_id AND o.status IN ('prepared', 'sent')
    RETURNING o.slot_id, o.seat_hold_id"""
)
LET_GO = sa.text(
    """WITH seats AS (DELETE FROM seat_holds WHERE clinic_id = :clinic_id AND id = ANY(:seat_hold_ids))
    DELETE FROM slots WHERE clinic_id = :clinic_id AND id = ANY(:slot_ids) AND status = 'held'"""
)


def propose_next(session, stranding: Stranding, *, by) -> bool:
    """Propose a time for the next visit that waits for one; False where none does. The caller commits after each."""
    if is_over(session, stranding):
        return False
    row = session.scalars(
        sa.select(StrandedVisit)
        .where(StrandedVisit.stranding_id == stranding.id, StrandedVisit.status == S.WAITING)
        .order_by(StrandedVisit.is_urgent.desc(), StrandedVisit.starts_at, StrandedVisit.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if row is None:
        return False
    visit = session.get(Visit, (row.clinic_id, row.visit_id))
    if is_settled(row, visit):
        row.status = S.SETTLED
    elif _make_way(session, visit.patient_id, by):
        # Proposed for in the next transaction, so that two doctors are never locked at once.
        return True
    else:
        row.status = S.PROPOSED if _hold_first(session, row, visit, by) else S.NOTHING
    bell.ring(session, row.clinic_id, TOPIC)
    return True


def _make_way(session, patient_id, by) -> bool:
    """Take back what the waiting list offers the patient at this moment, if it does; their place in the line stays."""
    offer = _offer_of_the_list(session, patient_id)
    with contextlib.suppress(Refused), session.begin_nested():
        # Refused where they are answering it just now.
        if offer is not None:
            offers.withdraw(offer, by=by)
    return offer is not None


def _offer_of_the_list(session, patient_id):
    theirs = SlotOffer.patient_id == patient_id, SlotOffer.purpose == OfferPurpose.WAITLIST
    return session.scalars(
        sa.select(SlotOffer).where(*theirs, SlotOffer.status.in_(LIVE), SlotOffer.until > now())
    ).one_or_none()


def _hold_first(session, row, visit, by):
    """Hold the first of the better times that is still to be had, if one is."""
    for time in better_times(session, visit):
        try:
            # Undone, a try lets go of the doctor it had locked: never are two locked at once.
            with session.begin_nested():
                row.offer_id = offers.prepare(session, offering(visit, time), by=by).id
        except Refused:
            continue
        return True
    return False


def offering(visit, time):
    """The offer of another time for a visit."""
    return offers.Offering(
        OfferPurpose.STRANDED, visit.clinic_id, visit.patient_id, time.provider_id, visit.visit_type_id,
        time.starts_at, _end(time.starts_at, now(), KEPT), visit.visit_mode, visit_id=visit.id,
    )  # fmt: skip


def _end(starts_at, begins_at, lasting):
    """When a proposal ends that is to last so long from this moment on."""
    last = starts_at - MARGIN
    return min(begins_at + lasting, last if last > begins_at + MARGIN else starts_at)


def is_over(session, stranding):
    """Whether the change was taken back; if not, it is not as long as this transaction lasts."""
    session.refresh(stranding, with_for_update={"read": True, "key_share": True, "of": Stranding})
    return stranding.undone_at is not None


def is_settled(row, visit):
    """Whether the visit needs no proposal any more: moved, with another doctor, cancelled, or under way."""
    doctor = row.stranding.provider_id
    return visit.status not in MOVABLE or visit.starts_at != row.starts_at or doctor not in (None, visit.provider_id)


@action
def propose(row: StrandedVisit, provider_id, starts_at, *, by):
    """Propose another time, in place of the one proposed before; that is free again."""
    session, visit = object_session(row), still_stranded(row)
    others = (row.offer, _offer_of_the_list(session, visit.patient_id))
    for doctor_id in sorted({provider_id, *(each.provider_id for each in others if each)}):
        slots.lock_doctor(session, row.clinic_id, doctor_id)
    take_back(session, row, by)
    _make_way(session, visit.patient_id, by)
    time = SimpleNamespace(provider_id=provider_id, starts_at=starts_at)
    row.offer_id = offers.prepare(session, offering(visit, time), by=by).id
    row.status, row.called_at = S.PROPOSED, None
    bell.ring(session, row.clinic_id, TOPIC)
    return row


@action
def skip(row: StrandedVisit, *, by):
    """Propose nothing: the patient is called."""
    session = object_session(row)
    still_stranded(row)
    take_back(session, row, by)
    row.status = S.SKIPPED
    bell.ring(session, row.clinic_id, TOPIC)
    return row


@action
def mark(row: StrandedVisit, *, by, urgent: bool):
    """Say that this patient comes before the others, or no longer."""
    row.is_urgent = urgent
    bell.ring(object_session(row), row.clinic_id, TOPIC)
    return row


@action
def note_call(row: StrandedVisit, *, by):
    """Note that the patient was called and nobody answered."""
    row.called_at = now()
    bell.ring(object_session(row), row.clinic_id, TOPIC)
    return row


@action
def send_all(stranding: Stranding, *, by):
    """Have every proposal that is ready sent; the worker does it, one after the other."""
    session = object_session(stranding)
    if is_over(session, stranding):
        raise Refused(TAKEN_BACK)
    stranding.sending_at, stranding.sent_at = now(), None
    jobs.put(session, "strandings.send", clinic_id=stranding.clinic_id, stranding_id=stranding.id)
    bell.ring(session, stranding.clinic_id, TOPIC)
    return stranding


@action
def look_again(stranding: Stranding, *, by):
    """Look once more for times for the visits for which none was found, or whose proposal ran out unanswered."""
    session = object_session(stranding)
    if is_over(session, stranding):
        raise Refused(TAKEN_BACK)
    ran_out = sa.select(SlotOffer.id).where(SlotOffer.sent_at.is_(None), SlotOffer.status == OfferStatus.LAPSED)
    session.execute(
        sa.update(StrandedVisit)
        .where(
            StrandedVisit.stranding_id == stranding.id,
            sa.or_(
                StrandedVisit.status == S.NOTHING,
                sa.and_(StrandedVisit.status == S.PROPOSED, StrandedVisit.offer_id.in_(ran_out)),
            ),
        )
        .values(status=S.WAITING),
        execution_options={"synchronize_session": False},
    )
    stranding.prepared_at = None
    jobs.put(session, "strandings.propose", clinic_id=stranding.clinic_id, stranding_id=stranding.id)
    bell.ring(session, stranding.clinic_id, TOPIC)
    return stranding


def send_next(session, stranding: Stranding, *, by) -> bool:
    """Send the next proposal that is ready; False where none is left. The caller commits after each."""
    if is_over(session, stranding):
        return False
    ready = sa.select(StrandedVisit).join(StrandedVisit.offer).where(
        StrandedVisit.stranding_id == stranding.id, SlotOffer.status == OfferStatus.PREPARED, SlotOffer.until > now(),
        StrandedVisit.status == S.PROPOSED,
    )  # fmt: skip
    row = session.scalars(
        ready.order_by(StrandedVisit.is_urgent.desc(), StrandedVisit.starts_at, StrandedVisit.id)
        .limit(1)
        .with_for_update(of=StrandedVisit, skip_locked=True)
    ).one_or_none()
    if row is None:
        return False
    try:
        with session.begin_nested():
            send(row, by=by)
    except Refused:
        # Its time ran out at this very moment, or was closed: the patient is called.
        row.status = S.NOTHING
    return True


@action
def send(row: StrandedVisit, *, by):
    """Send one proposal; of a visit that was moved or cancelled meanwhile the proposal is withdrawn instead."""
    session, visit, offer = object_session(row), row.visit, row.offer
    if offer is None:
        raise Refused("There is no proposal to send.")
    if is_over(session, row.stranding):
        raise Refused(TAKEN_BACK)
    hold(visit)
    if is_settled(row, visit):
        row.status = S.SETTLED
        offers.withdraw(offer, by=by)
        return row
    lasting = timedelta(hours=row.stranding.answer_hours)
    ends_at = _end(offer.starts_at, told_from(session, visit.patient), lasting)
    if row.starts_at > now() + offers.SHORTEST:
        # Whoever has not answered when the former time begins stands at the door.
        ends_at = min(ends_at, row.starts_at)
    offers.send(offer, by=by, until=ends_at)
    bell.ring(session, row.clinic_id, TOPIC)
    return row


def withdraw_all(session, stranding: Stranding, *, by):
    """Withdraw every live proposal, in a few statements; who was sent one and has not accepted hears that all stays."""
    ids = {"clinic_id": stranding.clinic_id, "stranding_id": stranding.id}
    session.flush()
    session.connection().execute(LOCK_DOCTORS, ids)
    gone = session.connection().execute(WITHDRAW, ids).all()
    held = {
        "slot_ids": [row.slot_id for row in gone if row.slot_id and not row.seat_hold_id],
        "seat_hold_ids": [row.seat_hold_id for row in gone if row.seat_hold_id],
    }  # fmt: skip
    session.connection().execute(LET_GO, {"clinic_id": stranding.clinic_id, **held})
    session.expire_all()
    bell.ring(session, stranding.clinic_id, TOPIC)
    sent = sa.select(StrandedVisit).join(StrandedVisit.offer).where(
        StrandedVisit.stranding_id == stranding.id, SlotOffer.sent_at.is_not(None),
        SlotOffer.status != OfferStatus.ACCEPTED,
    ).options(joinedload(StrandedVisit.visit))  # fmt: skip
    for row in session.scalars(sent).all():
        if not is_settled(row, row.visit):
            # What was only asked for takes place no more surely than before: it is kept, and not booked yet.
            is_asked_for = row.visit.status == VisitStatus.REQUESTED
            tell(session, K.REQUESTED if is_asked_for else K.RESTORED, visit=row.visit, by=by)


def still_stranded(row) -> Visit:
    """The visit, held, that still needs another time because of the row's change; refused where it does not."""
    session, visit = object_session(row), row.visit
    was_over = is_over(session, row.stranding)
    # Given back while this waited, it belongs to another stranding now.
    session.refresh(row)
    if was_over or row.stranding.undone_at is not None:
        raise Refused(TAKEN_BACK)
    hold(visit)
    if is_settled(row, visit):
        raise Refused("This visit is settled already.")
    return visit


def take_back(session, row, by):
    """Withdraw the row's proposal, if it is still good."""
    if row.offer is not None and row.offer.status in LIVE:
        offers.withdraw(row.offer, by=by)
