"""Jobs about offers."""

from clinic.actions import offers
from clinic.models.offers import SlotOffer
from clinic.work.handlers import handles


@handles("offers.lapse")
def lapse(session, *, by, offer_id):
    """Write down that an offer was not answered in time, and free its time; one answered meanwhile is left alone."""
    offer = session.get(SlotOffer, (by.clinic_id, offer_id))
    if offer is not None:
        offers.lapse(offer, by=by)
