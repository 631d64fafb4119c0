"""A time is closed while somebody thinks about it: the offer is taken back, not refused at their yes."""

import pytest
import sqlalchemy as sa

from clinic.actions import (
    blocks,
    closed_offers,
    closures,
    groups,
    hours,
    offers,
    providers,
    request_offers,
    requests,
    stranding_undo,
)
from clinic.actions.acting import Actor, Refused
from clinic.actions.groups import Group
from clinic.actions.offers import OfferOver
from clinic.actions.requests import Asking
from clinic.models.offers import LIVE, OfferStatus, SlotOffer
from clinic.models.requests import RequestEvent, RequestEventKind, RequestStatus, VisitRequest
from clinic.models.schedule import Availability, Slot
from clinic.models.strandings import StrandedStatus, StrandedVisit
from clinic.models.visits import CancelReason, Visit
from clinic.models.waitlist import WaitStatus
from clinic.queries.requests import live_offer
from clinic.work.handlers import run
from tests.actions.lining_up import awake_clinic, freed, refill, wait  # noqa: F401 (fixtures)
from tests.actions.offering import offered
from tests.actions.stranding import leave, work
from tests.at_once import rush
from tests.races.invariants import broken

R, S = RequestStatus, OfferStatus
DUE = sa.text(
    """SELECT id, task_name, args FROM procrastinate_jobs WHERE status = 'todo' AND task_name = ANY(:names)
        ORDER BY id"""
)
IN_A_MINUTE = sa.text(
    """SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'offers.look'
          AND scheduled_at BETWEEN now() + interval '50 seconds' AND now() + interval '60 seconds'"""
)


@pytest.fixture
def request_of_tom(session, cast):
    """Tom asked for a visit; tomorrow at three with Dr Osei is proposed to him."""
    made = requests.ask(session, cast.tom, Asking(reason="My knee is hot"), by=cast.amara.actor)
    requests.triage(made, "yellow", by=cast.amara.actor)
    wish = cast.wish(cast.tomorrow_at(15), reason=made.reason, source=made.source)
    request_offers.propose(made, wish, by=cast.amara.actor)
    session.commit()
    return made


def closed(session, cast, first=14, last=17, **more):
    span = {"starts_at": cast.tomorrow_at(first), "ends_at": cast.tomorrow_at(last), "title": "Burst pipe"}
    made = closures.add(session, by=cast.ines.actor, **{"provider_id": None, "location_id": None, **span, **more})
    session.commit()
    return made


def look(app, session, *names):
    """The worker does what is due once the minute is over, and what follows from that."""
    session.commit()
    names = ["offers.look", *names]
    while waiting := session.execute(DUE, {"names": names}).all():
        for job in waiting:
            session.execute(sa.text("DELETE FROM procrastinate_jobs WHERE id = :id"), {"id": job.id})
            session.commit()
            run(app, job.task_name, job.args)
    session.rollback()
    session.expire_all()


@pytest.fixture
def seat_for_tom(session, cast):
    """Tom asked for a visit; a place in tomorrow's evening group is proposed to him."""
    group = Group(cast.dr_osei.id, 3, cast.consultation.id)
    slot = groups.publish(session, group, cast.tomorrow_at(18), by=cast.amara.actor)
    made = requests.ask(session, cast.tom, Asking(reason="My knee is hot"), by=cast.amara.actor)
    requests.triage(made, "yellow", by=cast.amara.actor)
    wish = cast.wish(slot.starts_at, reason=made.reason, source=made.source)
    request_offers.propose(made, wish, by=cast.amara.actor)
    session.commit()
    return slot


class TestAGroup:
    @pytest.mark.parametrize("how", ["closed", "called off"])
    def test_no_longer_to_be_had_takes_the_offered_place_back(self, app, session, cast, seat_for_tom, how):
        offer = session.scalar(sa.select(SlotOffer))
        if how == "closed":
            groups.close(seat_for_tom, by=cast.amara.actor)
        else:
            groups.call_off(seat_for_tom, CancelReason.PROVIDER_AWAY, by=cast.amara.actor)
        session.commit()
        with pytest.raises(OfferOver):
            offers.accept(offer, by=cast.amara.actor)
        look(app, session)
        assert offer.status == S.WITHDRAWN
        assert session.scalar(sa.select(VisitRequest.status)) == R.TRIAGED

    def test_opened_again_within_the_minute_keeps_it(self, app, session, cast, seat_for_tom):
        offer = session.scalar(sa.select(SlotOffer))
        groups.close(seat_for_tom, by=cast.amara.actor)
        groups.reopen(seat_for_tom, by=cast.amara.actor)
        look(app, session)
        assert offer.status in LIVE
        offers.accept(offer, by=cast.amara.actor)


def close_the_clinic(session, cast):
    closed(session, cast)


def close_the_doctor(session, cast):
    closed(session, cast, provider_id=cast.dr_osei.id)


def block(session, cast):
    begins, ends = cast.tomorrow_at(14), cast.tomorrow_at(16)
    blocks.add(cast.dr_osei, begins, ends, zone="Europe/London", by=cast.ines.actor)


def shorten_the_hours(session, cast):
    weekday = cast.tomorrow_at(15).isoweekday() % 7
    row = session.scalars(
        sa.select(Availability).where(Availability.provider_id == cast.dr_osei.id, Availability.weekday == weekday)
    ).one()
    hours.pause(row, cast.dr_osei, by=cast.ines.actor)


def leave_the_clinic(session, cast):
    providers.deactivate(cast.dr_osei, by=cast.ines.actor)


CHANGES = [close_the_clinic, close_the_doctor, block, shorten_the_hours, leave_the_clinic]


