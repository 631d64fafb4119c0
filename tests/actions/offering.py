"""Offers for tests: a time held for somebody, and the clock of one that ran out."""

from datetime import timedelta

import sqlalchemy as sa

from clinic.actions import offers
from clinic.db import now
from clinic.models.offers import OfferPurpose, SlotOffer


def offering(cast, starts_at, visit=None, **more):
    """Another time for Tom's visit with Dr Osei or, without a visit, a time for Maya."""
    facts = {
        "purpose": OfferPurpose.STRANDED if visit else OfferPurpose.REQUEST, "clinic_id": cast.rose.id,
        "patient_id": visit.patient_id if visit else cast.maya_patient.id, "provider_id": cast.dr_osei.id,
        "visit_type_id": cast.consultation.id, "starts_at": starts_at, "until": now() + timedelta(hours=20),
        "visit_id": visit.id if visit else None,
    }  # fmt: skip
    return offers.Offering(**{**facts, **more})


def offered(session, cast, starts_at, visit=None, **more):
    """The offer, sent and committed."""
    offer = offers.prepare(session, offering(cast, starts_at, visit, **more), by=cast.amara.actor)
    offers.send(offer, by=cast.amara.actor)
    session.commit()
    return offer


def run_out(session, offer):
    """As though the offer's end were a minute ago."""
    past = {"past": sa.func.now() - timedelta(minutes=1)}
    session.execute(sa.update(SlotOffer).where(SlotOffer.id == offer.id).values(until=past["past"]))
    session.execute(
        sa.text("UPDATE slots SET held_until = now() - interval '1 minute' WHERE id = :id AND status = 'held'"),
        {"id": offer.slot_id},
    )
    session.execute(
        sa.text("UPDATE seat_holds SET held_until = now() - interval '1 minute' WHERE id = :id"),
        {"id": offer.seat_hold_id},
    )
    session.commit()
    session.expire_all()
