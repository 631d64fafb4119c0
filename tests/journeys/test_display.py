"""The waiting room's display when it cannot ask or may not any more, and both screens where people speak German."""

import pytest
import sqlalchemy as sa

from clinic.actions import queue, screens
from clinic.actions.screens import hash_code
from clinic.db import now
from clinic.models.organizations import Clinic
from tests.journeys.browser import PHONE
from tests.waiting import walked_in

CODE, DOOR = "K7QPM3RTX9WD", "K7QPM3RTX9WE"
TELEVISION = {"width": 1920, "height": 1080}
# Fifteen seconds without an answer are too many; then what is looked at a second later.
OLD = 30_000


@pytest.fixture
def hanging(session, cast):
    """The screen on the wall of Rose Street."""
    made = screens.add(session, by=cast.ines.actor, kind="display", name="Wall", code_hash=hash_code(CODE))
    queue.call(walked_in(session, cast), by=cast.amara.actor, place="Room 2")
    session.commit()
    return made


@pytest.fixture
def television(window, hanging):
    """The display as it hangs there, with a number on it."""
    there = window(size=TELEVISION).go(f"/c/rose-street/display/{CODE}")
    there.sees("Room 2")
    return there


def _hides(television, text):
    television.page.get_by_text(text).first.wait_for(state="hidden", timeout=OLD)


def test_without_the_network_it_says_so_and_hides_the_numbers_until_it_is_back(television):
    television.context.set_offline(True)
    television.sees("Please listen for us", timeout=OLD)
    for old in ("Room 2", "Please come in"):
        _hides(television, old)
    # The browser's console complains of the network, as it should.
    television.complaints.clear()
    television.check().picture("display-stale")
    television.page.set_viewport_size(PHONE)
    television.check().picture("display-stale-360")
    television.context.set_offline(False)
    television.sees("Room 2", timeout=OLD)
    _hides(television, "Please listen for us")


def test_an_answer_that_is_not_ours_does_not_take_the_place_of_the_numbers(television):
    television.page.route("**/display/**", lambda route: route.fulfill(status=200, body="<p>Buy more internet</p>"))
    television.sees("Please listen for us", timeout=OLD)
    assert television.page.get_by_text("Buy more internet").count() == 0
    television.page.unroute("**/display/**")
    television.sees("Room 2", timeout=OLD)


def test_a_product_that_cannot_answer_is_asked_again(television):
    said = '<div id="messages"><p>We are busy right now</p></div>'
    busy = {"status": 503, "body": said, "headers": {"HX-Retarget": "#messages", "HX-Reswap": "outerHTML"}}
    television.page.route("**/display/**", lambda route: route.fulfill(**busy))
    television.sees("Please listen for us", timeout=OLD)
    assert not television.page.get_by_text("We are busy right now").is_visible()
    television.page.unroute("**/display/**")
    television.sees("Room 2", timeout=OLD)
    assert not [each for each in television.complaints if "targetError" in each]


def test_revoked_while_it_hangs_there_it_says_so_and_shows_no_number(television, session, cast, hanging):
    screens.revoke(session.merge(hanging), by=cast.ines.actor)
    session.commit()
    television.sees("This screen is switched off", timeout=OLD)
    assert television.page.get_by_text("Room 2").count() == 0
    television.check_on_both("display-revoked")


@pytest.fixture
def german(session, cast):
    """Rose Street, where people speak German."""
    session.execute(sa.update(Clinic).where(Clinic.id == cast.rose.id).values(locale="de_DE"))
    session.commit()


def test_in_a_german_clinic_both_screens_are_german_and_their_longer_words_fit(window, session, cast, german, hanging):
    wall = window().go(f"/c/rose-street/display/{CODE}")
    wall.sees("Bitte kommen Sie herein")
    wall.check_on_both("display-german")
    screens.add(session, by=cast.ines.actor, kind="kiosk", name="Door", code_hash=hash_code(DOOR))
    visit = cast.booked(now(), overbook="Whatever the hour of the test")
    session.commit()
    session.refresh(visit)
    door = window().go(f"/c/rose-street/kiosk/{DOOR}")
    door.write("Ihr Anmeldecode", "000000")
    door.write("Ihr Geburtsjahr", "1901")
    door.press("Anmelden")
    door.sees("Wir finden mit diesem Code")
    door.check_on_both("kiosk-german")
    door.write("Ihr Anmeldecode", visit.check_in_code)
    door.write("Ihr Geburtsjahr", "1955")
    door.press("Anmelden")
    door.sees("Ihre Nummer ist")
    door.check_on_both("kiosk-german-done")
