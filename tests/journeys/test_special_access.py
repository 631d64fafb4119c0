"""A record opened in an emergency and reviewed, and an administrator in a colleague's place, in a real browser."""

import time

import pytest
import sqlalchemy as sa

from clinic.models.accounts import Role
from clinic.models.grants import AccessGrant

WHY = "Unconscious in the waiting room, allergies unknown"


@pytest.fixture
def grant(session, cast):
    """The grant there is now, as (kind, reason, whether it has ended, who reviewed it)."""

    def look():
        session.rollback()
        session.enter(cast.scope)
        session.expire_all()
        kept = session.scalars(sa.select(AccessGrant)).one()
        return kept.kind, kept.reason, kept.ended_at is not None, kept.reviewed_by_id

    return look


@pytest.mark.promise(42, "an administrator sees it on the open page, rung by the bell")
def test_a_doctor_opens_a_strangers_record_and_an_administrator_hears_and_reviews_it(window, cast, size, grant, figure):
    admin = window(cast.ines, size=size).go("/staff/day")
    doctor = window(cast.lind, size=size).go("/staff/patients")
    doctor.page.locator("#patient-search").press_sequentially("Tom Baker", delay=15)
    doctor.page.locator("#patient-search-results").get_by_role("link", name="In an emergency").click()
    doctor.sees("Say exactly who it is")
    doctor.check().picture(f"break-glass-who-{size['width']}")
    doctor.page.get_by_label("First and last name").fill("Tom Baker")
    doctor.page.get_by_label("Date of birth").fill("01/12/1955")
    doctor.press("Go on")
    doctor.sees("This is not your patient")
    doctor.check().picture(f"break-glass-why-{size['width']}")
    doctor.page.get_by_label("Why do you need").fill("short")
    doctor.press("Open the record")
    doctor.page.get_by_role("link", name="Say why, in at least ten characters.").wait_for()
    doctor.check()
    doctor.page.get_by_label("Why do you need").fill(WHY)
    doctor.press("Open the record")
    began = time.monotonic()
    doctor.page.wait_for_url("**/staff/patients/*")
    # Rung by the bell, on the page that is open; nobody loads it again.
    admin.sees("1 record was opened in an emergency.", timeout=60_000)
    figure(f"told after {time.monotonic() - began:.1f} s")
    doctor.page.get_by_role("region", name="Opened in an emergency").get_by_text("min left").wait_for()
    doctor.check().picture(f"break-glass-open-{size['width']}")
    assert grant() == ("break_glass", WHY, False, None)
    admin.check().picture(f"break-glass-told-{size['width']}")
    admin.page.get_by_role("link", name="Review").click()
    admin.sees("Astrid Lind opened the record of Tom Baker")
    admin.check().picture(f"break-glass-review-{size['width']}")
    admin.press("Reviewed")
    admin.sees("Nothing waits for a review.")
    doctor.page.get_by_role("region", name="Opened in an emergency").get_by_role("button", name="End now").click()
    doctor.sees("The record is closed again.")
    doctor.check()
    assert grant() == ("break_glass", WHY, True, cast.ines.user.id)


def test_an_administrator_stands_in_for_a_receptionist_and_comes_back(window, cast, size, grant):
    admin = window(cast.ines, size=size).go(f"/staff/colleagues/{cast.amara.user.id}")
    admin.check()
    admin.press("Stand in for them", role="link")
    admin.sees("You see the clinic as Amara Diallo sees it")
    admin.check().picture(f"standing-in-why-{size['width']}")
    admin.page.get_by_label("Why do you stand in").fill("She cannot see the walk-ins")
    admin.press("Stand in for 30 minutes")
    banner = admin.page.get_by_role("region", name="You stand in for somebody")
    banner.get_by_text("You stand in for Amara Diallo").wait_for()
    banner.get_by_text("min left").wait_for()
    admin.check().picture(f"standing-in-{size['width']}")
    admin.go(f"/staff/patients/{cast.tom.id}").check()
    admin.go("/password")
    admin.sees("Not while you stand in for somebody else.")
    admin.check().picture(f"standing-in-refused-{size['width']}")
    admin.go("/staff/day")
    banner.get_by_role("button", name="End now").click()
    admin.sees("You are yourself again.")
    admin.check()
    assert grant() == ("impersonation", "She cannot see the walk-ins", True, None)


def test_an_administrator_lets_support_look_for_an_hour(window, cast, session, size, grant):
    pat = cast._person(cast.rose, "Pat", "Lee", Role.SUPPORT)
    session.commit()
    admin = window(cast.ines, size=size).go("/staff/grants")
    admin.check()
    admin.press("Let support look", role="link")
    admin.check().picture(f"support-open-{size['width']}")
    admin.page.get_by_label("Patients and their contact details").check()
    admin.page.get_by_label("Why, or the number").fill("Ticket 4711: a name is shown wrong")
    admin.press("Open the window")
    admin.sees("Pat Lee can look now.")
    admin.check().picture(f"support-listed-{size['width']}")
    support = window(pat, size=size)
    support.sees("The clinic lets you look until")
    support.check().picture(f"support-home-{size['width']}")
    support.go("/staff/patients").sees("Tom Baker")
    support.check()
    admin.page.locator("main").get_by_role("button", name="End now").first.click()
    admin.sees("It has ended, at once.")
    support.go("/staff/")
    support.sees("The clinic lets you see nothing at the moment.")
    support.check().picture(f"support-shut-{size['width']}")
    assert grant()[2]
