"""What became free, wanted at once by patients, callers and the waiting list: one has a time, five have a group's."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
import sqlalchemy as sa

from clinic.actions import holds, offers, waitlist, waitlist_offers
from clinic.actions.acting import Actor, Refused
from clinic.actions.booking import book
from clinic.actions.patients import register
from clinic.actions.waitlist import Wanting
from clinic.db import db
from clinic.models.offers import SlotOffer
from clinic.models.organizations import Clinic
from clinic.models.schedule import SeatHold, Slot
from clinic.models.telling import SETTING
from clinic.models.visits import Visit
from clinic.queries.waitlist import Freed
from tests.desk import attended

# `ROUNDS=50` plays it as often as the figures ask.
ROUNDS = int(os.environ.get("ROUNDS", "3"))
# As many as the pool of connections lets act at once.
CALLERS = JOBS = 2
PLACES = 5
LIVE = sa.select(SlotOffer).where(SlotOffer.status == "sent")


def at_once(app, scope, acts):
    """Do all of these at the same moment, each in a transaction of its own; True for those that were done."""
    start = Barrier(len(acts), timeout=20)

    def do(act):
        with app.app_context():
            session = db.session()
            session.enter(scope)
            session.connection()
            start.wait()
            try:
                came = act(session)
                session.commit()
                return bool(came)
            except Refused:
                session.rollback()
                return False
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(do, acts))


@pytest.fixture
def crowd(session, cast):
    """Six who wait for a consultation with anybody, in a clinic that is never asleep."""
    rose = session.get(Clinic, cast.rose.id)
    rose.settings = {**rose.settings, SETTING: {"quiet_from": "03:00", "quiet_until": "03:00"}}
    day, people = cast.tomorrow_at(10).date(), []
    for number in range(6):
        patient = register(session, by=cast.amara.actor, full_name=f"Crowd {number}", phone="+44 20 7946 0177")
        wanting = Wanting(cast.consultation.id, day, day + timedelta(days=60))
        waitlist.join(session, patient, wanting, by=cast.amara.actor)
        people.append(patient)
    attended(session, cast)
    session.commit()
    return people


@pytest.mark.promise(1, "held, held, booked and offered to the waiting list at once")
def test_hold_and_hold_and_desk_and_waiting_list_make_one_owner(app, session, cast, crowd, figure):
    owners = 0
    for number in range(ROUNDS):
        starts_at = _starts_at(cast, number)
        acts = _wanting(cast, starts_at, [cast.tom] * CALLERS)
        done = at_once(app, cast.scope, acts)
        slots = _slots(session, starts_at)
        assert len(slots) == done.count(True) == 1
        owners += len(slots)
        _declined(session, cast)
    figure(f"{ROUNDS} rounds of {len(acts)}, {owners} owners")


@pytest.mark.promise(1, "the places of a group held, held, booked and offered to the waiting list at once")
def test_a_group_of_five_has_five_places_for_hold_and_hold_and_desk_and_waiting_list(app, session, cast, crowd, figure):
    cast.consultation.capacity = PLACES
    callers = [register(session, by=cast.amara.actor, full_name=f"Caller {number}") for number in range(CALLERS + 1)]
    session.commit()
    offered = 0
    for number in range(ROUNDS):
        starts_at = _starts_at(cast, number)
        acts = _wanting(cast, starts_at, callers)
        done = at_once(app, cast.scope, acts)
        (slot,) = _slots(session, starts_at)
        kept = session.scalars(sa.select(SeatHold).where(SeatHold.slot_id == slot.id)).all()
        assert slot.taken + len(kept) == done.count(True) == PLACES < len(acts)
        offered += _declined(session, cast)
    figure(f"{ROUNDS} rounds of {len(acts)}, {PLACES} places each time, {offered} of them offered to the waiting list")


@pytest.mark.promise(1, "two freed times, one person")
def test_several_times_for_the_same_people_make_one_offer_each(app, session, cast, crowd, figure):
    made = 0
    job = Actor.job(cast.rose.id, "waitlist.offer")
    for number in range(ROUNDS):
        starts = [cast.tomorrow_at(9 + hour, days=10 + number) for hour in range(3)]
        freed = [Freed(cast.rose.id, cast.dr_osei.id, each, each + timedelta(minutes=20)) for each in starts]
        freed += [Freed(cast.rose.id, cast.dr_lind.id, each, each + timedelta(minutes=20)) for each in starts]
        at_once(app, cast.scope, [lambda own, each=each: waitlist_offers.refill(own, each, by=job) for each in freed])
        session.rollback()
        session.expire_all()
        live = session.scalars(LIVE).all()
        assert len({each.patient_id for each in live}) == len(live) <= len(crowd)
        assert len({(each.provider_id, each.starts_at) for each in live}) == len(live) > 0
        made += _declined(session, cast)
    assert not session.scalars(sa.select(Visit)).all()
    figure(f"{ROUNDS} rounds of {len(freed)} times for {len(crowd)} people, {made} offers")


def _starts_at(cast, number):
    return cast.tomorrow_at(9 + number % 8, days=1 + number // 8)


def _wanting(cast, starts_at, callers):
    """What takes the time: two patients who hold it, the desk for each caller, and the waiting list's jobs."""
    wish, job = cast.wish(starts_at), Actor.job(cast.rose.id, "waitlist.offer")
    freed = Freed(cast.rose.id, cast.dr_osei.id, starts_at, starts_at + timedelta(minutes=20))
    patients = [replace(each.actor, in_portal=True) for each in (cast.maya, cast.ines)]
    wishes = [replace(wish, patient_id=patient.id) for patient in callers]
    acts = [lambda own, by=by: holds.hold(own, wish, by=by) for by in patients]
    acts += [lambda own, wanted=wanted: book(own, wanted, by=cast.amara.actor) for wanted in wishes]
    return acts + [lambda own: waitlist_offers.refill(own, freed, by=job)] * JOBS


def _slots(session, starts_at):
    session.rollback()
    session.expire_all()
    return session.scalars(sa.select(Slot).where(Slot.starts_at == starts_at)).all()


def _declined(session, cast):
    """Whoever was offered a time declines it, so that they are in line for the next one; how many they were."""
    live = session.scalars(LIVE).all()
    for offer in live:
        offers.decline(offer, by=cast.amara.actor)
    session.commit()
    return len(live)
