"""A time is offered to who waits for one; the desk calls and notes the answer where the call stands."""

import pytest
import sqlalchemy as sa

from clinic.actions import offers
from clinic.actions.acting import Actor
from clinic.db import now
from clinic.models.notifications import Channel, Notification, NotificationState
from clinic.models.organizations import Clinic
from clinic.models.telling import SETTING
from tests.actions.lining_up import refill, wait
from tests.actions.offering import run_out


@pytest.fixture
def offer(session, cast):
    """Ten o'clock in two days is kept for Maya, whom the desk has to call."""
    rose = session.get(Clinic, cast.rose.id)
    rose.settings = {**rose.settings, SETTING: {"quiet_from": "03:00", "quiet_until": "03:00"}}
    wait(session, cast)
    (made,) = refill(session, cast)
    line = session.scalars(sa.select(Notification).where(Notification.offer_id == made.id)).one()
    line.channel, line.state, line.desk_since = Channel.PHONE, NotificationState.CALL, now()
    line.text = "A time has become free. We keep it for you for 20 minutes. Would you like it?"
    session.commit()
    return made


def test_they_say_yes_and_the_visit_is_booked(window, cast, offer, way):
    desk = window(cast.amara, **way).go("/staff/calls")
    desk.look("calls-offer")
    desk.write("Note about the call to Maya Okafor", "asks for the lift")
    desk.press("They say yes")
    desk.sees("Booked: Maya Okafor")
    desk.sees("Nobody has to be called")
    desk.look("calls-answered")


def test_they_say_no_by_a_wrong_click_which_is_taken_back(window, cast, offer, way):
    desk = window(cast.amara, **way).go("/staff/calls")
    desk.press("They say no")
    desk.sees("Noted: the time does not suit.")
    desk.press("Undo")
    desk.sees("Taken back: Maya Okafor has not answered.")
    desk.look("calls-taken-back")
    desk.press("They say yes")
    desk.sees("Booked: Maya Okafor")
    desk.press("Undo")
    desk.sees("Taken back: Maya Okafor has not answered.")
    desk.go(f"/staff/patients/{cast.maya_patient.id}").sees("An offer waits to be told by phone")
    desk.look("patient-offer-by-phone")
    desk.press("Tell them and note the answer", role="link")
    desk.sees("They say yes")


def test_nobody_calls_in_time_and_the_board_says_so(window, session, cast, offer, size):
    run_out(session, offer)
    offers.lapse(offer, by=Actor.job(cast.rose.id, "offers.lapse"))
    session.commit()
    desk = window(cast.amara, size=size).go("/staff/waitlist")
    desk.sees("Not reached in time")
    desk.check().picture(f"waitlist-missed-{size['width']}")
