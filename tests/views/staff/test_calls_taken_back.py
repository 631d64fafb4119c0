"""An answer noted by a wrong click is taken back, as long as nothing has come of it; else it is said what to do."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from clinic.actions import call_answers, offer_returns, offers, own_visits, requests, visits
from clinic.db import now
from clinic.models.notifications import Channel, Notification, NotificationKind, NotificationState
from clinic.models.offers import OfferPurpose, OfferStatus
from clinic.models.requests import RequestStatus
from clinic.models.schedule import Slot
from clinic.models.texts import ReplyMeaning, ReplyResult, TextReply
from clinic.models.visits import CancelReason, Visit, VisitStatus
from clinic.models.waitlist import WaitlistEntry, WaitStatus
from tests.actions.lining_up import refill, wait
from tests.actions.offering import offered
from tests.actions.stranding import leave, send_all
from tests.calling import line_of, proposed, to_call, to_remind

S = OfferStatus


@pytest.fixture
def offer(session, cast):
    """Eleven o'clock in two days, proposed to Maya, who asked for a visit."""
    return proposed(session, cast)


@pytest.fixture
def call(session, offer):
    """The desk has to tell her of it by phone."""
    return to_call(session, line_of(session, offer))


@pytest.fixture
def reminder(session, cast):
    """The desk has to remind Tom of his visit by phone."""
    return to_remind(session, cast.booked(told=False))


@pytest.fixture
def later(monkeypatch):
    """For one module it is sixteen minutes later."""
    return lambda module: monkeypatch.setattr(module, "now", lambda: now() + timedelta(minutes=16))


def press(who, verb, line, **more):
    """Press the button of that verb on the card of the line."""
    return who.send(f"staff.calls.{verb}", {"note": ""}, notification_id=line.id, **more)


def fresh(session, row):
    session.rollback()
    session.expire_all()
    return row


def why_not(who, answer):
    """What the person is told who was refused."""
    assert answer.status_code == 409
    return answer.text


class TestANo:
    def test_is_taken_back_where_it_was_noted_and_the_time_is_kept_as_before(self, session, amara, call, offer):
        until, request_id = offer.until, offer.request_id
        press(amara, "decline", call)
        assert f"/staff/calls/{call.id}/take-back" in amara.open("staff.calls.index").text
        assert press(amara, "take_back", call).location == amara.url("staff.calls.index")
        page = amara.open("staff.calls.index").text
        assert "They say yes" in page and "Maya Okafor has not answered" in page
        offer = fresh(session, offer)
        assert (offer.status, offer.until, offer.answered_at) == (S.SENT, until, None)
        assert session.get(Slot, (offer.clinic_id, offer.slot_id)).held_until == until
        assert "A time is proposed" in amara.open("staff.requests.show", request_id=request_id).text
        assert press(amara, "accept", call).status_code == 303
        assert fresh(session, offer).status == S.ACCEPTED

    def test_is_not_taken_back_twice(self, amara, call):
        press(amara, "decline", call)
        assert press(amara, "take_back", call).status_code == 303
        assert press(amara, "take_back", call).status_code == 409

    def test_stays_where_somebody_else_has_the_time_by_now(self, session, cast, amara, call, offer):
        press(amara, "decline", call)
        cast.booked(offer.starts_at)
        assert "somebody else’s by now" in why_not(amara, press(amara, "take_back", call))
        assert fresh(session, offer).status == S.DECLINED

    @pytest.mark.parametrize(("after", "said"), [("the hour", "kept no longer"), ("a while", "15 minutes ago")])
    def test_stays_after(self, session, amara, call, offer, later, after, said):
        press(amara, "decline", call)
        if after == "the hour":
            fresh(session, offer).until = now() - timedelta(minutes=1)
            session.commit()
        else:
            later(offer_returns)
        assert said in why_not(amara, press(amara, "take_back", call))

    def test_stays_where_the_request_has_gone_on(self, session, cast, amara, call, offer):
        press(amara, "decline", call)
        request = session.get(requests.VisitRequest, (offer.clinic_id, offer.request_id))
        requests.cancel(request, by=cast.amara.actor)
        session.commit()
        assert "has gone on" in why_not(amara, press(amara, "take_back", call))

    def test_of_the_patients_own_is_not_the_desks_to_take_back(self, session, cast, amara, call, offer):
        offers.decline(session.merge(offer), by=cast.maya.actor)
        session.commit()
        assert press(amara, "take_back", call).status_code == 409

    def test_of_who_waits_leaves_the_desk_a_minute_before_the_next_is_asked(self, session, cast, amara):
        entry = wait(session, cast)
        wait(session, cast, cast.tom)
        (offer,) = refill(session, cast)
        line = to_call(session, line_of(session, offer))
        press(amara, "decline", line)
        due = sa.text("SELECT min(scheduled_at) > now() + interval '30 seconds' FROM procrastinate_jobs"
                      " WHERE task_name = 'waitlist.offer' AND status = 'todo'")  # fmt: skip
        assert session.scalar(due)
        assert press(amara, "take_back", line).status_code == 303
        entry = fresh(session, session.get(WaitlistEntry, (cast.rose.id, entry.id)))
        assert (entry.status, offer.status) == (WaitStatus.OFFERED, S.SENT)
        assert refill(session, cast) == []

    def test_to_another_time_for_a_visit_that_lost_its_own_asks_again(self, app, session, cast, amara):
        cast.booked()
        (row,) = send_all(app, session, cast, leave(session, cast))
        line = to_call(session, line_of(session, row.offer))
        press(amara, "decline", line)
        assert press(amara, "take_back", line).status_code == 303
        row = fresh(session, row)
        assert row.offer.status == S.SENT and row.offer.is_move and row.offer.visit_id == row.visit_id

    def test_stays_where_the_visit_has_its_time_again(self, session, cast, amara):
        visit = cast.booked(told=False)
        offer = offered(session, cast, cast.tomorrow_at(9), visit, purpose=OfferPurpose.STRANDED)
        line = to_call(session, line_of(session, offer))
        press(amara, "decline", line)
        # Nothing took the visit its time, so there is nothing to offer another one for.
        assert "changed meanwhile" in why_not(amara, press(amara, "take_back", line))


