"""Answering a request: proposing a time that is kept while the patient thinks, or booking one for them at once.

Locks are taken as an answer takes them: the doctor, then the request.
"""

from datetime import timedelta

from sqlalchemy.orm import object_session

from clinic.actions import booking, offer_purposes, offers, requests, slots, walk_ins
from clinic.actions.acting import Refused, action
from clinic.actions.freed_times import tell_waitlist
from clinic.actions.offer_returns import GONE_ON
from clinic.actions.requests import JustProposed, cannot, hold, remember, state
from clinic.db import now
from clinic.models.notifications import NotificationKind
from clinic.models.offers import OfferPurpose
from clinic.models.requests import RequestEventKind, RequestStatus, VisitRequest
from clinic.models.visits import VisitKind
from clinic.queries.requests import live_offer, rules
from clinic.queries.telling import told_from

R, E = RequestStatus, RequestEventKind
# A proposal ends early enough before its time that the clinic can still give it to somebody else.
BEFORE, SHORTEST = timedelta(minutes=30), timedelta(minutes=5)


@action
def propose(request: VisitRequest, wish: booking.Wish, *, by):
    """Keep a time for the patient and let them know; nothing is booked until they say yes."""
    session = object_session(request)
    _lock_doctor(session, wish)
    hold(request)
    if not request.may(R.AWAITING):
        raise Refused("Say how urgent it is first.") if request.status == R.NEW else cannot(request, R.AWAITING)
    if request.owner_id not in (None, by.user_id):
        raise Refused("%(name)s looks after this already.", name=request.owner.name)
    until = _end(session, request, wish.starts_at)
    offering = offers.Offering(
        OfferPurpose.REQUEST, request.clinic_id, request.patient_id, wish.provider_id, wish.visit_type_id,
        wish.starts_at, until=until, visit_mode=wish.visit_mode, request_id=request.id,
    )  # fmt: skip
    offer = offers.prepare(session, offering, by=by)
    before, was = state(request), request.status
    request.status, request.proposed_slot_id, request.answer_by = R.AWAITING, offer.slot_id, offer.until
    request.owner_id = by.user_id
    remember(request, E.PROPOSED, was, before, by=by)
    offers.send(offer, by=by)
    return request


@action
def take_back(request: VisitRequest, *, by):
    """Take the proposal back; the request is the desk's again."""
    offer = live_offer(object_session(request), request)
    if offer is None:
        raise Refused("No time is proposed at the moment.")
    offers.take_back(offer, by=by)
    return request


@action
def book(request: VisitRequest, wish: booking.Wish, *, by):
    """Book a time for the patient at once, who has said yes on the phone."""
    session = object_session(request)
    _lock_doctor(session, wish)
    _still_open(request)
    visit_id = booking.book(session, wish, by=by)
    return _became(request, visit_id, by=by)


@action
def admit(request: VisitRequest, *, timezone, by):
    """Put the patient, who came without a time, among those who wait."""
    session = object_session(request)
    _still_open(request)
    if request.kind != VisitKind.WALK_IN:
        raise Refused("Only who comes without a time is put among those who wait.")
    visit = walk_ins.add(
        session, request.patient, timezone=timezone, by=by, provider_id=request.provider_id,
        visit_type_id=request.visit_type_id, reason=request.reason, severity=request.severity,
    )  # fmt: skip
    return _became(request, visit.id, by=by)


def cancel(request: VisitRequest, *, by, note=None):
    """Call the request off; a time that is kept for it is free again, also one that was proposed this very moment."""
    session = object_session(request)
    for tries_left in (1, 0):
        # The offer first: whoever answers one locks it before the request.
        if offer := live_offer(session, request):
            offers.withdraw(offer, by=by)
        try:
            with session.begin_nested():
                requests.cancel(request, by=by, note=note)
            break
        except JustProposed:
            if not tries_left:
                raise
    if not by.in_portal:
        requests.tell_soon(request, NotificationKind.REQUEST_CLOSED, by=by)
    return request


def _end(session, request, starts_at):
    """Until when an answer is awaited: as long as the clinic says from when the patient hears of it."""
    begins_at = told_from(session, request.patient)
    return min(begins_at + rules(session, request.clinic_id).hold, max(starts_at - BEFORE, begins_at + SHORTEST))


def _lock_doctor(session, wish):
    ids = {"clinic_id": wish.clinic_id, "provider_id": wish.provider_id}
    session.connection().execute(slots.LOCK_DOCTOR, ids)


def _still_open(request):
    hold(request)
    if not request.may(R.CONVERTED):
        raise cannot(request, R.CONVERTED)
    if request.status == R.AWAITING:
        raise Refused("A time is proposed. Take the proposal back first.")


def _became(request, visit_id, *, by):
    before, was = state(request), request.status
    request.visit_id, request.status = visit_id, R.CONVERTED
    request.answer_by = request.proposed_slot_id = None
    return remember(request, E.CONVERTED, was, before, by=by)


def _accepted(session, offer, *, by):
    request = _request_of(session, offer)
    if request.may(R.CONVERTED):
        _became(request, offer.visit_id, by=by)


def _back_at_the_desk(kind):
    """What a no means: the request is looked at again, and an answer is owed anew."""

    def back(session, offer, *, by):
        request = _request_of(session, offer)
        if request.status != R.AWAITING:
            return
        before = state(request)
        request.status, request.proposed_slot_id = R.TRIAGED, None
        request.answer_by = now() + rules(session, request.clinic_id).within(request.severity)
        remember(request, kind, R.AWAITING, before, by=by)
        # Kept for one, it was open to nobody else; somebody on the waiting list may want it.
        tell_waitlist(session, offer.clinic_id, offer.provider_id, offer.starts_at, offer.ends_at)

    return back


def _proposed_again(session, offer, *, by):
    request = _request_of(session, offer)
    became_this = request.status == R.CONVERTED and request.visit_id == offer.visit_id
    if request.status != R.TRIAGED and not became_this:
        raise Refused(GONE_ON)
    before, was = state(request), request.status
    request.status, request.visit_id = R.AWAITING, None
    request.proposed_slot_id, request.answer_by = offer.slot_id, offer.until
    remember(request, E.UNDONE, was, before, by=by)


def _request_of(session, offer):
    request = session.get(VisitRequest, (offer.clinic_id, offer.request_id))
    hold(request)
    return request


def _details(session, offer):
    request = session.get(VisitRequest, (offer.clinic_id, offer.request_id))
    return {"reason": request.reason, "source": request.source}


offer_purposes.when(
    OfferPurpose.REQUEST, accepted=_accepted, declined=_back_at_the_desk(E.DECLINED),
    lapsed=_back_at_the_desk(E.LAPSED), withdrawn=_back_at_the_desk(E.WITHDRAWN), reopened=_proposed_again,
    details=_details,
)  # fmt: skip
