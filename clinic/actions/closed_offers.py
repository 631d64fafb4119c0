"""Offers of a time that was closed since: taken back before anybody says yes to it in vain."""

import sqlalchemy as sa

from clinic import jobs
from clinic.actions import offers, slots
from clinic.actions.freed_times import GRACE
from clinic.actions.offer_times import is_closed
from clinic.db import now
from clinic.models.offers import LIVE, OfferPurpose, SlotOffer
from clinic.models.organizations import Clinic
from clinic.queries.open_times import fits

STANDING = (SlotOffer.status.in_(LIVE), SlotOffer.until > sa.func.now())


def look_soon(session, clinic_id, provider_id=None):
    """Have what is offered with a doctor, or with anybody, looked at once the change had its minute to be undone."""
    whose = sa.select(SlotOffer.provider_id).where(*STANDING).distinct()
    if provider_id:
        whose = whose.where(SlotOffer.provider_id == provider_id)
    for doctor_id in session.scalars(whose).all():
        jobs.put(session, "offers.look", at=now() + GRACE, clinic_id=clinic_id, provider_id=doctor_id)


def take_back(session, provider_id, *, by):
    """Take back the doctor's offers that nobody could accept any more; for a stranded visit another time is looked for.

    A request is the desk's again, and who waits keeps their place in the line, as after every withdrawal.
    """
    clinic = session.get(Clinic, by.clinic_id)
    # Whoever answers locks the doctor first, so no offer read after this is answered before the end.
    slots.lock_doctor(session, clinic.id, provider_id)
    standing = sa.select(SlotOffer).where(SlotOffer.provider_id == provider_id, *STANDING).order_by(SlotOffer.id)
    for offer in session.scalars(standing).all():
        found = fits(session, clinic, offer.visit_type_id, provider_id, offer.starts_at, mode=offer.visit_mode)
        if not is_closed(offer, found):
            continue
        offers.take_back(offer, by=by)
        if offer.purpose == OfferPurpose.STRANDED:
            jobs.put(session, "strandings.propose_anew", clinic_id=clinic.id, offer_id=offer.id)
