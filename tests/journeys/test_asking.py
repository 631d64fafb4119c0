"""Asking and waiting: a request is answered by a kept time and taken; what somebody cancels is offered to the next."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from clinic.actions import requests
from clinic.actions.requests import Asking
from clinic.models.organizations import Clinic
from clinic.models.telling import SETTING
from clinic.models.visits import Visit
from clinic.work.handlers import run
from tests.journeys.browser import DESK, PHONE

SCREENS = pytest.mark.parametrize(
    ("size", "script"), [(DESK, True), (PHONE, True), (DESK, False)], ids=["1280", "360", "without script"]
)


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


def looked_at(window, script, name):
    """Check what is on the screen, and keep a picture."""
    return window.check().picture(name) if script else window


@SCREENS
def test_a_request_is_looked_at_answered_by_a_proposal_and_taken(window, cast, session, size, script):
    maya = window(cast.maya, size=PHONE, javascript=script).go("/portal/")
    maya.press("Not sure what to book", role="link")
    looked_at(maya, script, "request-question").press("Something new", role="link")
    maya.press("Within a week", role="link")
    maya.press("Any time of day", role="link")
    maya.page.get_by_label("What is the matter?").fill("My knee is hot and I cannot bend it")
    looked_at(maya, script, "request-why").press("Send to the clinic")
    maya.sees("We have your request. Nothing is booked yet.")
    looked_at(maya, script, "request-asked")

    amara = window(cast.amara, size=size, javascript=script).go("/staff/requests")
    looked_at(amara, script, f"requests-{size['width']}")
    amara.page.locator("#requests").get_by_role("link", name="Maya Okafor").click()
    amara.page.get_by_label("Red: at once").check()
    amara.press("Save")
    amara.sees("Noted: Red")
    amara.go("/staff/day").sees("A red request waits since")
    amara.press("Take it", role="link")
    amara.page.locator("#requests").get_by_role("link", name="Maya Okafor").click()
    looked_at(amara, script, f"request-{size['width']}").press("I look after it")
    amara.sees("You look after this now.")
    amara.press("Propose a time", role="link")
    amara.page.locator(".times-pick input").nth(4).check()
    looked_at(amara, script, f"request-times-{size['width']}").press("Propose this time")
    amara.sees("Nothing is booked until")

    maya.go("/portal/")
    looked_at(maya, script, "request-proposed").press("Answer", role="link")
    maya.press("Yes, I take this time")
    maya.sees("booked")
    session.rollback()
    assert session.scalars(sa.select(Visit.reason)).all() == ["My knee is hot and I cannot bend it"]


@pytest.mark.parametrize("size", [DESK], ids=["1280"], indirect=True)
def test_a_red_request_appears_on_the_page_that_is_open(window, cast, session, size):
    desk = window(cast.amara, size=size).go("/staff/day")
    made = requests.ask(session, cast.tom, Asking(reason="Chest pain"), severity="red", by=cast.ines.actor)
    session.commit()
    desk.sees("A red request waits since")
    desk.check()
    requests.take(made, by=cast.ines.actor)
    session.commit()
    desk.page.get_by_text("A red request waits since").wait_for(state="detached")


@SCREENS
def test_what_somebody_cancels_is_offered_to_the_waiting_list_and_taken(
    window, cast, session, work, awake, size, script
):
    toms = cast.booked(cast.tomorrow_at(10, days=2))
    later = cast.booked(cast.tomorrow_at(15, days=9), patient=cast.maya_patient)
    maya = window(cast.maya, size=PHONE, javascript=script).go(f"/portal/visits/{later.id}")
    maya.press("Tell me of an earlier time", role="link")
    looked_at(maya, script, "waitlist-join").press("Put me on the waiting list")
    maya.sees("You are on the waiting list.")
    looked_at(maya, script, "waitlist-joined")

    amara = window(cast.amara, size=size, javascript=script).go(f"/staff/visits/{toms.id}/cancel")
    amara.page.locator("[name=reason]").select_option("patient")
    amara.press("Cancel the visit")
    assert work() == 1
    amara.go("/staff/waitlist").sees("Offered at this moment")
    looked_at(amara, script, f"waitlist-{size['width']}")

    maya.go("/portal/")
    looked_at(maya, script, "waitlist-offered").press("Answer", role="link")
    maya.press("Yes, I take this time")
    session.rollback()
    session.expire_all()
    assert later.starts_at == cast.tomorrow_at(10, days=2) and timedelta() < later.ends_at - later.starts_at
    amara.go("/staff/waitlist").sees("times refilled this week, 20 minutes")
