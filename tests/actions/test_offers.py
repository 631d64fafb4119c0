"""A time offered to somebody: held for them alone, taken or let go, and nobody's once its end is past."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from clinic.actions import blocks, holds, offer_links, offer_purposes, offers, visits
from clinic.actions.acting import Refused
from clinic.actions.booking import TimeTaken, book
from clinic.db import now
from clinic.models.notifications import Notification, NotificationKind
from clinic.models.offers import OfferPurpose, OfferStatus, SlotOffer
from clinic.models.schedule import SeatHold, Slot, SlotStatus
from clinic.models.visits import CancelReason, EventKind, Visit, VisitStatus
from clinic.queries.open_times import open_times
from clinic.work.handlers import run
from tests.actions.offering import offered, offering, run_out

S = OfferStatus


@pytest.fixture(autouse=True)
def no_purpose(monkeypatch):
    """What the requests and the waiting list do on an answer is theirs to test."""
    monkeypatch.setattr(offer_purposes, "_said", {})


@pytest.fixture
def visit(cast):
    """Tom's visit with Dr Osei, tomorrow at ten."""
    return cast.booked()


@pytest.fixture
def offer(session, cast, visit):
    """The time at three, offered to Tom instead of his visit at ten."""
    return offered(session, cast, cast.tomorrow_at(15), visit)


def slots_at(session, starts_at):
    return session.scalars(sa.select(Slot).where(Slot.starts_at == starts_at)).all()


class TestPrepare:
    def test_the_offered_time_is_held_for_nobody_who_is_signed_in_until_the_offers_end(self, session, cast, visit):
        made = offers.prepare(session, offering(cast, cast.tomorrow_at(15), visit), by=cast.amara.actor)
        (slot,) = slots_at(session, cast.tomorrow_at(15))
        assert (made.status, slot.status, slot.held_by_id) == (S.PREPARED, SlotStatus.HELD, None)
        assert made.slot_id == slot.id and slot.held_until == made.until
        assert made.token_hash is None and not session.scalars(sa.select(Notification).where(
            Notification.kind == NotificationKind.OFFER)).all()  # fmt: skip

    def test_nobody_else_gets_the_time_meanwhile(self, session, cast, offer):
        with pytest.raises(TimeTaken):
            book(session, cast.wish(cast.tomorrow_at(15), patient=cast.maya_patient), by=cast.amara.actor)
        session.rollback()
        with pytest.raises(TimeTaken):
            holds.hold(session, cast.wish(cast.tomorrow_at(15), patient=cast.maya_patient), by=cast.maya.actor)
        day = cast.tomorrow_at(15).date()
        found = open_times(session, cast.at, cast.consultation, [cast.dr_osei.id], day, day)
        assert cast.tomorrow_at(15) not in {time.starts_at for time in found}

    def test_a_time_that_is_taken_blocked_or_outside_hours_cannot_be_offered(self, session, cast, visit):
        cast.booked(cast.tomorrow_at(11), patient=cast.maya_patient)
        for hour in (11, 20):
            with pytest.raises(TimeTaken):
                offers.prepare(session, offering(cast, cast.tomorrow_at(hour), visit), by=cast.amara.actor)
            session.rollback()
        blocks.add(cast.dr_osei, cast.tomorrow_at(14), cast.tomorrow_at(16), zone="Europe/London", by=cast.ines.actor)
        with pytest.raises(TimeTaken):
            offers.prepare(session, offering(cast, cast.tomorrow_at(15), visit), by=cast.amara.actor)

    def test_one_live_offer_a_person_but_one_for_each_stranded_visit(self, session, cast, offer):
        other = cast.booked(cast.tomorrow_at(12))
        assert offered(session, cast, cast.tomorrow_at(16), other).status == S.SENT
        with pytest.raises(Refused, match="has an offer already"):
            offers.prepare(session, offering(cast, cast.tomorrow_at(9), offer.visit), by=cast.amara.actor)
        session.rollback()
        offered(session, cast, cast.tomorrow_at(9))
        with pytest.raises(Refused, match="has an offer already"):
            offers.prepare(session, offering(cast, cast.tomorrow_at(13)), by=cast.amara.actor)

    def test_an_offer_that_ran_out_stands_in_nobodys_way(self, session, cast, offer):
        run_out(session, offer)
        assert offer.state == S.LAPSED
        again = offers.prepare(session, offering(cast, cast.tomorrow_at(15), offer.visit), by=cast.amara.actor)
        session.expire_all()
        assert (again.status, offer.status, offer.slot_id) == (S.PREPARED, S.LAPSED, None)

    def test_nothing_is_offered_to_somebody_who_has_died(self, session, cast, visit):
        cast.tom.deceased_at = now()
        session.flush()
        with pytest.raises(Refused, match="cannot be booked"):
            offers.prepare(session, offering(cast, cast.tomorrow_at(15), visit), by=cast.amara.actor)

    def test_an_offer_never_lasts_beyond_its_own_time_and_needs_a_minute(self, session, cast, visit):
        made = offers.prepare(session, offering(cast, cast.tomorrow_at(15), visit, until=now() + timedelta(days=20)),
                              by=cast.amara.actor)  # fmt: skip
        assert made.until == cast.tomorrow_at(15)
        session.rollback()
        with pytest.raises(Refused, match="too little time"):
            offers.prepare(session, offering(cast, cast.tomorrow_at(15), visit, until=now()), by=cast.amara.actor)


