"""A second step, as people meet it: an app on a phone, a passkey, recovery codes, and a clinic that asks for one."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from clinic.models.accounts import UserSession
from tests.cast import PASSWORD
from tests.factors import Phone, with_app, with_codes
from tests.journeys.browser import DESK, Window
from tests.visitor import Visitor


@pytest.fixture
def named(browser, live):
    """Open a window on the product under a name, as passkeys need it."""
    opened = []

    def open_window(person=None, **options):
        window = Window(browser, live.url.replace("127.0.0.1", "localhost"), **options)
        opened.append(window)
        if person:
            window.sign_in(person.user.email, PASSWORD)
        return window

    yield open_window
    for each in opened:
        each.close()


def add_device(window):
    """A virtual security key that verifies its user, plugged into the window's browser."""
    devtools = window.context.new_cdp_session(window.page)
    devtools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
               "isUserVerified": True, "automaticPresenceSimulation": True}  # fmt: skip
    made = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return devtools, made["authenticatorId"]


def type_code(at, code):
    """Type what the app shows."""
    at.page.get_by_label("Code from your app").fill(code)


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no-script"])
def test_somebody_sets_up_an_app_and_signs_in_with_it(named, cast, size, javascript):
    # Axe is a script itself; where there is none, the pages are looked at with it in the other run.
    at = named(cast.amara, size=size, javascript=javascript)
    look = at.check if javascript else lambda: at
    at.go("/factors")
    at.sees("Your second step")
    look().picture(f"factors-{size['width']}")
    at.press("Set up an app")
    at.sees("Let it read this picture")
    if javascript:
        at.page.get_by_text("I cannot read the picture").click()
    secret = at.page.locator(".secret code").text_content().replace(" ", "")
    look().picture(f"app-{size['width']}")
    phone = Phone(secret)
    type_code(at, "123")
    at.press("Finish")
    at.sees("This code is not right")
    look()
    type_code(at, phone.code())
    at.press("Finish")
    at.sees("Your recovery codes")
    assert at.page.locator(".codes li").count() == 10
    code = at.page.locator(".codes code").first.text_content()
    look().picture(f"codes-{size['width']}")
    at.press("I have kept them", role="link")
    at.sees("10 codes are left")
    look().picture(f"factors-app-{size['width']}")

    later = named(cast.amara, size=size, javascript=javascript)
    later.sees("One more step")
    if javascript:
        later.check().picture(f"second-step-{size['width']}")
    type_code(later, "000000")
    later.press("Sign in")
    later.sees("This code is not right")
    if javascript:
        later.check()
    # The next one: that of this half minute may be the one that set the app up.
    type_code(later, phone.code(1))
    later.press("Sign in")
    assert "/staff" in later.page.url

    lost = named(cast.amara, size=size, javascript=javascript)
    lost.press(re.compile("use a recovery code"), role="link")
    lost.page.get_by_label("Recovery code").fill(code.lower())
    if javascript:
        lost.check().picture(f"recovery-{size['width']}")
    lost.press("Sign in")
    assert "/staff" in lost.page.url


def test_somebody_adds_a_passkey_and_signs_in_with_it(named, cast, size):
    at = named(cast.amara, size=size)
    add_device(at)
    at.go("/factors/passkeys/new")
    at.page.get_by_label("Name").fill("This computer")
    at.check().picture(f"passkey-{size['width']}")
    at.press("Add it")
    at.sees("Your recovery codes")
    at.check()
    at.go("/factors").sees("This computer")
    at.check().picture(f"factors-passkey-{size['width']}")
    at.page.get_by_role("button", name="Sign out").click()
    at.sees("You are signed out")
    at.sign_in(cast.amara.user.email, PASSWORD)
    at.sees("One more step")
    at.check().picture(f"second-step-passkey-{size['width']}")
    at.page.get_by_role("button", name="Use a passkey").click()
    at.page.wait_for_url(re.compile("/staff"))


def test_a_passkey_that_does_not_answer_leaves_another_way(named, cast):
    at = named(cast.amara)
    devtools, device = add_device(at)
    at.go("/factors/passkeys/new")
    at.page.get_by_label("Name").fill("This computer")
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    at.press("Add it")
    at.sees("No passkey answered")
    at.check().picture("passkey-trouble")


def test_who_sits_there_is_asked_again_before_it_matters(named, cast, session, size):
    phone = with_app(session, cast.amara)
    at = named(cast.amara, size=size)
    type_code(at, phone.code())
    at.press("Sign in")
    session.execute(sa.update(UserSession).values(proved_at=sa.func.now() - timedelta(minutes=11)))
    session.commit()
    at.go("/factors").sees("Is it you?")
    at.check().picture(f"prove-{size['width']}")
    at.page.get_by_label("Your password").fill(PASSWORD)
    at.press("Go on")
    at.sees("Your second step")


def test_a_clinic_asks_its_staff_for_a_second_step(named, cast, session, size):
    phone = with_app(session, cast.ines)
    at = named(cast.ines, size=size)
    type_code(at, phone.code())
    at.press("Sign in")
    at.go("/staff/security").sees("no second step yet")
    at.check().picture(f"security-{size['width']}")
    at.page.get_by_label("Everybody who works here").check()
    at.press("Save")
    at.sees("Saved.")
    at.check()
    led = named(cast.osei, size=size)
    led.sees("asks this of everybody who works there")
    led.check().picture(f"required-{size['width']}")
    with_codes(session, cast.ines)
    at.go(f"/staff/colleagues/{cast.osei.user.id}").sees("Their password alone lets them in")
    at.check()


def test_an_administrator_resets_a_lost_second_step(named, cast, session, size, app):
    with_app(session, cast.amara)
    at = named(cast.ines, size=size)
    at.go(f"/staff/colleagues/{cast.amara.user.id}").press("They lost their phone or key", role="link")
    at.sees("In 24 hours")
    at.check().picture(f"reset-{size['width']}")
    at.press("Reset it")
    at.sees("It is being reset")
    at.check().picture(f"colleague-reset-{size['width']}")
    told = Visitor(app, cast.amara)
    assert "An administrator is resetting" in told.open("/factors").text


def test_the_menu_leads_there(named, cast):
    at = named(cast.amara, size=DESK)
    at.page.locator("details.person summary").click()
    at.press("Second step of signing in", role="link")
    at.sees("Your second step")
