"""The bell rings while a press is being answered: the answer arrives all the same, with its words and its undo."""

from clinic.actions import visits
from tests.waiting import appointed


def test_a_step_is_answered_though_somebody_else_came_meanwhile(window, session, cast, size):
    appointed(session, cast)
    doctor = window(cast.osei, size=size).go("/staff/my-day")
    page, pressed = doctor.page, []
    page.route("**/start", lambda route: pressed.append(route))
    card = page.locator("article.visit", has_text="Tom Baker")
    card.get_by_role("button", name="Start").first.click()
    with page.expect_response(lambda answer: answer.url.endswith("/staff/my-day")):
        appointed(session, cast, name="Ana Lopes")
    pressed[0].continue_()
    doctor.sees("The visit has started.")
    page.get_by_role("button", name="Undo").first.wait_for()
    card.get_by_role("button", name="Complete").first.wait_for()
    doctor.sees("Ana Lopes")
    doctor.check()


def test_a_refusal_is_told_though_the_visit_was_cancelled_meanwhile(window, session, cast, size):
    visit = cast.booked()
    desk = window(cast.amara, size=size).go(f"/staff/day?date={cast.tomorrow_at(10):%Y-%m-%d}")
    page, pressed = desk.page, []
    page.route("**/confirm", lambda route: pressed.append(route))
    card = page.locator("article.visit", has_text="Tom Baker")
    card.get_by_role("button", name="Confirm").first.click()
    with page.expect_response(lambda answer: "/staff/day" in answer.url):
        visits.cancel(visit, reason="patient", by=cast.amara.actor)
        session.commit()
    pressed[0].continue_()
    desk.sees("This visit is cancelled; it cannot become confirmed.")
    desk.check()
