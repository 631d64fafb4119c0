"""Jobs about offers."""

import sqlalchemy as sa

from clinic.actions import closed_offers, offers
from clinic.models.offers import LIVE, SlotOffer
from clinic.models.visits import Visit
from clinic.queries.blocks import MOVABLE
from clinic.work.handlers import handles


@handles("offers.lapse")
def lapse(session, *, by, offer_id):
    """Write down that an offer was not answered in time, and free its time; one answered meanwhile is left alone."""
    offer = session.get(SlotOffer, (by.clinic_id, offer_id))
    if offer is not None:
        offers.lapse(offer, by=by)


@handles("offers.look")
def look(session, *, by, provider_id):
    """Take back what is offered of a doctor's time that was closed since."""
    closed_offers.take_back(session, provider_id, by=by)


@handles("offers.let_go")
def let_go(session, *, by, visit_id):
    """Take back another time offered for a visit that was moved, called off or has begun; else leave it."""
    visit = session.get(Visit, (by.clinic_id, visit_id))
    live = sa.select(SlotOffer).where(
        SlotOffer.visit_id == visit_id, SlotOffer.is_move, SlotOffer.status.in_(LIVE)
    )  # fmt: skip
    for offer in session.scalars(live).all():
        if visit.status not in MOVABLE or visit.starts_at != offer.visit_starts_at:
            offers.withdraw(offer, by=by)
