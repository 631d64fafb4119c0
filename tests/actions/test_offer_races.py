"""Offers at the same moment: one answer counts, nobody owns a time twice, and nothing is sent for a cancelled visit."""

import os
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa

from clinic.actions import blocks, offers, stranding_offers, strandings
from clinic.actions import visits as visit_verbs
from clinic.actions.acting import Refused
from clinic.actions.booking import book
from clinic.db import db
from clinic.models.offers import OfferStatus, SlotOffer
from clinic.models.schedule import Slot, SlotStatus
from clinic.models.strandings import Stranding
from clinic.models.visits import LIVE, CancelReason, Visit
from clinic.work.handlers import run
from tests.actions.offering import offered, offering, run_out

# `ROUNDS=50` plays it as often as the figures ask.
ROUNDS = int(os.environ.get("ROUNDS", "2"))


def at_once(app, scope, acts):
    """Do all of these at the same moment, each in a transaction of its own; what each came to."""
    start = Barrier(len(acts))

    def do(act):
        with app.app_context():
            session = db.session()
            session.enter(scope)
            session.connection()
            start.wait()
            try:
                came = act(session)
                session.commit()
                return came or "done"
            except Refused as refused:
                session.rollback()
                return refused
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(do, acts))


def won(came):
    return [each for each in came if not isinstance(each, Refused)]


def standing_at(session, starts_at):
    session.rollback()
    session.expire_all()
    visits = sa.select(Visit).where(Visit.starts_at == starts_at, Visit.status.in_(LIVE))
    slots = sa.select(Slot).where(Slot.starts_at == starts_at, Slot.status == SlotStatus.BOOKED)
    return len(session.scalars(visits).all()), len(session.scalars(slots).all())


def answering(offer, verb, by):
    """Answer in another transaction."""
    key = (offer.clinic_id, offer.id)
    return lambda session: verb(session.get(SlotOffer, key), by=by).status


@pytest.mark.parametrize("round", range(ROUNDS))
def test_of_two_who_accept_at_once_one_does_and_the_other_hears_it(app, session, cast, round):
    offer = offered(session, cast, cast.tomorrow_at(15), cast.booked())
    came = at_once(app, cast.scope, [answering(offer, offers.accept, cast.amara.actor)] * 2)
    assert won(came) == [OfferStatus.ACCEPTED]
    assert "accepted already" in str(next(each for each in came if isinstance(each, Refused)))
    assert standing_at(session, cast.tomorrow_at(15)) == (1, 1) and standing_at(session, cast.tomorrow_at(10)) == (0, 0)


@pytest.mark.parametrize("round", range(ROUNDS))
def test_yes_and_no_at_once_are_one_answer(app, session, cast, round):
    offer = offered(session, cast, cast.tomorrow_at(15), cast.booked())
    acts = [answering(offer, verb, cast.amara.actor) for verb in (offers.accept, offers.decline)]
    (answer,) = won(at_once(app, cast.scope, acts))
    assert standing_at(session, cast.tomorrow_at(15)) == ((1, 1) if answer == OfferStatus.ACCEPTED else (0, 0))


@pytest.mark.parametrize("round", range(ROUNDS))
def test_accepting_when_it_is_over_and_booking_the_same_time_never_give_it_to_both(app, session, cast, round):
    offer = offered(session, cast, cast.tomorrow_at(15), cast.booked())
    run_out(session, offer)
    wish, by = cast.wish(cast.tomorrow_at(15), patient=cast.maya_patient), cast.amara.actor
    came = at_once(app, cast.scope, [answering(offer, offers.accept, by), lambda other: book(other, wish, by=by)])
    assert len(won(came)) == 1 and isinstance(came[0], offers.OfferOver)
    assert standing_at(session, cast.tomorrow_at(15)) == (1, 1)


