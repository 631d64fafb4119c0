"""Offers as patients see them, and what else is open near an offered time."""

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from clinic.db import now
from clinic.models.offers import LIVE, OfferPurpose, OfferStatus, SlotOffer
from clinic.models.schedule import VisitType
from clinic.queries.blocks import MOVABLE
from clinic.queries.open_times import nearest_open, patient_window
from clinic.queries.own_visits import has_lost_its_time

MOST = 20
SHOWN = (joinedload(SlotOffer.provider), joinedload(SlotOffer.patient))


def waiting(session, patient_id=None):
    """The offers that wait for an answer of the patients in scope, soonest end first."""
    whose = SlotOffer.patient_id == patient_id if patient_id else sa.true()
    return session.scalars(
        sa.select(SlotOffer)
        .where(SlotOffer.status == OfferStatus.SENT, SlotOffer.until > now(), whose)
        .options(*SHOWN)
        .order_by(SlotOffer.until, SlotOffer.id)
        .limit(MOST)
    ).all()


def proposed_for(session, visit) -> SlotOffer | None:
    """The other time that is kept for the visit and waits for the patient's answer, or None."""
    return session.scalars(
        sa.select(SlotOffer)
        .where(
            SlotOffer.visit_id == visit.id, SlotOffer.is_move, SlotOffer.status == OfferStatus.SENT,
            SlotOffer.until > now(),
        )
        .options(joinedload(SlotOffer.provider))
    ).one_or_none()  # fmt: skip


def live_of(session, patient_id) -> SlotOffer | None:
    """An offer that is still good and keeps a time for the patient, sent or not, or None."""
    return session.scalars(
        sa.select(SlotOffer)
        .where(SlotOffer.patient_id == patient_id, SlotOffer.status.in_(LIVE), SlotOffer.until > now())
        .order_by(SlotOffer.until)
        .limit(1)
    ).first()


def nearest(session, clinic, offer):
    """The open times nearest to the offered one that the patient could book by calling, soonest first."""
    visit_type = session.get(VisitType, (offer.clinic_id, offer.visit_type_id))
    earliest, _latest = patient_window(visit_type)
    found = nearest_open(session, clinic, visit_type, [offer.provider_id], offer.starts_at, mode=offer.visit_mode)
    return [time for time in found if time.starts_at >= earliest]


def is_for_a_stranded(session, offer) -> bool:
    """Whether the visit that it would move cannot take place at its time anyway, whatever the offer was made for."""
    return offer.purpose == OfferPurpose.STRANDED or (offer.is_move and has_lost_its_time(session, offer.visit))


def is_settled(session, offer) -> bool:
    """Whether the visit that it would have moved can take place by now, at whatever time."""
    return offer.visit is not None and not has_lost_its_time(session, offer.visit)


def leaves_it_there(session, offer) -> bool:
    """Whether the visit that it would have moved is to come at the time it had, and takes place."""
    visit = offer.visit if offer.is_move else None
    stands = visit and visit.status in MOVABLE and visit.starts_at == offer.visit_starts_at and visit.starts_at > now()
    return bool(stands) and not has_lost_its_time(session, visit)
