"""Asking and waiting: a request is answered by a kept time and taken; what somebody cancels is offered to the next."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from clinic.actions import requests
from clinic.actions.requests import Asking
from clinic.models.organizations import Clinic
from clinic.models.schedule import BookingRule
from clinic.models.telling import SETTING
from clinic.models.visits import Visit, VisitSource
from clinic.work.handlers import run
from tests.journeys.browser import DESK


@pytest.fixture
def work(app, session, cast):
    """Let the worker offer what was freed."""

    def do():
        session.rollback()
        waiting = sa.text("SELECT args FROM procrastinate_jobs WHERE task_name = 'waitlist.offer' AND status = 'todo'")
        jobs = session.scalars(waiting).all()
        for arguments in jobs:
            run(app, "waitlist.offer", arguments)
        session.enter(cast.scope)
        session.rollback()
        session.expire_all()
        return len(jobs)

    return do


@pytest.fixture
def awake(session, cast):
    """A clinic without quiet hours, so that the hour of the test does not matter."""
    rose = session.get(Clinic, cast.rose.id)
    rose.settings = {**rose.settings, SETTING: {"quiet_from": "03:00", "quiet_until": "03:00"}}
    session.commit()


def test_a_request_is_looked_at_answered_by_a_proposal_and_taken(window, cast, session, way):
    maya = window(cast.maya, **way).go("/portal/")
    maya.press("Not sure what to book", role="link")
    maya.look("request-question").press("Something new", role="link")
    maya.press("Within a week", role="link")
    maya.press("Any time of day", role="link")
    maya.write("What is the matter?", "My knee is hot and I cannot bend it")
    maya.look("request-why").press("Send to the clinic")
    maya.sees("We have your request. Nothing is booked yet.")
    maya.look("request-asked")

    amara = window(cast.amara, **way).go("/staff/requests")
    amara.look("requests")
    amara.click(amara.page.locator("#requests").get_by_role("link", name="Maya Okafor"))
    amara.click(amara.page.get_by_label("Red: at once"))
    amara.press("Save")
    amara.sees("Noted: Red")
    amara.go("/staff/day").sees("A red request has waited since")
    amara.press("Take it", role="link")
    amara.click(amara.page.locator("#requests").get_by_role("link", name="Maya Okafor"))
    amara.look("request").press("I look after it")
    amara.sees("You look after this now.")
    amara.press("Propose a time", role="link")
    amara.click(amara.page.locator(".times-pick input").nth(4))
    amara.look("request-times").press("Propose this time")
    amara.sees("Nothing is booked until")
    amara.look("request-told").press("They say no")
    amara.sees("Noted: the time does not suit.")
    amara.press("Propose a time", role="link")
    amara.click(amara.page.locator(".times-pick input").nth(4))
    amara.press("Propose this time")
    amara.sees("Nothing is booked until")

    maya.go("/portal/")
    maya.look("request-proposed").press("Answer", role="link")
    maya.press("Yes, I take this time")
    maya.sees("Your visit is booked for this time")
    session.rollback()
    assert session.scalars(sa.select(Visit.reason)).all() == ["My knee is hot and I cannot bend it"]


@pytest.mark.parametrize("size", [DESK], ids=["1280"], indirect=True)
def test_a_red_request_appears_on_the_page_that_is_open(window, cast, session, size):
    desk = window(cast.amara, size=size).go("/staff/day")
    made = requests.ask(session, cast.tom, Asking(reason="Chest pain"), severity="red", by=cast.ines.actor)
    session.commit()
    desk.sees("A red request has waited since")
    desk.check()
    requests.take(made, by=cast.ines.actor)
    session.commit()
    desk.page.get_by_text("A red request has waited since").wait_for(state="detached")


def test_visits_asked_for_with_a_time_are_answered_beside_the_requests(window, cast, session, way):
    cast.consultation.booking = BookingRule.REQUEST
    requests.ask(session, cast.tom, Asking(reason="Chest pain"), severity="orange", by=cast.amara.actor)
    session.commit()
    for hour in (10, 15):
        cast.booked(cast.tomorrow_at(hour, days=6), patient=cast.maya_patient, by=cast.maya, source=VisitSource.PORTAL)
    amara = window(cast.amara, **way).go("/staff/requests")
    amara.look("requests-with-a-time").press("Accept Maya Okafor")
    amara.sees("Accepted: the visit is booked.")
    amara.press("Decline Maya Okafor", role="link")
    amara.choose("Why is it cancelled?", "clinic")
    amara.press("Cancel the visit")
    amara.sees("Cancelled.")
    assert amara.page.locator("#requests li").count() == 1


def test_what_somebody_cancels_is_offered_to_the_waiting_list_and_taken(window, cast, session, work, awake, way):
    toms = cast.booked(cast.tomorrow_at(10, days=2))
    later = cast.booked(cast.tomorrow_at(15, days=9), patient=cast.maya_patient)
    maya = window(cast.maya, **way).go(f"/portal/visits/{later.id}")
    maya.press("Tell me of an earlier time", role="link")
    maya.look("waitlist-join").press("Put me on the waiting list")
    maya.sees("You are on the waiting list.")
    maya.look("waitlist-joined")

    amara = window(cast.amara, **way).go(f"/staff/visits/{toms.id}/cancel")
    amara.choose("Why is it cancelled?", "patient")
    amara.press("Cancel the visit")
    amara.sees("Cancelled.")
    assert work() == 1
    amara.go("/staff/waitlist").sees("Offered at this moment")
    amara.look("waitlist")

    maya.go("/portal/")
    maya.look("waitlist-offered").press("Answer", role="link")
    maya.press("Yes, I take this time")
    maya.sees("Your visit is booked for this time")
    session.rollback()
    session.expire_all()
    assert later.starts_at == cast.tomorrow_at(10, days=2) and timedelta() < later.ends_at - later.starts_at
    amara.go("/staff/waitlist").sees("time refilled this week, 20 minutes")
