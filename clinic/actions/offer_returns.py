"""Taking back an answer to an offer that the desk noted by a wrong click: the time is kept for the patient again.

Only as long as nothing has come of it: nobody else has the time, and the patient was told of no visit. Locks are taken
as an answer takes them: the visit, the doctor, the offer, then what it was made for.
"""

import sqlalchemy as sa

from clinic.actions import offer_times, offers, visits
from clinic.actions.acting import Refused, action
from clinic.actions.booking import lock
from clinic.db import now
from clinic.models.notifications import Notification
from clinic.models.offers import OfferPurpose, OfferStatus, SlotOffer
from clinic.models.visits import UNDO_WINDOW, CancelReason, VisitStatus
from clinic.queries.blocks import MOVABLE
from clinic.queries.heard import was_told
from clinic.queries.strandings import is_stranded

S = OfferStatus
# Said by whatever the offer was made for, where that is not as the answer left it any more.
GONE_ON = "What this time was offered for has gone on meanwhile. Please look at it first."


@action
def reopen(offer: SlotOffer, *, by) -> SlotOffer:
    """Offer the patient the time again that the person has just noted a yes or a no to, as if it were not answered."""
    # What it would move, or what was booked by the yes to it.
    visit = offers.locked_visit(offer, instead_of=offer.visit_id)
    session = offers.read_locked(offer)
    _refuse_what_stays(session, offer, by)
    if offer.status == S.ACCEPTED:
        _call_off(session, visit, offer, by)
    elif visit is not None:
        _refuse_what_moved(session, visit, offer)
    _keep_again(session, offer, visit if offer.is_move else None, by)
    offer.status = S.SENT if offer.sent_at else S.PREPARED
    offer.answered_at = offer.answered_by_id = None
    offers.let_know("reopened", session, offer, by)
    if not offer.is_move:
        offer.visit_id = None
    return offer


def _refuse_what_stays(session, offer, by):
    if offer.status not in (S.ACCEPTED, S.DECLINED) or offer.answered_by_id != by.user_id:
        raise Refused("There is nothing to take back.")
    if now() - offer.answered_at > UNDO_WINDOW:
        raise Refused("This was more than 15 minutes ago and stays as it is.")
    if offers.is_past(session, offer):
        raise Refused("The time is kept no longer, so the answer stays as it is.")
    if offer.status == S.ACCEPTED and offer.is_move:
        raise Refused("The visit has its new time already. Move it again, or cancel it on its page.")


def _refuse_what_moved(session, visit, offer):
    stands = visit.status in MOVABLE and visit.starts_at == offer.visit_starts_at
    if not stands or is_stranded(session, visit) != (offer.purpose == OfferPurpose.STRANDED):
        raise Refused("The visit this offer is about was changed meanwhile. Please look at it first.")


def _call_off(session, visit, offer, by):
    """Take the booked visit away as entered by mistake, unless somebody has gone on with it."""
    where = visit.status, visit.starts_at, visit.provider_id
    if where != (VisitStatus.BOOKED, offer.starts_at, offer.provider_id):
        raise Refused("The visit was changed meanwhile. Please look at it: it can be moved or cancelled there.")
    if session.scalar(sa.select(sa.exists().where(Notification.visit_id == visit.id, was_told()))):
        raise Refused("The patient has been told of the visit. Cancel it on its page, so that they hear of that too.")
    visits.cancel(visit, CancelReason.ENTERED_IN_ERROR, by=by)


def _keep_again(session, offer, moved, by):
    wish, nobody = offers.wish_of(offer), offers.as_nobody(by)
    terms = lock(session, wish, by=nobody, moved=moved)
    offers.refuse_another(session, offer)
    try:
        kept = offer_times.keep(session, wish, terms, offer.until, by=nobody)
    except Refused as refused:
        raise Refused("The time is somebody else’s by now. Please look for another one for this patient.") from refused
    offer.slot_id, offer.seat_hold_id = kept
