"""Somebody asks for a visit without a time: looked at, taken over, answered by a proposal, a visit or a no."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from clinic.actions import offers, request_offers, requests
from clinic.actions.acting import Refused
from clinic.actions.requests import Asking
from clinic.db import now
from clinic.models.audit import AuditEntry
from clinic.models.offers import OfferStatus, SlotOffer
from clinic.models.organizations import Clinic
from clinic.models.people import Severity
from clinic.models.requests import RequestEvent, RequestStatus, VisitRequest
from clinic.models.schedule import Slot
from clinic.models.visits import Visit, VisitKind, VisitSource, VisitStatus
from clinic.queries.day import Day
from clinic.queries.queue import people
from clinic.queries.requests import board, live_offer, waiting
from clinic.work.handlers import run
from tests.at_once import rush

R = RequestStatus


@pytest.fixture
def asked(session, cast):
    """What Tom asks for on the phone."""
    return ask(session, cast)


@pytest.fixture
def triaged(session, cast, asked):
    """The same, found to be yellow."""
    requests.triage(asked, "yellow", by=cast.amara.actor)
    session.commit()
    return asked


def ask(session, cast, patient=None, by=None, **facts):
    asking = Asking(**{"reason": "My knee is hot", "source": VisitSource.PHONE, **facts})
    made = requests.ask(session, patient or cast.tom, asking, by=(by or cast.amara).actor)
    session.commit()
    return made


def at_three(cast, request, **more):
    return cast.wish(cast.tomorrow_at(15), reason=request.reason, source=request.source, **more)


def minutes_left(request):
    return round((request.answer_by - now()).total_seconds() / 60)


class TestAsk:
    def test_nothing_is_booked_and_somebody_looks_at_it_within_the_hour(self, session, cast, asked):
        assert (asked.status, asked.severity, asked.owner_id) == (R.NEW, None, None)
        assert minutes_left(asked) == 60 and not session.scalars(sa.select(Visit)).all()

    def test_the_audit_log_keeps_none_of_the_words(self, session, asked):
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "requests.ask")).one()
        assert "knee" not in str(entry.changes) and entry.patient_id == asked.patient_id

    def test_the_desk_may_say_at_once_how_urgent_it_is(self, session, cast):
        made = requests.ask(session, cast.tom, Asking(reason="Chest pain"), severity="red", by=cast.amara.actor)
        assert (made.status, made.severity, minutes_left(made)) == (R.TRIAGED, Severity.RED, 15)

    def test_nobody_asks_for_somebody_who_has_died(self, session, cast):
        cast.tom.deceased_at = now()
        session.flush()
        with pytest.raises(Refused, match="cannot be booked"):
            ask(session, cast)

    def test_a_patient_has_at_most_five_open_ones_the_desk_may_note_more(self, session, cast):
        for _each in range(5):
            ask(session, cast, cast.maya_patient, by=cast.maya, source=VisitSource.PORTAL)
        with pytest.raises(Refused, match="answer those first"):
            ask(session, cast, cast.maya_patient, by=cast.maya, source=VisitSource.PORTAL)
        session.rollback()
        assert ask(session, cast, cast.maya_patient).status == R.NEW


class TestTriage:
    @pytest.mark.parametrize(("severity", "minutes"), [("red", 15), ("orange", 60), ("yellow", 240), ("green", 1440)])
    def test_the_colour_says_until_when_it_is_answered(self, session, cast, asked, severity, minutes):
        requests.triage(asked, severity, by=cast.amara.actor)
        assert (asked.status, minutes_left(asked)) == (R.TRIAGED, minutes)

    def test_the_clinic_sets_its_own_times(self, session, cast, asked):
        minutes = {"new": 30, "red": 5, "orange": 20, "yellow": 60, "green": 600}
        rose = session.get(Clinic, cast.rose.id)
        requests.set_rules(rose, minutes=minutes, has_sound=True, hold_hours=2, waitlist_minutes=15,
                           by=cast.ines.actor)  # fmt: skip
        requests.triage(asked, "red", by=cast.amara.actor)
        assert minutes_left(asked) == 5

    def test_a_red_one_is_pinned_until_somebody_takes_it(self, session, cast, asked):
        assert waiting(session, cast.rose.id).many == 0
        requests.triage(asked, "red", by=cast.amara.actor)
        assert waiting(session, cast.rose.id).many == 1
        requests.take(asked, by=cast.amara.actor)
        assert waiting(session, cast.rose.id).many == 0

    def test_the_most_urgent_stands_on_top(self, session, cast, asked):
        green, red = ask(session, cast), ask(session, cast)
        requests.triage(green, "green", by=cast.amara.actor)
        requests.triage(red, "red", by=cast.amara.actor)
        session.flush()
        assert [each.id for each in board(session, 1)] == [red.id, asked.id, green.id]

    def test_not_once_it_is_answered(self, session, cast, asked):
        request_offers.cancel(asked, by=cast.amara.actor)
        with pytest.raises(Refused, match="called off"):
            requests.triage(asked, "red", by=cast.amara.actor)


class TestTake:
    def test_of_two_who_take_it_one_does(self, session, cast, asked):
        requests.take(asked, by=cast.amara.actor)
        with pytest.raises(Refused, match="Amara Diallo looks after this already"):
            requests.take(asked, by=cast.ines.actor)
        requests.take(asked, instead_of=cast.amara.user.id, by=cast.ines.actor)
        assert asked.owner_id == cast.ines.user.id

    def test_it_is_left_to_the_others_by_its_owner_alone(self, session, cast, asked):
        requests.take(asked, by=cast.amara.actor)
        with pytest.raises(Refused, match="do not look after"):
            requests.leave(asked, by=cast.ines.actor)
        requests.leave(asked, by=cast.amara.actor)
        assert asked.owner_id is None


class TestUndo:
    def test_a_wrong_colour_is_taken_back_with_its_time(self, session, cast, triaged):
        requests.undo(triaged, by=cast.amara.actor)
        assert (triaged.status, triaged.severity) == (R.NEW, None) and minutes_left(triaged) == 60
        with pytest.raises(Refused, match="nothing to take back"):
            requests.undo(triaged, by=cast.amara.actor)

    def test_calling_off_is_taken_back_too(self, session, cast, triaged):
        request_offers.cancel(triaged, by=cast.amara.actor, note="Wrong line")
        requests.undo(triaged, by=cast.amara.actor)
        assert (triaged.status, triaged.cancelled_at, triaged.cancel_note) == (R.TRIAGED, None, None)

    def test_not_after_a_quarter_of_an_hour(self, session, cast, triaged, monkeypatch):
        monkeypatch.setattr(requests, "UNDO_WINDOW", timedelta(0))
        with pytest.raises(Refused, match="stays as it is"):
            requests.undo(triaged, by=cast.amara.actor)

    def test_a_patient_takes_back_only_what_they_did_themselves(self, session, cast):
        own = ask(session, cast, cast.maya_patient, by=cast.maya, source=VisitSource.PORTAL)
        requests.triage(own, "green", by=cast.amara.actor)
        with pytest.raises(Refused, match="Only who did this"):
            requests.undo(own, by=cast.maya.actor)


class TestPropose:
    def test_the_time_is_kept_and_nothing_is_booked_yet(self, session, cast, triaged):
        request_offers.propose(triaged, at_three(cast, triaged), by=cast.amara.actor)
        offer = live_offer(session, triaged)
        assert triaged.status == R.AWAITING and triaged.answer_by == offer.until
        assert (triaged.owner_id, triaged.proposed_slot_id) == (cast.amara.user.id, offer.slot_id)
        assert offer.status == OfferStatus.SENT and not session.scalars(sa.select(Visit)).all()

    def test_not_before_somebody_has_looked_at_it(self, session, cast, asked):
        with pytest.raises(Refused, match="how urgent"):
            request_offers.propose(asked, at_three(cast, asked), by=cast.amara.actor)

    def test_not_what_a_colleague_looks_after(self, session, cast, triaged):
        requests.take(triaged, by=cast.ines.actor)
        with pytest.raises(Refused, match="Ines Duarte looks after"):
            request_offers.propose(triaged, at_three(cast, triaged), by=cast.amara.actor)

    def test_yes_makes_it_the_visit_with_the_patients_own_words(self, session, cast, triaged):
        request_offers.propose(triaged, at_three(cast, triaged), by=cast.amara.actor)
        offers.accept(live_offer(session, triaged), by=cast.maya.actor)
        visit = session.get(Visit, (cast.rose.id, triaged.visit_id))
        assert (triaged.status, triaged.answer_by) == (R.CONVERTED, None)
        assert (visit.reason, visit.source, visit.status) == ("My knee is hot", VisitSource.PHONE, VisitStatus.BOOKED)

    @pytest.mark.parametrize("answer", ["decline", "withdraw", "lapse"])
    def test_no_leads_back_to_the_desk_which_owes_an_answer_anew(self, session, cast, triaged, answer):
        request_offers.propose(triaged, at_three(cast, triaged), by=cast.amara.actor)
        offer = live_offer(session, triaged)
        if answer == "lapse":
            offer.until = now() - timedelta(minutes=5)
            session.flush()
        getattr(offers, answer)(offer, by=cast.amara.actor)
        assert (triaged.status, triaged.proposed_slot_id, minutes_left(triaged)) == (R.TRIAGED, None, 240)
        assert not session.scalars(sa.select(Slot)).all()

    def test_the_job_notes_that_nobody_answered(self, app, session, cast, triaged):
        request_offers.propose(triaged, at_three(cast, triaged), by=cast.amara.actor)
        offer = live_offer(session, triaged)
        offer.until = now() - timedelta(minutes=5)
        session.commit()
        run(app, "offers.lapse", {"clinic_id": str(cast.rose.id), "offer_id": str(offer.id)})
        session.expire_all()
        kinds = session.scalars(sa.select(RequestEvent.kind).order_by(RequestEvent.created_at)).all()
        assert triaged.status == R.TRIAGED and kinds == ["asked", "triaged", "proposed", "lapsed"]

    def test_called_off_while_a_time_is_proposed_it_is_open_again(self, session, cast, triaged):
        request_offers.propose(triaged, at_three(cast, triaged), by=cast.amara.actor)
        request_offers.cancel(triaged, by=cast.maya.actor)
        assert triaged.status == R.CANCELLED and not session.scalars(sa.select(Slot)).all()
        assert session.scalars(sa.select(SlotOffer.status)).all() == [OfferStatus.WITHDRAWN]


class TestBook:
    def test_who_says_yes_on_the_phone_is_booked_at_once(self, session, cast, asked):
        request_offers.book(asked, at_three(cast, asked), by=cast.amara.actor)
        assert asked.status == R.CONVERTED and session.scalars(sa.select(Visit.id)).all() == [asked.visit_id]
        with pytest.raises(Refused, match="already answered"):
            request_offers.book(asked, at_three(cast, asked), by=cast.amara.actor)

    def test_who_comes_without_a_time_is_added_to_those_who_wait(self, session, cast):
        walk_in = ask(session, cast, kind=VisitKind.WALK_IN)
        request_offers.admit(walk_in, timezone=cast.rose.timezone, by=cast.amara.actor)
        assert (walk_in.status, walk_in.visit.kind) == (R.CONVERTED, VisitKind.WALK_IN)

    def test_with_the_colour_the_desk_gave_the_request(self, session, cast):
        came = ask(session, cast, cast.maya_patient, kind=VisitKind.WALK_IN)
        request_offers.admit(came, timezone=cast.rose.timezone, by=cast.amara.actor)
        red = ask(session, cast, kind=VisitKind.WALK_IN)
        requests.triage(red, "red", by=cast.amara.actor)
        request_offers.admit(red, timezone=cast.rose.timezone, by=cast.amara.actor)
        assert (came.visit.severity, red.visit.severity) == (None, Severity.RED)
        queue = people(session, cast.rose.id, Day.today(cast.rose.timezone))
        assert [each.full_name for each in queue] == ["Tom Baker", "Maya Okafor"]

    def test_nobody_else_is(self, session, cast, asked):
        with pytest.raises(Refused, match="without a time"):
            request_offers.admit(asked, timezone=cast.rose.timezone, by=cast.amara.actor)


class TestAtOnce:
    def test_of_two_at_the_desk_who_take_the_same_request_one_does(self, app, session, cast, asked):
        def take(by):
            return lambda own: requests.take(own.get(VisitRequest, (asked.clinic_id, asked.id)), by=by.actor)

        assert rush(app, cast, take(cast.amara), take(cast.ines)) == ["done", "refused"]
        session.rollback()
        session.expire_all()
        assert asked.owner_id in (cast.amara.user.id, cast.ines.user.id)

    def test_a_patient_cancels_while_the_desk_proposes(self, app, session, cast, triaged):
        def propose(own):
            found = own.get(VisitRequest, (triaged.clinic_id, triaged.id))
            request_offers.propose(found, at_three(cast, found), by=cast.amara.actor)

        def cancel(own):
            found = own.get(VisitRequest, (triaged.clinic_id, triaged.id))
            request_offers.cancel(found, by=cast.maya.actor)

        told = rush(app, cast, propose, cancel)
        session.rollback()
        session.expire_all()
        assert "done" in told and triaged.status == R.CANCELLED
        assert not session.scalars(sa.select(Slot)).all()