@pytest.mark.parametrize("round", range(ROUNDS))
def test_offering_holding_and_booking_the_same_time_give_it_to_one(app, session, cast, round):
    visit, by = cast.booked(), cast.amara.actor
    wanted = offering(cast, cast.tomorrow_at(15), visit)
    other = offering(cast, cast.tomorrow_at(15))
    wish = cast.wish(cast.tomorrow_at(15), patient=cast.maya_patient)
    acts = [
        lambda session: offers.prepare(session, wanted, by=by).id,
        lambda session: offers.prepare(session, other, by=by).id,
        lambda session: book(session, wish, by=by),
    ]
    assert len(won(at_once(app, cast.scope, acts * 2))) == 1
    session.rollback()
    taken = sa.select(sa.func.count()).select_from(Slot).where(Slot.starts_at == cast.tomorrow_at(15))
    assert session.scalar(taken) == 1


@pytest.mark.parametrize("round", range(ROUNDS))
def test_while_all_is_sent_a_patient_cancels_and_is_offered_nothing(app, session, cast, round):
    for hour in (10, 11, 12):
        cast.booked(cast.tomorrow_at(hour))
    blocks.add(cast.dr_osei, cast.tomorrow_at(9), cast.tomorrow_at(17), zone="Europe/London", by=cast.ines.actor)
    stranding_id = strandings.opened(session)
    session.commit()
    ids = {"clinic_id": str(cast.rose.id), "stranding_id": str(stranding_id)}
    run(app, "strandings.propose", ids)
    session.enter(cast.scope)
    visit_id = session.scalars(sa.select(Visit.id).order_by(Visit.starts_at)).first()
    stranding_offers.send_all(session.get(Stranding, (cast.rose.id, stranding_id)), by=cast.amara.actor)
    session.commit()

    def send(_session):
        run(app, "strandings.send", ids)

    def cancel(other):
        visit = other.get(Visit, (cast.rose.id, visit_id))
        return visit_verbs.cancel(visit, CancelReason.PATIENT, by=cast.amara.actor).status

    assert len(won(at_once(app, cast.scope, [send, cancel]))) == 2
    run(app, "offers.let_go", {"clinic_id": str(cast.rose.id), "visit_id": str(visit_id)})
    session.enter(cast.scope)
    session.rollback()
    session.expire_all()
    left = {offer.visit_id: offer.status for offer in session.scalars(sa.select(SlotOffer))}
    assert left.pop(visit_id) == OfferStatus.WITHDRAWN
    assert set(left.values()) == {OfferStatus.SENT}
    held = session.scalar(sa.select(sa.func.count()).select_from(Slot).where(Slot.status == SlotStatus.HELD))
    assert held == 2


@pytest.mark.parametrize("round", range(ROUNDS))
def test_proposing_by_job_and_booking_meet_in_no_deadlock_and_in_no_time(app, session, cast, round):
    for minute in (0, 20, 40):
        cast.booked(cast.tomorrow_at(10, minute))
    blocks.add(cast.dr_osei, cast.tomorrow_at(9), cast.tomorrow_at(17), zone="Europe/London", by=cast.ines.actor)
    stranding_id = strandings.opened(session)
    session.commit()
    ids = {"clinic_id": str(cast.rose.id), "stranding_id": str(stranding_id)}
    by = cast.amara.actor

    def booking(days, minute):
        wish = cast.wish(cast.tomorrow_at(9, minute, days=days), patient=cast.maya_patient)
        return lambda other: book(other, wish, by=by)

    acts = [lambda _session: run(app, "strandings.propose", ids)] * 2
    at_once(app, cast.scope, acts + [booking(2, minute) for minute in (0, 20, 40)])
    session.enter(cast.scope)
    session.rollback()
    held_or_booked = Slot.status.in_((SlotStatus.HELD, SlotStatus.BOOKED))
    starts = session.scalars(sa.select(Slot.starts_at).where(held_or_booked)).all()
    # Three that are stranded, three proposed, and whoever of the callers was quicker.
    assert 6 <= len(starts) == len(set(starts)) <= 9
