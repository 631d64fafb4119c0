"""A hand that clicks twice."""

import pytest


def chosen(window, cast, javascript):
    """Amara's page with a time chosen for Tom."""
    at = window(cast.amara, javascript=javascript)
    starts_at = cast.tomorrow_at(10).isoformat().replace("+", "%2B")
    return at.go(f"/staff/booking/new?patient_id={cast.tom.id}&starts_at={starts_at}&provider_id={cast.dr_osei.id}")


@pytest.mark.parametrize("javascript", [True, False], ids=["with script", "without"])
def test_a_double_click_books_once_and_lands_on_the_day(window, cast, visits, javascript):
    at = chosen(window, cast, javascript)
    at.page.get_by_role("button", name="Book", exact=True).dblclick()
    at.page.wait_for_url("**/staff/day**")
    assert at.page.get_by_text("Booked: Tom Baker").count() == 1
    assert len(visits()) == 1
