"""One person with two records: warned of while typing, merged by two pairs of eyes, and two again."""

from clinic.actions.patients import register
from tests.journeys.browser import PHONE

WHY = "The same identity card, seen at the desk"


def test_the_desk_is_warned_and_merges_what_was_doubled_already(cast, session, window):
    register(session, by=cast.amara.actor, full_name="Tom Baker", notes="Rings in the evening")
    session.commit()
    desk = window(cast.amara, size=PHONE).go("/staff/patients/new")
    desk.page.get_by_label("Name").press_sequentially("tom baker")
    desk.sees("Here already?")
    desk.check().picture("alike")
    desk.go(f"/staff/patients/{cast.tom.id}")
    desk.press("Merge with another record", "link")
    desk.page.locator("ul.found a").filter(has_text="Tom Baker").first.click()
    desk.sees("Rings in the evening")
    desk.page.get_by_label("How do you know").fill(WHY)
    desk.press("Ask a colleague to look it over")
    desk.sees("You asked for this")
    desk.check()
    ines = window(cast.ines).go("/staff/merges")
    ines.press("Tom Baker", "link")
    ines.check()
    ines.press("They are one person: merge")
    ines.sees("One record")
    ines.check().press("Make two records of it again")
    ines.sees("Two records again")
