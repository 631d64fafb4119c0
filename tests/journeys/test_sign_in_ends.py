"""A sign-in that comes to its end: a warning first, then a curtain, and everything typed is still there behind it."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from clinic.models.accounts import UserSession
from clinic.models.organizations import Clinic
from tests.cast import PASSWORD

NEW_PATIENT = "/staff/patients/new"


@pytest.fixture
def short_patience(session, cast):
    """Rose Street signs people out after two minutes without a sign of life."""
    session.get(Clinic, cast.rose.id).settings = {"idle_minutes": 2}
    session.commit()


def _nobody_was_there(session, cast):
    session.rollback()
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    session.execute(
        sa.update(UserSession).where(UserSession.user_id == cast.amara.user.id).values(last_seen_at=long_ago)
    )
    session.commit()


def _patient_again(session, cast):
    session.rollback()
    session.get(Clinic, cast.rose.id).settings = {}
    session.commit()


def test_before_the_end_the_page_asks_and_one_press_goes_on(window, cast, session, short_patience, size):
    at = window(cast.amara, typed=True, size=size)
    at.go(NEW_PATIENT).sees("Are you still there?", timeout=15000)
    at.picture(f"session-soon-{size['width']}").check()
    _patient_again(session, cast)
    at.press("Stay signed in")
    at.page.get_by_role("dialog").wait_for(state="hidden")
    at.go("/staff/day").check()


def test_afterwards_a_curtain_falls_and_what_was_typed_is_saved_once_the_person_is_back(
    window, cast, session, short_patience, size
):
    at = window(cast.amara, typed=True, size=size)
    at.go(NEW_PATIENT)
    at.page.get_by_label("Name", exact=True).fill("Grace Hopper")
    _nobody_was_there(session, cast)
    at.sees("You are signed out", timeout=25000)
    at.picture(f"session-over-{size['width']}").check()
    at.page.keyboard.press("Escape")
    assert at.page.get_by_role("dialog").is_visible()
    at.press("I have signed in: go on")
    at.sees("You are not signed in yet")

    _patient_again(session, cast)
    with at.context.expect_page() as opened:
        at.press("Sign in", role="link")
    other = opened.value
    other.get_by_label("Email").fill(cast.amara.user.email)
    other.get_by_label("Password", exact=True).fill(PASSWORD)
    other.get_by_role("button", name="Sign in").click()
    other.get_by_role("heading", level=1).wait_for()

    at.press("I have signed in: go on")
    at.page.get_by_role("dialog").wait_for(state="hidden")
    assert at.page.get_by_label("Name", exact=True).input_value() == "Grace Hopper"
    at.press("Register")
    at.page.get_by_role("heading", name="Grace Hopper").wait_for()


def test_without_script_a_form_sent_too_late_is_shown_again_after_signing_in(window, cast, session, size):
    at = window(cast.amara, typed=True, javascript=False, size=size)
    at.go(NEW_PATIENT)
    at.page.get_by_label("Name", exact=True).fill("Grace Hopper")
    _nobody_was_there(session, cast)
    at.press("Register")
    at.page.get_by_label("Email").fill(cast.amara.user.email)
    at.page.get_by_label("Password", exact=True).fill(PASSWORD)
    at.press("Sign in")
    at.sees("Grace Hopper")
    at.press("Send it now")
    at.page.get_by_role("heading", name="Grace Hopper").wait_for()


def test_the_devices_are_listed_on_every_screen(window, cast, size):
    window(cast.amara, typed=True)
    at = window(cast.amara, typed=True, size=size)
    at.go("/sessions").sees("this device")
    at.picture(f"sessions-{size['width']}").check()
    at.press("This was not me")
    at.sees("Choose a new password now")
