"""A doctor and a colleague write about one visit at once: both texts are kept, side by side."""

from tests.noting import begun, written


def test_a_colleague_writes_too_and_both_texts_stand_side_by_side(window, cast, session):
    visit = begun(cast)
    at = window(cast.osei).go(f"/staff/visits/{visit.id}/consultation")
    at.page.get_by_label("Treatment").fill("Rest and tea")
    at.sees("Saved at")
    written(visit, by=cast.lind, version=1, number=1)
    at.page.get_by_label("Treatment").fill("Rest, tea and honey")
    at.sees("Astrid Lind saved this note at")
    assert at.page.get_by_label("Treatment").input_value() == "Rest, tea and honey"
    at.check_on_both("note-changed")
    at.press("Save what stands in my fields")
    at.sees("The draft is saved.")
    assert at.page.get_by_label("Treatment").input_value() == "Rest, tea and honey"