class TestAYes:
    def test_is_taken_back_with_its_visit_while_nobody_was_told_of_it(self, session, amara, call, offer):
        press(amara, "accept", call)
        visit_id = fresh(session, offer).visit_id
        assert press(amara, "take_back", call).status_code == 303
        offer = fresh(session, offer)
        visit = session.get(Visit, (offer.clinic_id, visit_id))
        assert (visit.status, visit.cancel_reason) == (VisitStatus.CANCELLED, CancelReason.ENTERED_IN_ERROR)
        assert (offer.status, offer.visit_id, offer.is_live) == (S.SENT, None, True)
        request = session.get(requests.VisitRequest, (offer.clinic_id, offer.request_id))
        assert (request.status, request.proposed_slot_id) == (RequestStatus.AWAITING, offer.slot_id)
        assert "They say yes" in amara.open("staff.calls.index").text
        assert press(amara, "accept", call).status_code == 303

    def test_stays_once_the_patient_was_told_and_says_what_to_do(self, session, amara, call, offer):
        press(amara, "accept", call)
        visit_id = fresh(session, offer).visit_id
        line = session.scalars(sa.select(Notification).where(Notification.visit_id == visit_id)).one()
        line.channel, line.state, line.sent_at = Channel.SMS, NotificationState.SENT, now()
        session.commit()
        assert "Cancel it on its page" in why_not(amara, press(amara, "take_back", call))
        assert fresh(session, offer).status == S.ACCEPTED

    def test_stays_once_somebody_has_gone_on_with_the_visit(self, session, cast, amara, call, offer):
        press(amara, "accept", call)
        visit = session.get(Visit, (offer.clinic_id, fresh(session, offer).visit_id))
        visits.confirm(visit, by=cast.amara.actor)
        session.commit()
        assert "changed meanwhile" in why_not(amara, press(amara, "take_back", call))

    def test_that_moved_a_visit_says_what_to_do_and_offers_no_undo(self, session, cast, amara):
        visit = cast.booked(told=False)
        offer = offered(session, cast, cast.tomorrow_at(9), visit, purpose=OfferPurpose.STRANDED)
        line = to_call(session, line_of(session, offer))
        press(amara, "accept", line)
        page = amara.open("staff.calls.index").text
        assert "If that was wrong, move the visit again." in page and "take-back" not in page
        assert "Move it again" in why_not(amara, press(amara, "take_back", line))
        assert fresh(session, visit).starts_at == offer.starts_at


