"""Offering somebody a time: it is held for them alone until they answer or its end, under the doctor's lock.

The held time is a piece of the doctor's time like any other, so nobody else can take it; from the offer's end on it
stands in nobody's way, whether or not anything was swept. Locks are taken in this order: visit, doctors by their ids,
offer.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic import bell, jobs
from clinic.actions import offer_links, offer_purposes, slots, visits
from clinic.actions.acting import Actor, Refused, action
from clinic.actions.booking import TimeTaken, Wish, enter, lock, look
from clinic.actions.moves import hold, move
from clinic.actions.notifications import tell
from clinic.actions.offer_times import hold_until, is_closed, keep, let_go, take
from clinic.db import now, word
from clinic.models.notifications import NotificationKind
from clinic.models.offers import LIVE, OfferPurpose, OfferStatus, SlotOffer
from clinic.models.patients import Patient
from clinic.models.people import VisitMode
from clinic.models.visits import Visit, VisitStatus
from clinic.queries.blocks import MOVABLE

S = OfferStatus
TOPIC = "offers"
# What is left to answer an offer is never less, nor is a time held any longer.
SHORTEST = timedelta(minutes=1)
LONGEST = timedelta(days=30)
# Whoever takes an offer back often has another time at hand; within this, that is all the patient hears.
ANOTHER_SOON = timedelta(minutes=2)
GONE = word("This time cannot be had any more. Please choose another one or call us.")
SENTENCES = {
    S.ACCEPTED: word("This offer is accepted already."),
    S.DECLINED: word("This offer was declined."),
    S.WITHDRAWN: word("The clinic has taken this offer back."),
    S.LAPSED: word("The time to answer this offer is over."),
}


@dataclass(frozen=True, slots=True)
class Offering:
    """What is to be offered to whom, and until when it is held (an instant).

    ``visit_id`` is the visit that accepting moves; without it accepting books a new one.
    """

    purpose: OfferPurpose
    clinic_id: UUID
    patient_id: UUID
    provider_id: UUID
    visit_type_id: UUID
    starts_at: datetime
    until: datetime
    visit_mode: VisitMode = VisitMode.IN_PERSON
    visit_id: UUID | None = None
    request_id: UUID | None = None
    waitlist_entry_id: UUID | None = None


class OfferOver(TimeTaken):
    """The offered time cannot be had any more; carries the wish, so that the nearest open times can be shown."""


@action
def prepare(session, offering: Offering, *, by) -> SlotOffer:
    """Hold a time for one patient and write the offer of it, not sent yet.

    Raises TimeTaken where the time cannot be had, and Refused where the patient has a live offer already.
    """
    visit = session.get(Visit, (offering.clinic_id, offering.visit_id)) if offering.visit_id else None
    if visit is not None and (visit.status not in MOVABLE or visit.patient_id != offering.patient_id):
        raise Refused("A visit can be moved only before the patient is here.")
    wish, nobody = wish_of(offering), as_nobody(by)
    terms = lock(session, wish, by=nobody, moved=visit)
    until = _end(session, offering.until, offering.starts_at)
    refuse_another(session, offering)
    slot_id, seat_hold_id = keep(session, wish, terms, until, by=nobody)
    offer = SlotOffer(
        id=uuid7(), purpose=offering.purpose, status=S.PREPARED, clinic_id=offering.clinic_id,
        patient_id=offering.patient_id, provider_id=offering.provider_id, visit_type_id=offering.visit_type_id,
        visit_mode=offering.visit_mode, starts_at=offering.starts_at,
        ends_at=slots.ends_at(session, offering.clinic_id, slot_id), slot_id=slot_id, seat_hold_id=seat_hold_id,
        is_move=visit is not None, visit_id=offering.visit_id, visit_starts_at=visit.starts_at if visit else None,
        request_id=offering.request_id, waitlist_entry_id=offering.waitlist_entry_id, until=until,
    )  # fmt: skip
    session.add(offer)
    session.flush()
    _come_back(session, offer)
    return offer


@action
def send(offer: SlotOffer, *, by, until=None):
    """Give the offer its link and let the patient know; ``until`` is its end from now on, and that of the held time."""
    visit = locked_visit(offer)
    session = read_locked(offer)
    _may_be_answered(session, offer, visit)
    if until is not None:
        offer.until = _end(session, until, offer.starts_at)
        if not hold_until(session, offer, offer.until):
            raise OfferOver(GONE, wish_of(offer))
        _come_back(session, offer)
    offer_links.give(offer)
    offer.status, offer.sent_at = S.SENT, sa.func.now()
    session.flush()
    if tell(session, NotificationKind.OFFER, offer=offer, by=by) is None:
        raise Refused("This patient cannot be offered anything: the record is closed.")
    return let_know("sent", session, offer, by)


@action
def accept(offer: SlotOffer, *, by):
    """Take the offered time: the visit is moved there, or a new one booked; raises OfferOver when it is too late.

    Of two who accept at once one does; the other is told that the offer is accepted already.
    """
    session = object_session(offer)
    visit = locked_visit(offer, offer_purposes.instead_of(session, offer))
    wish = wish_of(offer, **offer_purposes.details(session, offer))
    # The clinic offered it, so neither the notice nor the limits of those who book themselves are in the way.
    clinics = replace(by, in_portal=False)
    visits.lock_both(session, visit or offer, wish)
    terms = lock(session, wish, by=clinics, moved=SimpleNamespace(visit_type_id=wish.visit_type_id))
    _read_again(session, offer)
    if visit is not None and not offer.is_move:
        offer.is_move, offer.visit_id, offer.visit_starts_at = True, visit.id, visit.starts_at
    _may_be_answered(session, offer, visit)
    found = look(session, wish, terms, by=as_nobody(by))
    if is_closed(offer, found) or not take(session, offer, by=as_nobody(by)):
        raise OfferOver(GONE, wish)
    if visit is not None:
        _move(session, visit, wish, offer.slot_id, by=by)
    else:
        offer.visit_id = enter(session, wish, terms, offer.slot_id, by=clinics)
    return _answered("accepted", session, offer, by)


@action
def decline(offer: SlotOffer, *, by):
    """Say no: the time is free again, and a visit that would have been moved stays as it is."""
    session = read_locked(offer)
    _may_be_answered(session, offer)
    let_go(session, offer)
    return _answered("declined", session, offer, by)


@action
def withdraw(offer: SlotOffer, *, by):
    """Take the offer back: the time is free again."""
    session = read_locked(offer)
    if offer.status not in LIVE:
        raise Refused(SENTENCES[offer.status])
    let_go(session, offer)
    offer.status = S.WITHDRAWN
    return let_know("withdrawn", session, offer, by)


def take_back(offer: SlotOffer, *, by):
    """Withdraw the offer, and let the patient know who had heard of it and is not offered another time soon."""
    withdraw(offer, by=by)
    if offer.sent_at:
        soon = now() + ANOTHER_SOON
        tell(object_session(offer), NotificationKind.OFFER_WITHDRAWN, offer=offer, by=by, at=soon)
    return offer


@action
def lapse(offer: SlotOffer, *, by):
    """Write down that nobody answered in time; one that was answered, or lasts longer by now, is left alone."""
    session = read_locked(offer)
    if offer.status not in LIVE or not is_past(session, offer):
        return offer
    let_go(session, offer)
    offer.status = S.LAPSED
    return let_know("lapsed", session, offer, by)


def _move(session, visit, wish, slot_id, *, by):
    """Put the visit where the offer said; its old time is free from now on."""
    former = visit.slot_id
    if visit.status == VisitStatus.REQUESTED:
        visit.answer_by = None
        move(visit, VisitStatus.BOOKED, by=by)
    visits.stand_at(visit, wish, slot_id, by=by)
    session.flush()
    slots.release(session, visit.clinic_id, former)


def _answered(moment, session, offer, by):
    offer.status, offer.answered_at, offer.answered_by_id = S(moment), sa.func.now(), by.user_id
    return let_know(moment, session, offer, by)


def let_know(moment, session, offer, by):
    """Tell every desk, and whatever the offer was made for, what has become of it."""
    session.flush()
    bell.ring(session, offer.clinic_id, TOPIC)
    offer_purposes.after(moment, session, offer, by=by)
    return offer


def locked_visit(offer, instead_of=None):
    """The visit the offer would move, or another one by its id, locked; None for one that books a new visit."""
    visit_id = offer.visit_id if offer.is_move else instead_of
    visit = visit_id and object_session(offer).get(Visit, (offer.clinic_id, visit_id))
    if visit:
        hold(visit)
    return visit or None


def read_locked(offer):
    """Lock the doctor and then the offer, and read it again."""
    session = object_session(offer)
    ids = {"clinic_id": offer.clinic_id, "provider_id": offer.provider_id}
    session.connection().execute(slots.LOCK_DOCTOR, ids)
    _read_again(session, offer)
    return session


def _read_again(session, offer):
    session.refresh(offer, with_for_update={"of": SlotOffer})


def _may_be_answered(session, offer, visit=None):
    if offer.status not in LIVE:
        raise Refused(SENTENCES[offer.status])
    if is_past(session, offer):
        raise OfferOver(SENTENCES[S.LAPSED], wish_of(offer))
    if visit is not None and (visit.status not in MOVABLE or visit.starts_at != offer.visit_starts_at):
        raise Refused("The visit this offer is about was changed meanwhile. Please call the clinic.")


def is_past(session, offer):
    """Whether the offer's end is over by the database's clock, as holds and jobs see it."""
    return session.scalar(sa.select(sa.literal(offer.until) <= sa.func.now()))


def _end(session, until, starts_at):
    """When the hold ends: never after the offered time begins."""
    moment = session.scalar(sa.select(sa.func.now()))
    until = min(until, starts_at, moment + LONGEST)
    if until < moment + SHORTEST:
        raise Refused("There is too little time left to answer an offer of this time.")
    return until


def refuse_another(session, offering):
    """One live offer a person, but for several stranded visits one each; what ran out unnoticed is written down."""
    # Two who offer something to one person at the same moment, with different doctors, come one after the other here.
    person = sa.select(Patient.id).where(Patient.clinic_id == offering.clinic_id, Patient.id == offering.patient_id)
    session.execute(person.with_for_update(key_share=True))
    same = SlotOffer.patient_id == offering.patient_id
    if offering.purpose == OfferPurpose.STRANDED:
        same = sa.and_(
            same, sa.or_(SlotOffer.purpose != OfferPurpose.STRANDED, SlotOffer.visit_id == offering.visit_id)
        )
    standing = sa.select(SlotOffer).where(same, SlotOffer.status.in_(LIVE)).order_by(SlotOffer.id).with_for_update()
    for offer in session.scalars(standing).all():
        if not is_past(session, offer):
            raise Refused("This patient has an offer already that waits for an answer.")
        offer.status = S.LAPSED
        let_know("lapsed", session, offer, Actor.job(offer.clinic_id, "offers.lapse"))


def _come_back(session, offer):
    jobs.put(session, "offers.lapse", at=offer.until, clinic_id=offer.clinic_id, offer_id=offer.id)
    bell.ring(session, offer.clinic_id, TOPIC)


def wish_of(what, **details):
    """The visit that an offer, made or to be made, is of."""
    return Wish(
        what.clinic_id, what.provider_id, what.visit_type_id, what.patient_id, what.starts_at, what.visit_mode,
        **details,
    )  # fmt: skip


def as_nobody(by):
    """Nobody in particular, whose own holds would stand in nobody's way."""
    return replace(by, user_id=None, in_portal=False)
