"""What a patient knows of a visit: the last they heard of it, in writing, by telephone or by being there themselves."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from clinic.models.notifications import Notification, NotificationKind, NotificationState, Why
from clinic.models.offers import OfferPurpose, SlotOffer

K, S = NotificationKind, NotificationState
# What is being handed over may have arrived by the time anybody asks.
REACHED = (S.SENDING, S.SENT, S.DELIVERED, S.UNCLEAR)
# Of a line's facts: the ids of the lines that are told with it; and with whom and how the visit was to be when the
# patient heard of it.
WITH, STANDS = "with", "stands"
# Whoever heard one of these last does not expect the visit at its time.
LOST = (K.CANCELLED, K.OFFER)
# What says when the visit is, or that it is not; of the offers those for a visit that lost its time.
OF_A_CHANGE = (K.BOOKED, K.REQUESTED, K.ACCEPTED, K.MOVED, K.CANCELLED, K.RESTORED)
OF_THE_VISIT = (*OF_A_CHANGE, K.REMINDER)


def stands(visit) -> list:
    """With whom and how the visit is, as a line's facts can keep it."""
    return [visit.provider_id and str(visit.provider_id), visit.visit_mode.value]


def was_told(of=Notification):
    """The condition that a line's words reached the patient, by the desk's call too, or with those of another line."""
    carrier = aliased(Notification)
    with_it = sa.exists().where(
        carrier.patient_id == of.patient_id, carrier.created_at == of.created_at, carrier.kind == of.kind,
        carrier.id != of.id, _reached(carrier),
        carrier.facts.contains(sa.func.jsonb_build_object(WITH, sa.func.jsonb_build_array(sa.cast(of.id, sa.Text)))),
    )  # fmt: skip
    return sa.or_(_reached(of), sa.and_(of.why == Why.TOGETHER, with_it))


def says_nothing_new(session, line) -> bool:
    """Whether the patient knows already what the line says of its visit, or an earlier line will tell them."""
    last = last_heard(session, line)
    is_lost = last is not None and last.kind in LOST
    if line.kind == K.CANCELLED:
        is_known = last is not None and last.kind == K.CANCELLED
    elif line.kind == K.RESTORED:
        is_known = not is_lost
    else:
        is_known = last is not None and not is_lost and _said(last, line.visit)
    # What answers a patient at once does not wait for what goes out in the morning.
    return is_known or (not line.at_once and any(_will_say(each, line) for each in _about_to_be_told(session, line)))


def _said(told, visit):
    return told.visit_starts_at == visit.starts_at and told.facts.get(STANDS) == stands(visit)


def _will_say(earlier, line):
    """Whether the earlier line says the same; what has no words yet gets them when it is told."""
    if K.CANCELLED in (earlier.kind, line.kind):
        return earlier.kind == line.kind
    is_fresh = earlier.state == S.WAITING or earlier.text is None
    return _said(earlier, line.visit) or (is_fresh and earlier.visit_starts_at == line.visit.starts_at)


def last_heard(session, line) -> Notification | None:
    """The last that the patient heard of the line's visit, besides the line itself; None where that is nothing."""
    offered = sa.exists().where(
        SlotOffer.clinic_id == Notification.clinic_id, SlotOffer.id == Notification.offer_id,
        SlotOffer.purpose == OfferPurpose.STRANDED,
    )  # fmt: skip
    answered = offered.where(SlotOffer.answered_at.is_not(None))
    return session.scalars(
        sa.select(Notification)
        .where(
            Notification.visit_id == line.visit_id, Notification.id != line.id,
            sa.or_(Notification.kind.in_(OF_THE_VISIT), sa.and_(Notification.kind == K.OFFER, offered)),
            # What the patient did, or heard at the desk, they know; so does who answered before the message came.
            sa.or_(was_told(), Notification.why == Why.KNOWN, sa.and_(Notification.kind == K.OFFER, answered)),
        )
        .order_by(Notification.created_at.desc(), Notification.id.desc())
        .limit(1)
    ).one_or_none()  # fmt: skip


def _about_to_be_told(session, line) -> list[Notification]:
    """The earlier lines of the same visit that are still to be told, by a message or by the desk."""
    earlier = (
        Notification.visit_id == line.visit_id,
        sa.tuple_(Notification.created_at, Notification.id) < sa.tuple_(line.created_at, line.id),
    )
    # Whoever has one of them in hand at this moment is waited for: it is told then, or is not.
    session.execute(sa.select(Notification.id).where(*earlier).with_for_update(read=True, key_share=True))
    at_the_desk = sa.and_(Notification.desk_since.is_not(None), Notification.desk_done_at.is_(None))
    return session.scalars(
        sa.select(Notification)
        .where(*earlier, Notification.kind.in_(OF_A_CHANGE), sa.or_(Notification.state == S.WAITING, at_the_desk))
        .execution_options(populate_existing=True)
    ).all()


def expected_at(session, line) -> datetime | None:
    """When the visit was to be by what the patient heard of it; by its first move where they heard nothing."""
    last = last_heard(session, line)
    if last is not None and last.kind == K.OFFER:
        return session.get(SlotOffer, (last.clinic_id, last.offer_id)).visit_starts_at
    return last.visit_starts_at if last is not None else _first_moved_from(session, line)


def _first_moved_from(session, line):
    """Where the visit stood before its first move."""
    return session.scalar(
        sa.select(Notification.old_starts_at)
        .where(Notification.visit_id == line.visit_id, Notification.old_starts_at.is_not(None))
        .order_by(Notification.created_at, Notification.id)
        .limit(1)
    )


def _reached(of):
    return sa.or_(of.state.in_(REACHED), of.desk_done_at.is_not(None))
