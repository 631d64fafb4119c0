"""After signing out the browser holds nothing of anybody: not behind the back button, not in any of its stores."""

import pytest

from tests import noting
from tests.cast import Cast

STORES = """async () => {
    const kept = { ...localStorage, ...sessionStorage };
    for (const name of await caches.keys())
        for (const request of await (await caches.open(name)).keys())
            kept[request.url] = await (await (await caches.open(name)).match(request)).text();
    for (const each of indexedDB.databases ? await indexedDB.databases() : []) kept[each.name] = "database";
    return Object.entries(kept).flat().join(" ");
}"""


SHELF = "() => Object.keys(sessionStorage).some((name) => name.startsWith('note:'))"


def _leave_words_on_the_shelf(at):
    """Type what cannot be saved: the tab keeps it, for this doctor and until they sign out."""
    at.context.route("**/autosave", lambda route: route.abort())
    at.page.get_by_label("Treatment").fill("Rest and tea")
    at.page.wait_for_function(SHELF)
    at.page.on("dialog", lambda dialog: dialog.accept())


def _sign_out(at, who):
    if who != "maya":
        at.page.locator("details.person summary").click()
    at.press("Sign out")
    at.page.wait_for_url("**/signed-out")


@pytest.mark.promise(26, "Back five times, and a tab opened again, in Chromium")
@pytest.mark.parametrize("who", ["amara", "maya", "osei"])
def test_nothing_of_a_patient_is_left_after_signing_out(window, cast, who, figure):
    at = window(getattr(cast, who))
    made = noting.begun if who == "osei" else Cast.booked
    visit = made(cast, patient=cast.maya_patient, reason="A cough since the seventh")
    name = cast.maya_patient.full_name
    # Ids stand in the addresses that the browser itself remembers; what they stand for is nowhere.
    words, ids = [name, visit.reason], [str(cast.maya_patient.id), str(visit.id)]
    record, day = f"/staff/patients/{cast.maya_patient.id}", f"/staff/day?date={cast.tomorrow_at(10).date()}"
    own = f"/portal/visits/{visit.id}"
    pages = {
        "amara": (record, f"/staff/visits/{visit.id}", day, "/staff/patients", record),
        "maya": (own, "/portal/details/", "/portal/", own, "/portal/"),
        "osei": (record, f"/staff/visits/{visit.id}", day, record, f"/staff/visits/{visit.id}/consultation"),
    }[who]
    seen = ""
    for page in pages:
        seen += at.go(page).page.content()
    assert all(each in seen for each in words)
    if who == "amara":
        at.page.get_by_role("searchbox").first.fill(name.split()[0].lower())
        at.page.get_by_role("region", name="Patients found").get_by_text(name).first.wait_for()
    if who == "osei":
        words.append("Rest and tea")
        _leave_words_on_the_shelf(at)
    _sign_out(at, who)
    assert not [each for each in words + ids if each in at.page.evaluate(STORES)]
    looked = [at.page]
    for _turn in range(5):
        at.page.go_back()
        at.page.wait_for_load_state()
        found = [each for each in words if each in at.page.content()]
        assert not found, (at.page.url, found)
        assert not [each for each in words if each in at.page.evaluate(STORES)]
    again = at.context.new_page()
    again.goto(pages[0])
    again.wait_for_load_state()
    looked.append(again)
    for page in looked:
        assert not [each for each in words if each in page.content()]
        assert not [each for each in words if each in page.evaluate(STORES)]
    cookies = {each["name"]: each for each in at.context.cookies()}
    assert all(each["httpOnly"] for each in cookies.values())
    figure(f"{len(words)} canaries, 5 times Back and 1 tab: 0 in the page, 0 in 4 kinds of storage")


def test_who_signed_out_in_one_window_is_signed_out_in_the_others(window, cast):
    at = window(cast.amara)
    other = at.context.new_page()
    other.goto("/staff/day")
    _sign_out(at, "amara")
    other.goto("/staff/day")
    assert "/sign-in" in other.url
