"""In whose language the screens on a wall are: wholly in the clinic's, whatever their browser speaks."""

from functools import partial

import pytest
import sqlalchemy as sa

from clinic.actions import blocks, queue, visits
from clinic.db import now
from clinic.languages import CONVERSATION, LANGUAGES
from clinic.models.organizations import Clinic
from tests.screens import CODE, hung
from tests.unsaid import listening
from tests.waiting import walked_in, were_seen

OTHERS = [each for each in CONVERSATION if each not in LANGUAGES]


def is_in(session, cast, locale):
    """Let the clinic be where people speak like this."""
    session.execute(sa.update(Clinic).where(Clinic.id == cast.rose.id).values(locale=locale))
    session.commit()


@pytest.fixture
def screen(session, cast):
    """The address of a screen of this kind: ``screen("display")``."""
    return partial(hung, session, cast)


@pytest.fixture
def visit(session, cast):
    """Tom's visit of right now, with its code."""
    made = cast.booked(now(), overbook="Whatever the hour of the test")
    session.refresh(made)
    return made


@pytest.fixture(params=OTHERS)
def unsaid(request, app, session, cast, screen):
    """The clinic speaks the language; what stands on its screens in English all the same."""
    is_in(session, cast, f"{request.param}_{request.param.upper()}")
    with listening(app, request.param) as sentences:
        yield sentences


class TestWhoseLanguage:
    @pytest.mark.parametrize("kind", ["display", "kiosk"])
    def test_is_the_clinics_whatever_the_browser_speaks(self, session, cast, nobody, screen, kind):
        address = screen(kind)
        nobody.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "de-DE,de;q=0.9"
        for path in (address, f"/c/rose-street/{kind}"):
            assert '<html lang="en">' in nobody.open(path).text
        is_in(session, cast, "de_DE")
        nobody.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en-GB"
        for path in (address, f"/c/rose-street/{kind}", address.replace(CODE, "A" * 12)):
            assert '<html lang="de">' in nobody.open(path).text

    def test_of_a_clinic_whose_language_is_not_spoken_here_is_english(self, session, cast, nobody, screen):
        is_in(session, cast, "fr_FR")
        nobody.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "de-DE,de;q=0.9"
        assert '<html lang="en">' in nobody.open(screen("kiosk")).text

    def test_is_not_that_of_whoever_is_signed_in_there(self, session, cast, amara, screen):
        is_in(session, cast, "de_DE")
        assert '<html lang="de">' in amara.open(screen("display")).text


class TestWholly:
    def test_the_display_with_nobody_with_who_was_called_again_and_with_who_came_in(
        self, session, cast, nobody, screen, unsaid
    ):
        display = screen("display")
        assert "Zurzeit wird niemand aufgerufen." in nobody.open(display).text
        first, second = walked_in(session, cast, "One", 3), walked_in(session, cast, "Two", 2)
        for each, place in ((first, "Zimmer 1"), (second, "Zimmer 2")):
            queue.call(each, by=cast.amara.actor, place=place)
        queue.call_again(second, by=cast.amara.actor)
        visits.start(first, by=cast.osei.actor)
        session.commit()
        page = nobody.open(display).text
        assert "Bitte kommen Sie herein" in page and "erneut aufgerufen" in page and "Keine Verbindung" in page
        nobody.open(display, htmx=True)
        assert not unsaid

    def test_a_screen_that_was_switched_off(self, nobody, unsaid):
        for kind in ("display", "kiosk"):
            page = nobody.open(f"/c/rose-street/{kind}/{CODE}")
            assert page.status_code == 404 and "Dieser Bildschirm ist abgeschaltet" in page.text
        assert not unsaid

    def test_typing_the_code_of_a_screen(self, nobody, unsaid):
        for typed in ["", *["wrong"] * 11]:
            nobody.send("/c/rose-street/display", {"code": typed})
        assert not unsaid

    def test_checking_in(self, session, cast, nobody, screen, visit, unsaid):
        kiosk = screen("kiosk")
        assert "Hier anmelden" in nobody.open(kiosk).text
        for key in ("1", "back", "clear"):
            nobody.send(kiosk, {"code": "", "year": "", "key": key})
        assert "Wir finden" in nobody.send(kiosk, {"code": visit.check_in_code, "year": "1990"}).text
        done = nobody.send(kiosk, {"code": visit.check_in_code, "year": "1955"}).headers["Location"]
        assert "Ihre Nummer" in nobody.open(done).text
        queue.call(visit, by=cast.amara.actor, place="Zimmer 2")
        session.commit()
        assert "Zimmer 2" in nobody.open(done).text
        assert not unsaid

    def test_how_long_it_takes_on_the_clinics_own_clock(self, session, cast, nobody, screen, visit, unsaid):
        were_seen(session, cast, 10)
        session.commit()
        done = nobody.send(screen("kiosk"), {"code": visit.check_in_code, "year": "1955"}).headers["Location"]
        page = nobody.open(done).text
        assert "voraussichtlich zwischen" in page and not unsaid

    @pytest.mark.parametrize("typed", [("", "1955"), ("123456", "19"), ("x" * 30, "1955")])
    def test_what_cannot_be_a_code_or_a_year(self, nobody, screen, unsaid, typed):
        code, year = typed
        assert nobody.send(screen("kiosk"), {"code": code, "year": year}).status_code == 422
        assert not unsaid

    def test_who_is_sent_to_the_desk_and_who_tried_too_often(self, session, cast, nobody, screen, visit, unsaid):
        kiosk = screen("kiosk")
        blocks.add(cast.dr_osei, visit.starts_at, visit.ends_at, zone="Europe/London", by=cast.ines.actor)
        session.commit()
        assert nobody.send(kiosk, {"code": visit.check_in_code, "year": "1955"}).status_code == 409
        for _each in range(21):
            nobody.send(kiosk, {"code": visit.check_in_code, "year": "1990"})
        assert not unsaid