class TestProposal:
    @pytest.mark.parametrize("change", CHANGES)
    def test_a_proposed_time_that_is_closed_brings_the_request_back_to_the_desk(
        self, app, session, cast, amara, request_of_tom, change
    ):
        held = request_of_tom.proposed_slot_id
        change(session, cast)
        look(app, session)
        assert (request_of_tom.status, request_of_tom.proposed_slot_id) == (R.TRIAGED, None)
        assert live_offer(session, request_of_tom) is None and session.get(Slot, (cast.rose.id, held)) is None
        kinds = sa.select(RequestEvent.kind).where(RequestEvent.request_id == request_of_tom.id)
        assert RequestEventKind.WITHDRAWN in session.scalars(kinds).all()
        offer = session.scalars(sa.select(SlotOffer)).one()
        with pytest.raises(Refused, match="has taken this offer back"):
            offers.decline(offer, by=cast.amara.actor)
        session.rollback()
        assert "The proposal was taken back" in amara.open("staff.requests.show", request_id=request_of_tom.id).text

    @pytest.mark.parametrize("change", CHANGES)
    def test_whoever_says_yes_before_anybody_looked_is_told_that_it_is_gone(
        self, session, cast, request_of_tom, change
    ):
        change(session, cast)
        session.commit()
        with pytest.raises(Refused):
            offers.accept(live_offer(session, request_of_tom), by=cast.amara.actor)
        session.rollback()
        assert not session.scalars(sa.select(Visit)).all()

    @pytest.mark.parametrize("other", ["another day", "another doctor", "another hour"])
    def test_what_is_not_closed_stands(self, app, session, cast, request_of_tom, other):
        if other == "another day":
            blocks.add(cast.dr_osei, cast.tomorrow_at(9, days=2), cast.tomorrow_at(17, days=2), zone="Europe/London",
                       by=cast.ines.actor)  # fmt: skip
        elif other == "another doctor":
            closed(session, cast, provider_id=cast.dr_lind.id)
        else:
            closed(session, cast, 9, 15)
        look(app, session)
        assert request_of_tom.status == R.AWAITING and live_offer(session, request_of_tom)

    def test_a_change_taken_back_within_the_minute_takes_nothing_back(self, app, session, cast, request_of_tom):
        closure = closed(session, cast)
        assert session.execute(IN_A_MINUTE).scalar() == 1
        closures.remove(closure, by=cast.ines.actor)
        look(app, session)
        assert request_of_tom.status == R.AWAITING and live_offer(session, request_of_tom)

    def test_where_nothing_is_offered_nobody_looks(self, session, cast):
        closed(session, cast)
        assert not session.execute(DUE, {"names": ["offers.look"]}).all()

    def test_of_everybody_who_says_yes_or_looks_at_once_nobody_gets_the_time(self, app, session, cast, request_of_tom):
        offer_id = live_offer(session, request_of_tom).id
        closed(session, cast)

        def say_yes(own):
            offers.accept(own.get(SlotOffer, (cast.rose.id, offer_id)), by=cast.amara.actor)

        def look_at_it(own):
            closed_offers.take_back(own, cast.dr_osei.id, by=Actor.job(cast.rose.id, "offers.look"))

        assert rush(app, cast, say_yes, look_at_it, say_yes, look_at_it) == ["done", "done", "refused", "refused"]
        session.expire_all()
        assert session.get(SlotOffer, (cast.rose.id, offer_id)).status == S.WITHDRAWN
        assert request_of_tom.status == R.TRIAGED and not session.scalars(sa.select(Visit)).all()


class TestOthers:
    def test_for_a_stranded_visit_another_time_is_looked_for(self, app, session, cast):
        visit = cast.booked(cast.tomorrow_at(10))
        stranding = leave(session, cast)
        (row,) = work(app, session, stranding)
        proposed = row.offer.starts_at
        assert row.status == StrandedStatus.PROPOSED
        proposed_with = cast.dr_lind if row.offer.provider_id == cast.dr_lind.id else cast.dr_osei
        blocks.add(proposed_with, proposed, row.offer.ends_at, zone="Europe/London", by=cast.ines.actor)
        look(app, session, "strandings.propose_anew", "strandings.propose")
        row = session.scalars(sa.select(StrandedVisit).where(StrandedVisit.visit_id == visit.id)).one()
        assert row.status == StrandedStatus.PROPOSED and row.offer.is_live and row.offer.starts_at != proposed

    def test_of_a_stranding_that_was_taken_back_nothing_is_proposed_anew(self, app, session, cast):
        cast.booked(cast.tomorrow_at(10))
        stranding = leave(session, cast)
        (row,) = work(app, session, stranding)
        offer_id = row.offer_id
        stranding_undo.undo(stranding, by=cast.ines.actor)
        session.commit()
        run(app, "strandings.propose_anew", {"clinic_id": str(cast.rose.id), "offer_id": str(offer_id)})
        session.expire_all()
        assert session.scalars(sa.select(StrandedVisit)).one().status == StrandedStatus.PROPOSED

    def test_who_waits_keeps_the_place_in_the_line(self, app, session, cast, awake):
        entry = wait(session, cast)
        (offer,) = refill(session, cast, freed(cast))
        blocks.add(cast.dr_osei, offer.starts_at, offer.ends_at, zone="Europe/London", by=cast.ines.actor)
        look(app, session)
        assert (entry.status, offer.status) == (WaitStatus.WAITING, S.WITHDRAWN)

    def test_a_seat_among_others_stands_whatever_the_hours(self, app, session, cast, server):
        cast.consultation.capacity = 3
        session.commit()
        offer = offered(session, cast, cast.tomorrow_at(15))
        assert offer.seat_hold_id
        shorten_the_hours(session, cast)
        look(app, session)
        assert offer.status == S.SENT and not broken(server.url("postgres"))