class TestSend:
    def test_sending_gives_the_link_and_tells_the_patient(self, session, cast, offer):
        token = offer_links.token_of(offer)
        assert len(token) == 43 and token.encode() not in (offer.token_hash, offer.token_encrypted)
        assert offer.status == S.SENT and offer.sent_at is not None
        (told,) = session.scalars(sa.select(Notification).where(Notification.kind == NotificationKind.OFFER)).all()
        assert (told.patient_id, told.offer_id) == (cast.tom.id, offer.id)
        offers.send(offer, by=cast.amara.actor)
        assert offer_links.token_of(offer) == token

    def test_the_time_is_held_as_long_as_the_offer_lasts(self, session, cast, offer):
        offers.send(offer, by=cast.amara.actor, until=now() + timedelta(hours=2))
        (slot,) = slots_at(session, cast.tomorrow_at(15))
        session.refresh(slot)
        assert slot.held_until == offer.until < now() + timedelta(hours=3)

    def test_no_offer_is_sent_for_a_visit_that_was_cancelled(self, session, cast, offer):
        visits.cancel(offer.visit, CancelReason.PATIENT, by=cast.amara.actor)
        with pytest.raises(Refused, match="changed meanwhile"):
            offers.send(offer, by=cast.amara.actor)

    def test_nothing_is_sent_to_somebody_who_has_died_meanwhile(self, session, cast, visit):
        made = offers.prepare(session, offering(cast, cast.tomorrow_at(15), visit), by=cast.amara.actor)
        session.commit()
        cast.tom.deceased_at = now()
        session.commit()
        with pytest.raises(Refused, match="record is closed"):
            offers.send(made, by=cast.amara.actor)
        session.rollback()
        assert made.status == S.PREPARED


class TestAccept:
    def test_the_visit_is_moved_into_the_held_time_and_its_old_one_is_free(self, session, cast, offer):
        offers.accept(offer, by=cast.amara.actor)
        session.commit()
        session.expire_all()
        visit, (slot,) = offer.visit, slots_at(session, cast.tomorrow_at(15))
        assert (visit.starts_at, visit.slot_id, visit.status) == (cast.tomorrow_at(15), slot.id, VisitStatus.BOOKED)
        assert (slot.status, slot.held_until, slot.taken) == (SlotStatus.BOOKED, None, 1)
        assert not slots_at(session, cast.tomorrow_at(10))
        assert (offer.status, offer.answered_by_id) == (S.ACCEPTED, cast.amara.user.id)
        assert visit.events[-1].kind == EventKind.MOVED

    def test_without_a_visit_to_move_a_new_one_is_booked(self, session, cast):
        offer = offered(session, cast, cast.tomorrow_at(15))
        offers.accept(offer, by=cast.amara.actor)
        session.commit()
        visit = session.get(Visit, (cast.rose.id, offer.visit_id))
        assert (visit.patient_id, visit.starts_at) == (cast.maya_patient.id, cast.tomorrow_at(15))

    def test_twice_is_refused_and_changes_nothing(self, session, cast, offer):
        offers.accept(offer, by=cast.amara.actor)
        session.commit()
        with pytest.raises(Refused, match="accepted already"):
            offers.accept(offer, by=cast.amara.actor)

    def test_a_moment_after_its_end_it_is_too_late_and_the_time_is_anybodys(self, session, cast, offer):
        run_out(session, offer)
        with pytest.raises(offers.OfferOver, match="time to answer"):
            offers.accept(offer, by=cast.amara.actor)
        session.rollback()
        book(session, cast.wish(cast.tomorrow_at(15), patient=cast.maya_patient), by=cast.amara.actor)
        session.commit()
        with pytest.raises(Refused):
            offers.accept(offer, by=cast.amara.actor)
        session.rollback()
        assert offer.visit.starts_at == cast.tomorrow_at(10)

    def test_a_time_blocked_since_is_refused(self, session, cast, offer):
        blocks.add(cast.dr_osei, cast.tomorrow_at(14), cast.tomorrow_at(16), zone="Europe/London", by=cast.ines.actor)
        session.commit()
        with pytest.raises(offers.OfferOver, match="cannot be had any more"):
            offers.accept(offer, by=cast.amara.actor)

    def test_a_visit_moved_or_cancelled_meanwhile_is_left_as_it_is(self, app, session, cast, offer):
        visits.move_to(offer.visit, cast.wish(cast.tomorrow_at(12)), by=cast.amara.actor)
        session.commit()
        with pytest.raises(Refused, match="changed meanwhile"):
            offers.accept(offer, by=cast.amara.actor)
        session.rollback()
        run(app, "offers.let_go", {"clinic_id": str(cast.rose.id), "visit_id": str(offer.visit_id)})
        session.expire_all()
        assert offer.status == S.WITHDRAWN and not slots_at(session, cast.tomorrow_at(15))

    def test_another_doctors_time_is_accepted_like_the_own_ones(self, session, cast, visit):
        offer = offered(session, cast, cast.tomorrow_at(10), visit, provider_id=cast.dr_lind.id)
        offers.accept(offer, by=cast.amara.actor)
        session.commit()
        assert (visit.provider_id, visit.starts_at) == (cast.dr_lind.id, cast.tomorrow_at(10))

    def test_a_request_that_was_not_answered_yet_is_booked_by_it(self, session, cast, visit):
        visit.status, visit.answer_by = VisitStatus.REQUESTED, cast.tomorrow_at(9)
        session.commit()
        offers.accept(offered(session, cast, cast.tomorrow_at(15), visit), by=cast.amara.actor)
        assert (visit.status, visit.answer_by) == (VisitStatus.BOOKED, None)

    def test_a_seat_in_a_time_for_several_is_kept_and_taken(self, session, cast, visit):
        cast.consultation.capacity = 2
        session.commit()
        first = offered(session, cast, cast.tomorrow_at(15), visit)
        other = offered(session, cast, cast.tomorrow_at(15))
        assert first.slot_id == other.slot_id
        with pytest.raises(TimeTaken):
            book(session, cast.wish(cast.tomorrow_at(15)), by=cast.amara.actor)
        session.rollback()
        for each in (first, other):
            offers.accept(each, by=cast.amara.actor)
        session.commit()
        (slot,) = slots_at(session, cast.tomorrow_at(15))
        assert slot.taken == 2 and not session.scalars(sa.select(SeatHold)).all()


