"""A prescription without script; with it, one is written in test_record.py."""


def test_a_prescription_is_written_without_script(window, cast):
    cast.booked()
    at = window(cast.osei, javascript=False).go(f"/staff/patients/{cast.tom.id}/prescriptions/new")
    at.page.get_by_label("Name", exact=True).fill("Arnica")
    at.page.get_by_label("How much").fill("4 pills")
    at.page.get_by_label("How often").fill("at night")
    at.press("Another medicine")
    at.page.get_by_role("button", name="Remove medicine 2").click()
    at.press("Issue")
    at.sees("The prescription is issued.")
