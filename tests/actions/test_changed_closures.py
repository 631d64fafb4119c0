"""A closure is changed: who lies in it no more keeps the visit, and what was proposed to them is withdrawn."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from clinic.actions import closures, offers, stranding_undo, strandings
from clinic.models.closures import Closure
from clinic.models.notifications import Notification, NotificationKind
from clinic.models.offers import OfferStatus, SlotOffer
from clinic.models.providers import Provider
from clinic.models.schedule import Slot, SlotStatus
from clinic.models.strandings import StrandedVisit, Stranding
from clinic.queries import strandings as asked
from tests.actions.lining_up import JOBS, wait
from tests.actions.stranding import affected, send_all, work
from tests.at_once import rush
from tests.races.invariants import broken


@pytest.fixture
def morning(cast):
    """Tom's visit with Dr Osei tomorrow at ten."""
    return cast.booked(cast.tomorrow_at(10))


@pytest.fixture
def afternoon(cast):
    """Maya's visit with Dr Lind tomorrow at three."""
    return cast.booked(cast.tomorrow_at(15), patient=cast.maya_patient, provider=cast.dr_lind)


@pytest.fixture
def closed(session, cast, morning, afternoon):
    """The clinic is closed tomorrow from nine to five; returns the stranding."""
    span = {"starts_at": cast.tomorrow_at(9), "ends_at": cast.tomorrow_at(17), "title": "Water damage"}
    closures.add(session, by=cast.ines.actor, provider_id=None, location_id=None, **span)
    session.commit()
    return session.get(Stranding, (cast.rose.id, strandings.opened(session)))


def change(session, cast, **details):
    closures.update(session.scalars(sa.select(Closure)).one(), by=cast.ines.actor, **details)
    session.commit()
    session.expire_all()


def told(session):
    kinds = sa.select(Notification.visit_id).where(Notification.kind == NotificationKind.RESTORED)
    return session.scalars(kinds).all()


def of(session, visit):
    """The visit's row on the workbench, the latest one."""
    rows = sa.select(StrandedVisit).where(StrandedVisit.visit_id == visit.id).order_by(StrandedVisit.created_at.desc())
    return session.scalars(rows).first()


class TestShortened:
    def test_who_lies_in_it_no_more_is_asked_nothing_more(self, app, session, cast, closed, morning, afternoon):
        send_all(app, session, cast, closed)
        proposed = of(session, afternoon).offer.slot_id
        change(session, cast, ends_at=cast.tomorrow_at(12))
        assert affected(session, closed) == [morning.id] and closed.ends_at == cast.tomorrow_at(12)
        assert of(session, afternoon).offer.status == OfferStatus.WITHDRAWN
        assert session.get(Slot, (cast.rose.id, proposed)) is None
        assert of(session, morning).offer.is_live and told(session) == [afternoon.id]

    def test_before_anything_was_sent_nobody_hears_of_it(self, app, session, cast, closed, afternoon):
        work(app, session, closed)
        change(session, cast, ends_at=cast.tomorrow_at(12))
        assert not of(session, afternoon).offer.is_live and not told(session)

    def test_the_waiting_list_hears_of_the_part_that_is_open_again(self, session, cast, closed):
        wait(session, cast, cast.tom)
        change(session, cast, title="Burst pipe")
        assert not session.scalars(JOBS).all()
        change(session, cast, ends_at=cast.tomorrow_at(12))
        pieces = {(each["provider_id"], each["starts_at"], each["ends_at"]) for each in session.scalars(JOBS)}
        span = [cast.tomorrow_at(hour).isoformat() for hour in (12, 17)]
        assert pieces == {(str(doctor_id), *span) for doctor_id in session.scalars(sa.select(Provider.id))}

    def test_who_accepted_keeps_the_new_time_and_who_declined_hears_that_the_visit_stays(
        self, app, session, cast, closed, morning, afternoon
    ):
        send_all(app, session, cast, closed)
        accepted, declined = of(session, morning).offer, of(session, afternoon).offer
        offers.accept(accepted, by=cast.amara.actor)
        offers.decline(declined, by=cast.amara.actor)
        session.commit()
        change(session, cast, starts_at=cast.tomorrow_at(16))
        assert morning.starts_at == accepted.starts_at and accepted.status == OfferStatus.ACCEPTED
        assert told(session) == [afternoon.id] and asked.counts(session, closed).of(asked.Stage.CALL) == 0


class TestChanged:
    def test_for_one_doctor_only_the_others_keep_their_visits(self, app, session, cast, closed, morning, afternoon):
        send_all(app, session, cast, closed)
        change(session, cast, provider_id=cast.dr_lind.id)
        assert affected(session, closed) == [afternoon.id] and told(session) == [morning.id]

    def test_on_another_day_it_strands_nobody_and_back_again_everybody_anew(
        self, app, session, cast, closed, afternoon
    ):
        work(app, session, closed)
        span, week = (closed.starts_at, closed.ends_at), timedelta(days=7)
        change(session, cast, starts_at=span[0] + week, ends_at=span[1] + week)
        assert closed.undone_at and not session.scalars(sa.select(Slot).where(Slot.status == SlotStatus.HELD)).all()
        change(session, cast, starts_at=span[0], ends_at=span[1])
        again = session.get(Stranding, (cast.rose.id, strandings.opened(session)))
        assert len(work(app, session, again)) == 2 and of(session, afternoon).offer.is_live

    def test_taking_a_longer_closure_back_gives_back_what_it_had_added(self, app, session, cast, closed, morning):
        added = cast.booked(cast.tomorrow_at(10, days=2))
        work(app, session, closed)
        change(session, cast, ends_at=cast.tomorrow_at(17, days=2))
        wider = session.get(Stranding, (cast.rose.id, strandings.opened(session)))
        assert affected(session, wider) == [added.id]
        stranding_undo.undo(wider, by=cast.ines.actor)
        session.commit()
        assert wider.undone_at and not closed.undone_at and morning.id in affected(session, closed)


def test_a_yes_at_the_moment_the_closure_is_shortened_moves_the_visit_or_leaves_it(
    app, session, cast, closed, afternoon, server
):
    send_all(app, session, cast, closed)
    offer, closure_id = of(session, afternoon).offer, closed.closure_id

    def shorten(own):
        closure = own.get(Closure, (cast.rose.id, closure_id))
        closures.update(closure, by=cast.ines.actor, ends_at=cast.tomorrow_at(12))

    def accept(own):
        offers.accept(own.get(SlotOffer, (offer.clinic_id, offer.id)), by=cast.maya.actor)

    said = rush(app, cast, accept, shorten)
    session.rollback()
    session.expire_all()
    moved = afternoon.starts_at == offer.starts_at
    assert offer.status == (OfferStatus.ACCEPTED if moved else OfferStatus.WITHDRAWN)
    assert sorted(said) == (["done", "done"] if moved else ["done", "refused"]) and not broken(server.url("postgres"))
