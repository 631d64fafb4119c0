"""In whose language the pages behind a message's link are: wholly in the patient's, and no other page with them."""

import re

import pytest
import sqlalchemy as sa

from clinic.actions import intake, offer_links, visits
from clinic.languages import CONVERSATION, LANGUAGES
from clinic.models.intake import QuestionKind
from clinic.models.organizations import Clinic
from clinic.models.visits import CancelReason
from tests.actions.offering import offered, run_out
from tests.unsaid import listening
from tests.visit_links import WRONG, again, mayas_visit, path_of, proved, soon

OTHERS = [each for each in CONVERSATION if each not in LANGUAGES]
GERMAN = "de-DE,de;q=0.9"
DAY = re.compile(r"(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day")


def is_in(session, cast, locale):
    """Let the clinic be where people speak like this."""
    session.execute(sa.update(Clinic).where(Clinic.id == cast.rose.id).values(locale=locale))
    session.commit()


def speaks(session, patient, language):
    """Let this be the patient's language."""
    patient.language = language
    session.commit()


@pytest.fixture
def visit(cast, session):
    """Maya's visit with Dr Osei in two days, before which something is asked."""
    asked = {"question": "Seit wann?", "kind": QuestionKind.NUMBER, "choices": [], "is_required": True}
    intake.add(session.merge(cast.consultation), by=cast.ines.actor, **asked)
    return mayas_visit(cast)


@pytest.fixture
def link(session, visit, cast):
    """The path of the visit's link."""
    return path_of(session, visit, cast)


@pytest.fixture(params=OTHERS)
def unsaid(request, app, session, cast, visit):
    """Maya speaks the language; what stands on her pages in English all the same."""
    speaks(session, cast.maya_patient, request.param)
    with listening(app, request.param) as sentences:
        yield sentences


class TestWhoseLanguage:
    def test_is_the_patients_whatever_the_browser_speaks(self, nobody, link, session, cast):
        speaks(session, cast.maya_patient, "de")
        page = nobody.open(link).text
        assert '<html lang="de">' in page and "Dieser Termin ist gebucht" in page and "Ja, ich komme" in page
        assert not DAY.search(page)

    def test_who_chose_none_reads_the_clinics_and_an_english_patient_there_english(self, nobody, link, session, cast):
        is_in(session, cast, "de_DE")
        assert '<html lang="de">' in nobody.open(link).text
        speaks(session, cast.maya_patient, "en")
        nobody.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = GERMAN
        page = nobody.open(link).text
        assert '<html lang="en">' in page and "This visit is booked" in page and DAY.search(page)

    def test_where_neither_is_spoken_here_the_browser_says(self, nobody, link, session, cast):
        is_in(session, cast, "fr_FR")
        assert '<html lang="en">' in nobody.open(link).text
        nobody.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = GERMAN
        for path in (link, "/v/x", "/o/x"):
            assert '<html lang="de">' in nobody.open(path).text

    def test_every_other_page_stays_in_one_language(self, nobody, amara, session, cast):
        is_in(session, cast, "de_DE")
        for visitor, page in ((nobody, "/sign-in"), (amara, "staff.day.index")):
            visitor.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = GERMAN
            shown = visitor.open(page).text
            assert '<html lang="en">' in shown and "Anmeld" not in shown


class TestNothingIsLeftInEnglish:
    def test_from_the_first_look_to_a_date_of_birth(self, nobody, link, unsaid):
        for part in ("", "/birth", "/cancel"):
            nobody.open(link + part)
        nobody.open(f"{link}/status", htmx=True)
        nobody.send(f"{link}/birth", {"date_of_birth": WRONG})
        nobody.send(f"{link}/birth", {"date_of_birth": "bald"})
        nobody.send(f"{link}/birth", {})
        nobody.send(f"{link}/confirm", csrf=False)
        for _ in range(6):
            nobody.send(f"{link}/birth", {"date_of_birth": WRONG})
        assert not unsaid

    def test_moving_answering_and_cancelling(self, nobody, link, visit, unsaid, cast):
        proved(nobody, link)
        for part in ("", "/questions", "/cancel", "/move", f"/move/time?day={cast.tomorrow_at(9, days=3).date()}"):
            assert nobody.open(link + part).status_code == 200
        chosen = {"provider_id": str(visit.provider_id), "starts_at": visit.starts_at.isoformat()}
        nobody.open(f"{link}/move/check", **chosen)
        nobody.send(f"{link}/move", {"provider_id": "x", "starts_at": "y"})
        nobody.send(f"{link}/move", {**chosen, "starts_at": cast.tomorrow_at(3).isoformat()})
        nobody.send(f"{link}/questions", {})
        for part in ("confirm", "take-back", "take-back", "check-in", "cancel", "confirm", "feedback"):
            nobody.send(f"{link}/{part}")
            nobody.open(link)
        assert not unsaid

    def test_on_the_day_and_afterwards(self, nobody, link, visit, unsaid, cast, session):
        soon(session, visit, 20)
        nobody.send(f"{link}/check-in")
        nobody.open(link)
        proved(nobody, link).open(f"{link}/cancel")
        nobody.open(f"{link}/move")
        visits.start(again(session, cast, visit), by=cast.osei.actor)
        session.commit()
        nobody.open(link)
        visits.complete(again(session, cast, visit), by=cast.osei.actor)
        session.commit()
        nobody.open(link)
        nobody.send(f"{link}/feedback", {})
        nobody.send(f"{link}/feedback", {"rating": "4"})
        nobody.open(link)
        assert not unsaid

    def test_a_cancellation_by_the_clinic(self, nobody, link, visit, unsaid, cast, session):
        visits.cancel(visit, CancelReason.PROVIDER_AWAY, by=cast.amara.actor)
        session.commit()
        assert "Dr Kwame Osei nicht da ist" in nobody.open(link).text and not unsaid

    def test_an_offer_of_a_time_that_is_not_booked_yet(self, nobody, unsaid, cast, session):
        cast.consultation.fee = 60
        session.commit()
        page = nobody.open(f"/o/{offer_links.token_of(offered(session, cast, cast.tomorrow_at(15, days=3)))}").text
        assert "Preis: 60,00" in page and "bis 24 Stunden vorher absagen" in page and not unsaid

    @pytest.mark.parametrize("answer", ["accept", "decline"])
    def test_an_offer_answered_twice_or_too_late(self, nobody, visit, unsaid, cast, session, answer):
        offer = offered(session, cast, cast.tomorrow_at(15), visit)
        path = f"/o/{offer_links.token_of(offer)}"
        assert "Ihr Termin muss verschoben werden" in nobody.open(path).text
        if answer == "decline":
            run_out(session, offer)
            nobody.open(path)
        nobody.send(f"{path}/{answer}")
        nobody.send(f"{path}/{answer}")
        nobody.open(path)
        assert not unsaid
