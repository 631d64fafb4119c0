"""Somebody signs in again in another window while a form is open: what was typed is not lost."""

from clinic.models.patients import Patient
from tests.cast import PASSWORD

NAME = "Grace Hopper"


def _sign_in_again(at, person):
    """Sign out and in in another tab of the same browser: the open form's token is old now."""
    other = at.context.new_page()
    other.goto("/staff/day")
    other.locator("details.person summary").click()
    other.get_by_role("button", name="Sign out").first.click()
    other.wait_for_url("**/signed-out")
    other.goto("/sign-in")
    other.get_by_label("Email").fill(person.user.email)
    other.get_by_label("Password", exact=True).fill(PASSWORD)
    other.get_by_role("button", name="Sign in").click()
    other.wait_for_url("**/staff/**")
    other.close()


def test_a_page_comes_back_with_what_was_typed_and_one_press_sends_it(window, cast, session, size):
    at = window(cast.amara, size=size)
    at.go("/staff/patients/new")
    # Who may be here already is looked up while somebody types; on its own it would meet a sign-in that is over.
    with at.page.expect_response("**/alike/look"):
        at.page.get_by_label("Name", exact=True).fill(NAME)
    _sign_in_again(at, cast.amara)
    at.press("Register")
    at.sees("What you typed is still here")
    assert NAME in at.page.locator("main").inner_text()
    at.picture(f"send-again-{size['width']}").check()
    at.press("Send it once more")
    at.page.get_by_role("heading", level=1, name=NAME).wait_for()
    session.rollback()
    session.enter(cast.scope)
    assert session.query(Patient).filter_by(full_name=NAME).count() == 1


def test_a_part_keeps_its_words_and_the_next_press_is_taken(window, cast):
    at = window(cast.ines).go(f"/staff/providers/{cast.dr_osei.id}/blocks")
    form = at.page.locator("#block-form")
    words = form.locator("input[name=reason]")
    words.fill("Away at sea")
    _sign_in_again(at, cast.ines)
    form.get_by_role("button", name="Block the time").click()
    at.sees("send it once more")
    assert words.input_value() == "Away at sea"
    form.get_by_role("button", name="Block the time").click()
    at.page.locator("#block-form .error-summary").wait_for()
    assert words.input_value() == "Away at sea"
