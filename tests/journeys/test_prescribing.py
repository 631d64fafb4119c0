"""A prescription without script, and on paper; with script, one is written in test_record.py."""

from dataclasses import replace

from tests.prescribing import AMOXICILLIN, prescribed

# What is left of the width of A4 between its margins, in CSS pixels.
PAPER = {"width": 680, "height": 960}
LONG = "Hydroxypropylmethylcellulosephthalate"
# Headings that go on in a second line, or over the edge of their cell.
BROKEN = """() => [...document.querySelectorAll(".paper-table thead th")].filter((cell) => {
    const words = document.createRange();
    words.selectNodeContents(cell);
    return new Set([...words.getClientRects()].map((line) => line.top)).size > 1 || cell.scrollWidth > cell.clientWidth;
}).map((cell) => cell.textContent)"""


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


def test_no_heading_on_paper_breaks_beside_a_long_medicine(window, cast, session):
    made = prescribed(session, cast, replace(AMOXICILLIN, medicine_name=LONG * 2, dosage=LONG), AMOXICILLIN)
    at = window(cast.osei).go(f"/staff/patients/{cast.tom.id}/prescriptions/{made.id}/print")
    assert at.page.locator(".paper-table thead th").count() == 6
    assert at.page.evaluate(BROKEN) == []
    at.page.set_viewport_size(PAPER)
    at.page.emulate_media(media="print")
    assert at.page.evaluate(BROKEN) == []
    at.picture("prescription-on-paper")
    assert at.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