class TestDecline:
    def test_the_time_is_free_and_the_visit_stays(self, session, cast, offer):
        offers.decline(offer, by=cast.amara.actor)
        session.commit()
        assert offer.status == S.DECLINED and not slots_at(session, cast.tomorrow_at(15))
        assert offer.visit.starts_at == cast.tomorrow_at(10)
        with pytest.raises(Refused, match="was declined"):
            offers.accept(offer, by=cast.amara.actor)


class TestWithdraw:
    def test_the_time_is_free_and_the_link_says_so(self, session, cast, offer):
        offers.withdraw(offer, by=cast.amara.actor)
        session.commit()
        assert offer.status == S.WITHDRAWN and not slots_at(session, cast.tomorrow_at(15))
        with pytest.raises(Refused, match="taken this offer back"):
            offers.decline(offer, by=cast.amara.actor)


class TestLapse:
    def lapse(self, app, session, offer):
        run(app, "offers.lapse", {"clinic_id": str(offer.clinic_id), "offer_id": str(offer.id)})
        session.rollback()
        session.expire_all()

    def test_the_job_writes_down_what_ran_out_and_frees_the_time(self, app, session, cast, offer):
        run_out(session, offer)
        self.lapse(app, session, offer)
        assert offer.status == S.LAPSED and not slots_at(session, cast.tomorrow_at(15))
        self.lapse(app, session, offer)
        assert offer.status == S.LAPSED

    def test_one_that_is_good_or_answered_is_left_alone(self, app, session, cast, offer):
        self.lapse(app, session, offer)
        assert offer.status == S.SENT
        offers.accept(offer, by=cast.amara.actor)
        session.commit()
        run_out(session, offer)
        self.lapse(app, session, offer)
        assert offer.status == S.ACCEPTED

    def test_whoever_sweeps_or_books_forgets_the_held_time_and_nothing_else(self, session, cast, offer):
        run_out(session, offer)
        holds.sweep(session, cast.rose.id)
        session.commit()
        session.expire_all()
        assert offer.slot_id is None and offer.state == S.LAPSED
        assert offer.starts_at == cast.tomorrow_at(15)


def test_what_a_purpose_says_happens_in_the_same_transaction(session, cast):
    came = []
    offer_purposes.when(
        OfferPurpose.REQUEST, details=lambda session, offer: {"reason": "A cough"},
        accepted=lambda session, offer, *, by: came.append(("accepted", offer.visit_id)),
    )  # fmt: skip
    offer = offered(session, cast, cast.tomorrow_at(15))
    offers.accept(offer, by=cast.amara.actor)
    assert came == [("accepted", offer.visit_id)]
    assert session.get(Visit, (cast.rose.id, offer.visit_id)).reason == "A cough"
    with pytest.raises(ValueError, match="forgotten"):
        offer_purposes.when(OfferPurpose.REQUEST, forgotten=print)


def test_the_link_of_another_clinic_or_of_nobody_opens_nothing(session, cast, offer):
    token = offer_links.token_of(offer)
    assert offer_links.enter(session, token).id == offer.id
    assert session.scope.patient_ids == {cast.tom.id}
    assert offer_links.enter(session, "a" * 43) is None
    assert offer_links.enter(session, "short") is None
    session.enter(cast.scope)
    session.merge(cast.tom).deceased_at = now()
    session.commit()
    assert offer_links.enter(session, token) is None
    assert session.scalars(sa.select(SlotOffer)).all() == []
