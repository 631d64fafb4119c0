"""The bell rings while somebody writes: what is written or chosen stands there still when the part is new."""

import pytest
from uuid_utils.compat import uuid7

from clinic.actions import calls, waitlist
from clinic.actions.waitlist import Wanting
from clinic.db import now
from clinic.models.calls import CallOutcome
from clinic.models.notifications import Channel, Notification, NotificationKind, NotificationState

WORDS = "Daughter calls back at 3"


@pytest.fixture
def lines(session, cast):
    """Maya and Tom have to be called."""
    made = [
        Notification(
            clinic_id=cast.rose.id, id=uuid7(), patient_id=patient.id, kind=NotificationKind.REQUEST_RECEIVED,
            channel=Channel.PHONE, state=NotificationState.CALL, text="We have your request.", desk_since=now(),
        )
        for patient in (cast.maya_patient, cast.tom)
    ]  # fmt: skip
    session.add_all(made)
    session.commit()
    return made


def note_call(session, cast, line, outcome, note=None):
    """A colleague notes a call."""
    calls.record(session.merge(line), outcome, note=note, by=cast.amara.actor)
    session.commit()


def note_field(window, line):
    """Where the note about this call is written."""
    return window.page.locator(f"#note-{line.id}")


def test_a_note_about_a_call_stays_while_a_colleague_notes_another(window, session, cast, size, lines):
    hers, his = lines
    desk = window(cast.amara, size=size).go("/staff/calls")
    field = note_field(desk, hers)
    field.click()
    desk.page.keyboard.type(WORDS)
    with desk.page.expect_response(lambda answer: "/staff/calls" in answer.url):
        note_call(session, cast, his, CallOutcome.NO_ANSWER, "engaged")
    assert field.input_value() == WORDS
    desk.page.keyboard.press("Tab")
    desk.sees("No answer, engaged")
    assert field.input_value() == WORDS
    note_call(session, cast, his, CallOutcome.NO_ANSWER, "a second time")
    desk.sees("No answer, a second time")
    assert field.input_value() == WORDS
    desk.check().picture(f"calls-written-{size['width']}")
    desk.page.locator("article.call", has=field).get_by_role("button", name="No answer").click()
    desk.sees(f"No answer, {WORDS}")


def test_a_note_about_a_call_stays_while_one_notes_another_oneself(window, cast, size, lines):
    hers, his = lines
    desk = window(cast.amara, size=size).go("/staff/calls")
    field, other = note_field(desk, hers), desk.page.locator("article.call", has=note_field(desk, his))
    field.fill(WORDS)
    note_field(desk, his).fill("engaged")
    other.get_by_role("button", name="No answer").click()
    desk.sees("No answer, engaged")
    assert field.input_value() == WORDS and note_field(desk, his).input_value() == ""
    other.get_by_role("button", name="Reached").click()
    desk.sees("Tom Baker: reached.")
    note_field(desk, his).wait_for(state="detached")
    assert field.input_value() == WORDS
    desk.check().picture(f"calls-noted-{size['width']}")
    desk.page.get_by_role("button", name="Undo").last.click()
    note_field(desk, his).wait_for()
    assert field.input_value() == WORDS
    desk.page.locator("article.call", has=field).get_by_role("button", name="No answer").click()
    desk.sees(f"No answer, {WORDS}")


def test_a_note_stays_though_its_card_went_until_it_is_put_away(window, session, cast, lines):
    hers, _his = lines
    desk = window(cast.amara).go("/staff/calls")
    field = note_field(desk, hers)
    field.fill(WORDS)
    desk.page.locator("h1").click()
    with desk.page.expect_response(lambda answer: "/staff/calls" in answer.url):
        note_call(session, cast, hers, CallOutcome.REACHED)
    desk.page.wait_for_timeout(200)
    assert field.input_value() == WORDS
    field.fill("")
    desk.page.keyboard.press("Tab")
    field.wait_for(state="detached")
    desk.check()


def test_how_urgent_somebody_is_stays_chosen_while_somebody_else_joins_the_waiting_list(window, session, cast):
    day = cast.tomorrow_at(10)
    wanting = Wanting(cast.consultation.id, day.date(), cast.tomorrow_at(10, days=9).date())
    waitlist.join(session, cast.maya_patient, wanting, by=cast.amara.actor)
    session.commit()
    desk = window(cast.amara).go("/staff/waitlist")
    choice = desk.page.get_by_label("How urgent is it for Maya Okafor")
    choice.select_option("2")
    desk.page.locator("h1").click()
    waitlist.join(session, session.merge(cast.tom), wanting, by=cast.amara.actor)
    session.commit()
    desk.sees("Tom Baker")
    assert choice.input_value() == "2"
    desk.page.get_by_role("button", name="Save Maya Okafor").click()
    desk.sees("The order has changed.")
    desk.check()
