"""Signing in and out, as people meet it."""


def test_each_role_lands_on_its_own_page(window, cast, size):
    for person, words in ((cast.amara, "Today"), (cast.osei, "My day"), (cast.ines, "Today"), (cast.maya, "visits")):
        at = window(person, typed=True, size=size)
        at.page.get_by_role("heading", level=1, name=words).wait_for()
        at.check()


def test_after_signing_out_nothing_is_left_behind_the_back_button(window, cast):
    at = window(cast.amara, typed=True)
    at.go(f"/staff/patients/{cast.tom.id}").sees("Tom Baker")
    at.page.locator("details.person summary").click()
    at.press("Sign out")
    for _ in range(3):
        at.page.go_back()
        at.page.wait_for_load_state()
        assert "Tom Baker" not in at.page.content()
    # htmx notes the address of the page that is open, and nothing of what was open before.
    kept = at.page.evaluate("Object.entries({...localStorage, ...sessionStorage})")
    assert str(cast.tom.id) not in str(kept) and "Tom Baker" not in str(kept)


def test_signing_in_works_without_script(window, cast):
    at = window(cast.amara, typed=True, javascript=False)
    assert "/staff" in at.page.url
