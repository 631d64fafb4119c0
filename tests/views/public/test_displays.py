"""The waiting room's display: numbers and places, no names, for whoever knows the screen's code."""

import pytest
import sqlalchemy as sa

from clinic.actions import queue, screens, visits
from clinic.actions.screens import hash_code
from clinic.models.screens import Screen
from tests.waiting import appointed, walked_in

CODE = "K7QPM3RTX9WD"


@pytest.fixture
def display(session, cast):
    """A display of Rose Street's, by its address."""
    screens.add(session, by=cast.ines.actor, kind="display", name="Waiting room", code_hash=hash_code(CODE))
    session.commit()
    return f"/c/rose-street/display/{CODE}"


def _called(session, cast, visit, place="Room 2"):
    queue.call(visit, by=cast.amara.actor, place=place)
    session.commit()
    return visit


def test_numbers_and_places_of_those_who_are_called_and_nothing_else_of_anybody(session, cast, nobody, display):
    walked_in(session, cast, "Not Called Yet", 30)
    _called(session, cast, appointed(session, cast, reason="A secret cough"))
    page = nobody.open(display).text
    assert ">2<" in page and "Room 2" in page
    for secret in ("Tom", "Baker", "Not Called", "cough", "Osei", "Consultation", ">1<", str(cast.tom.id)):
        assert secret not in page, secret


def test_the_newest_stands_first_and_who_was_taken_in_stands_last(session, cast, nobody, display):
    first, second = walked_in(session, cast, "One", 3), walked_in(session, cast, "Two", 2)
    _called(session, cast, first, "Room 1"), _called(session, cast, second)
    queue.call_again(second, by=cast.amara.actor)
    visits.start(first, by=cast.osei.actor)
    session.commit()
    part = nobody.open(display, htmx=True).text
    assert part.index("Room 2") < part.index("called again") < part.index("Room 1")
    assert 'http-equiv="refresh"' in nobody.open(display).text  # inside <noscript>


def test_nobody_is_called(nobody, display):
    assert "Nobody is being called" in nobody.open(display).text


def test_another_clinics_numbers_are_not_on_it(session, cast, nobody, display):
    _called(session, cast, walked_in(session, cast))
    assert nobody.open(display.replace("rose-street", "harbour")).status_code == 404


def test_a_wrong_code_shows_nothing_and_a_kiosks_code_is_none(session, cast, nobody, display):
    assert nobody.open(f"/c/rose-street/display/{'A' * 12}").status_code == 404
    assert nobody.open(display.replace("display", "kiosk")).status_code == 404


def test_one_that_was_revoked_says_so_on_a_page_of_its_own_and_its_part_leads_there(session, cast, nobody, display):
    _called(session, cast, walked_in(session, cast))
    (screen,) = session.scalars(sa.select(Screen)).all()
    screens.revoke(screen, by=cast.ines.actor)
    session.commit()
    page = nobody.open(display)
    assert page.status_code == 404 and "This screen is switched off" in page.text and "Room 2" not in page.text
    part = nobody.open(display, htmx=True)
    assert part.headers["HX-Redirect"] == display and not part.text


class TestTypingTheCode:
    def test_it_leads_to_the_screen_however_it_is_typed(self, nobody, display):
        assert nobody.open("/c/rose-street/display").status_code == 200
        answer = nobody.send("/c/rose-street/display", {"code": "k7qp m3rt-x9wd"})
        assert answer.status_code == 303 and answer.headers["Location"] == display

    def test_a_wrong_one_is_refused_and_after_ten_everybody_waits(self, nobody, display):
        for _each in range(10):
            assert nobody.send("/c/rose-street/display", {"code": "wrong"}).status_code == 422
        assert nobody.send("/c/rose-street/display", {"code": CODE}).status_code == 429

    def test_nothing_typed_is_said(self, nobody, display):
        assert nobody.send("/c/rose-street/display", {"code": ""}).status_code == 422
        assert nobody.open("/c/no-such-clinic/display").status_code == 404
