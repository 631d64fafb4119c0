"""Is this note genuine? A third party types its code and learns that and its days, and nothing of anybody."""

import re

import pytest
import sqlalchemy as sa

from clinic.actions import excuse_notes
from clinic.models.audit import NO_CLINIC, AuditEntry
from clinic.scope import Scope
from tests.papers import REASON, RESTRICTIONS, note

UNKNOWN = "We know of no note with this code"


@pytest.fixture
def sent(session, cast):
    """Tom's note, sent."""
    return note(session, cast, sent=True)


def ask(browser, code, address="203.0.113.1"):
    browser.client.environ_base["REMOTE_ADDR"] = address
    return browser.send("public.excuse_notes.answer", {"code": code})


def words(answer):
    """What the page says, without its tokens."""
    return re.sub(r'value="[^"]*"', "", answer.text)


def test_the_code_tells_that_it_is_genuine_and_its_days(nobody, sent):
    answer = ask(nobody, sent.code_in_groups)
    assert answer.status_code == 200 and "Genuine" in answer.text
    assert str(sent.starts_on.year) in answer.text and UNKNOWN not in answer.text


def test_it_tells_neither_who_nor_what_nor_by_whom(nobody, cast, sent):
    page = ask(nobody, sent.check_code).text
    told = (cast.tom.full_name, "Tom", "Osei", cast.rose.name, RESTRICTIONS, REASON, "For work", str(sent.id))
    assert not [word for word in told if word in page]


def test_a_withdrawn_note_says_so_and_no_more(session, cast, nobody, sent):
    excuse_notes.withdraw(sent, by=cast.osei.actor)
    session.commit()
    page = ask(nobody, sent.check_code).text
    assert "This note was withdrawn" in page and "Genuine" not in page and str(sent.starts_on.year) not in page


def test_whatever_is_wrong_with_a_code_the_answer_is_the_same(session, cast, nobody, sent):
    draft = note(session, cast)
    wrong = (
        "0000-0000-0000-0000", sent.check_code[:-1] + ("X" if sent.check_code[-1] != "X" else "Y"), str(draft.id), "?",
        sent.check_code[:8],
    )  # fmt: skip
    answers = [ask(nobody, code) for code in wrong]
    assert {answer.status_code for answer in answers} == {200}
    assert len({words(answer) for answer in answers}) == 1 and UNKNOWN in answers[0].text


def test_nothing_typed_is_a_form_to_fill_in(nobody):
    assert ask(nobody, "").status_code == 422 and nobody.open("public.excuse_notes.check").status_code == 200


def test_one_address_asks_twenty_times_in_five_minutes_and_others_go_on(session, nobody, sent):
    assert {ask(nobody, "0000").status_code for _each in range(20)} == {200}
    answer = ask(nobody, sent.check_code)
    assert answer.status_code == 429 and 1 <= int(answer.headers["Retry-After"]) <= 300 and "Genuine" not in answer.text
    ask(nobody, "0000")
    assert "Genuine" in ask(nobody, sent.check_code, "198.51.100.7").text
    session.rollback()
    session.enter(Scope.staff(NO_CLINIC))
    noted = sa.select(AuditEntry.details).where(AuditEntry.action == "excuse_notes.check")
    assert session.scalars(noted.where(AuditEntry.decision == "refused")).all() == [{"cause": "throttled"}]


def test_who_is_signed_in_learns_as_little(app, cast, amara, stranger, sent):
    for browser in (amara, stranger):
        page = ask(browser, sent.check_code).text
        assert "Genuine" in page and cast.tom.full_name not in page