class TestAnAnswerByText:
    @pytest.fixture
    def reply(self, session, cast, offer):
        """Maya was texted the offer and has answered by a word, which somebody reads."""
        line = line_of(session, offer)
        line.channel, line.state, line.sent_at = Channel.SMS, NotificationState.DELIVERED, now()
        made = TextReply(
            clinic_id=cast.rose.id, id=uuid7(), patient_id=cast.maya_patient.id, service_id="SM9", text="YES",
            sender="+447700900123", meaning=ReplyMeaning.CONFIRM, result=ReplyResult.TO_READ, desk_since=now(),
            notification_id=line.id,
        )  # fmt: skip
        session.add(made)
        session.commit()
        return made

    def test_is_to_be_read_again_with_the_buttons_it_had(self, session, amara, reply, offer):
        line = session.get(Notification, (offer.clinic_id, reply.notification_id))
        done = press(amara, "decline", line, reply_id=reply.id, htmx=True).text
        back = f"/staff/calls/{line.id}/take-back?reply_id={reply.id}"
        assert f'hx-post="{back}"' in done and "They say yes" not in done
        assert "They say yes" in press(amara, "take_back", line, reply_id=reply.id, htmx=True).text
        assert fresh(session, offer).status == S.SENT and reply.desk_done_at is None

    def test_of_somebody_else_is_not_put_back_with_it(self, session, cast, amara, reply, reminder):
        press(amara, "confirm", reminder)
        reply.desk_done_at = now()
        session.commit()
        assert press(amara, "take_back", reminder, reply_id=reply.id).status_code == 303
        assert fresh(session, reply).desk_done_at is not None


class TestThatTheyCome:
    def test_is_left_open_again_and_the_call_is_on_the_list(self, session, amara, reminder):
        press(amara, "confirm", reminder)
        assert f"/staff/calls/{reminder.id}/take-back" in amara.open("staff.calls.index").text
        assert press(amara, "take_back", reminder).status_code == 303
        assert "Reached, they come" in amara.open("staff.calls.index").text
        visit = fresh(session, reminder).visit
        assert visit.status == VisitStatus.BOOKED and visit.is_unconfirmed

    def test_of_a_time_it_was_moved_to_is_left_open_as_well(self, session, cast, amara):
        visit = cast.booked()
        visits.confirm(visit, by=cast.amara.actor)
        visits.move_to(visit, cast.wish(cast.tomorrow_at(15)), by=cast.amara.actor)
        session.commit()
        line = to_remind(session, visit)
        press(amara, "confirm", line)
        assert press(amara, "take_back", line).status_code == 303
        assert fresh(session, visit).is_unconfirmed

    @pytest.mark.parametrize("meanwhile", ["moved", "here", "long ago", "by the patient"])
    def test_stays_where_the_visit_has_gone_on(self, session, cast, amara, reminder, later, meanwhile):
        visit = reminder.visit
        if meanwhile == "by the patient":
            own_visits.confirm(visit, by=cast.maya.actor)
            session.commit()
        else:
            press(amara, "confirm", reminder)
            visit = fresh(session, reminder).visit
        if meanwhile == "moved":
            visits.move_to(visit, cast.wish(cast.tomorrow_at(15)), by=cast.amara.actor)
        elif meanwhile == "here":
            visits.check_in(visit, by=cast.amara.actor)
        session.commit()
        if meanwhile == "long ago":
            later(call_answers)
        assert "has gone on since" in why_not(amara, press(amara, "take_back", reminder))

    def test_noted_on_the_visits_page_is_taken_back_there(self, amara, reminder):
        press(amara, "confirm", reminder, on="visit")
        page = amara.open("staff.visits.show", visit_id=reminder.visit_id).text
        assert f"/staff/calls/{reminder.id}/take-back?on=visit" in page
        done = press(amara, "take_back", reminder, on="visit")
        assert done.location == amara.url("staff.visits.show", visit_id=reminder.visit_id)


def test_taking_an_answer_back_is_the_desks_and_no_other_clinics(amara, osei, maya, stranger, call):
    press(amara, "decline", call)
    assert press(osei, "take_back", call).status_code == 403 == press(maya, "take_back", call).status_code
    assert press(stranger, "take_back", call).status_code == 404


def test_what_asks_nothing_has_no_answer_to_take_back(session, amara, reminder):
    reminder.kind, reminder.offset_hours = NotificationKind.BOOKED, None
    session.commit()
    assert press(amara, "take_back", reminder).status_code == 404
