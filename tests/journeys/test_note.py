"""A doctor writes about a visit: the line is lost, the sign-in ends, a colleague writes too, and no word is lost."""

import sqlalchemy as sa

from clinic.models.accounts import UserSession
from tests.cast import PASSWORD
from tests.journeys.browser import DESK, PHONE
from tests.noting import begun, written

LOST_LINE = ("ERR_INTERNET_DISCONNECTED", "ERR_FAILED", "Failed to fetch")
SHELF = "() => Object.entries(sessionStorage).filter(([name]) => name.startsWith('note:')).flat().join(' ')"
EMPTY = "() => !Object.keys(sessionStorage).some((name) => name.startsWith('note:'))"


def _looks_right(at, name):
    at.complaints = [each for each in at.complaints if not any(words in each for words in LOST_LINE)]
    for size in (DESK, PHONE):
        at.page.set_viewport_size(size)
        at.picture(f"{name}-{size['width']}").check()
    at.page.set_viewport_size(DESK)


def _signed_out(session, person):
    session.rollback()
    long_ago = sa.func.now() - sa.text("interval '20 hours'")
    own = UserSession.user_id == person.user.id
    session.execute(sa.update(UserSession).where(own).values(last_seen_at=long_ago))
    session.commit()


def _sign_in(page, person):
    page.get_by_label("Email").fill(person.user.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", level=1).wait_for()


def test_a_doctor_loses_the_line_comes_back_and_signs(window, cast, session):
    visit = begun(cast, patient=cast.maya_patient, reason="A cough")
    at = window(cast.osei).go(f"/staff/visits/{visit.id}/consultation")
    part = at.page.get_by_label
    part("Complaints").fill("Cough for a week")
    at.sees("Saved at")
    part("Find a diagnosis").press_sequentially("j00")
    at.page.get_by_role("button", name="J00 Acute nasopharyngitis").click()
    at.page.get_by_role("checkbox", name="J00").wait_for()
    _looks_right(at, "note")

    at.context.set_offline(True)
    part("Treatment").fill("Rest and tea")
    at.sees("No connection. Your words are kept on this page")
    shelf = at.page.evaluate(SHELF)
    assert str(visit.id) in shelf and "Rest" not in shelf
    at.context.set_offline(False)
    at.page.locator("#note-line").wait_for(state="hidden")
    assert not at.page.evaluate(SHELF)

    _signed_out(session, cast.osei)
    part("For colleagues").fill("Asked about smoking")
    at.sees("You are signed out", timeout=15000)
    with at.context.expect_page() as opened:
        at.press("Sign in", role="link")
    _sign_in(opened.value, cast.osei)
    at.press("I have signed in: go on")
    at.page.wait_for_function(EMPTY)

    # Only the sending fails, and the page is loaded again: what was typed comes back out of the tab's shelf.
    at.context.route("**/autosave", lambda route: route.abort())
    part("Diagnosis", exact=True).fill("A cold")
    at.page.wait_for_function(SHELF)
    at.page.on("dialog", lambda dialog: dialog.accept())
    at.context.unroute("**/autosave")
    at.page.reload()
    at.page.wait_for_function(EMPTY)
    assert part("Diagnosis", exact=True).input_value() == "A cold"
    at.press("Sign the note")
    at.sees("Signed by Dr Kwame Osei")
    assert all(words in at.page.content() for words in ("Cough for a week", "Rest and tea", "A cold", "J00", "smoking"))
    _looks_right(at, "note-signed")

    own = window(cast.maya).go(f"/portal/visits/{visit.id}")
    own.press("Read what was decided", role="link")
    own.sees("Rest and tea")
    _looks_right(own, "summary")


def test_a_colleague_writes_too_and_both_texts_stand_side_by_side(window, cast, session):
    visit = begun(cast)
    at = window(cast.osei).go(f"/staff/visits/{visit.id}/consultation")
    at.page.get_by_label("Treatment").fill("Rest and tea")
    at.sees("Saved at")
    written(visit, by=cast.lind, version=1, number=1)
    at.page.get_by_label("Treatment").fill("Rest, tea and honey")
    at.sees("Astrid Lind saved this note at")
    assert at.page.get_by_label("Treatment").input_value() == "Rest, tea and honey"
    _looks_right(at, "note-changed")
    at.press("Save what stands in my fields")
    at.sees("The draft is saved.")
    assert at.page.get_by_label("Treatment").input_value() == "Rest, tea and honey"
