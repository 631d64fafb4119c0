"""The page of a visit that the clinic cannot keep: what is proposed instead, and nothing that is in vain."""

import pytest

from clinic.actions import blocks, intake, offer_links, offers
from clinic.models.intake import QuestionKind
from tests.actions.offering import offered, offering, run_out
from tests.visit_links import asks_by_itself, mayas_visit, path_of, proved, soon

TOO_LATE, WAY = "too late to cancel", "How to get there"


@pytest.fixture
def visit(session, cast):
    """Maya's visit in two hours, past every cut-off; Dr Osei cannot be there."""
    visit = mayas_visit(cast)
    soon(session, visit, 120)
    session.refresh(visit)
    blocks.add(cast.dr_osei, visit.starts_at, visit.ends_at, zone="Europe/London", by=cast.ines.actor)
    session.commit()
    return visit


@pytest.fixture
def link(session, visit, cast):
    """The path of the visit's link."""
    return path_of(session, visit, cast)


@pytest.fixture
def proposal(session, cast, visit):
    """Three o'clock in three days, kept for Maya and sent."""
    return offered(session, cast, cast.tomorrow_at(15, days=3), visit)


def both(nobody, maya, link, visit):
    """The page behind the link and the portal's page of the visit."""
    return nobody.open(link).text, maya.open("portal.visits.show", visit_id=visit.id).text


class TestWhatTheClinicCannotKeep:
    def test_is_not_said_to_be_too_late_to_cancel(self, nobody, maya, link, visit):
        for page in both(nobody, maya, link, visit):
            assert "cannot take place as planned" in page and TOO_LATE not in page
            assert "If you cannot come" not in page and "+44 20 7946 0000" in page

    def test_leads_nobody_there_and_asks_nothing(self, nobody, maya, link, visit, session, cast):
        asked = {"question": "Do you smoke?", "kind": QuestionKind.YES_NO, "choices": [], "is_required": False}
        intake.add(session.merge(cast.consultation), by=cast.ines.actor, **asked)
        session.commit()
        for page in both(nobody, maya, link, visit):
            assert "Before your visit" not in page and WAY not in page

    def test_that_takes_place_is_said_to_be_as_ever(self, nobody, maya, session, cast):
        kept = cast.booked(cast.tomorrow_at(14), patient=cast.maya_patient)
        soon(session, kept, 300)
        link = path_of(session, kept, cast)
        assert all(TOO_LATE in page for page in both(nobody, maya, link, kept))
        assert WAY in nobody.open(link).text


class TestWhatIsProposedInstead:
    def test_is_said_with_until_when_it_is_kept(self, nobody, maya, link, visit, proposal):
        for page in both(nobody, maya, link, visit):
            assert "We have kept another time for you" in page and "15:00" in page and "Please answer by" in page
            assert "We will write or call you" not in page

    def test_is_answered_on_its_own_page_once_the_date_of_birth_was_given(self, nobody, maya, link, visit, proposal):
        answers_at = f'href="/o/{offer_links.token_of(proposal)}"'
        page = nobody.open(link).text
        assert answers_at not in page and f'href="{link}/birth"' in page
        assert answers_at in proved(nobody, link).open(link).text
        assert answers_at in maya.open("portal.visits.show", visit_id=visit.id).text

    def test_is_said_no_more_once_it_is_answered_or_its_end_is_over(
        self, nobody, maya, link, visit, proposal, session, cast
    ):
        run_out(session, proposal)
        for page in both(nobody, maya, link, visit):
            assert "We will write or call you" in page and "Please answer by" not in page

    def test_comes_by_itself_onto_a_page_that_was_open_before(self, nobody, maya, link, visit, session, cast):
        asks = asks_by_itself(nobody.open(link)), asks_by_itself(maya.open("portal.visits.show", visit_id=visit.id))
        assert [who.open(it, htmx=True).status_code for who, it in zip((nobody, maya), asks, strict=True)] == [204, 204]
        proposal = offered(session, cast, cast.tomorrow_at(15, days=3), visit)
        for who, it in zip((nobody, maya), asks, strict=True):
            assert "We have kept another time for you" in who.open(it, htmx=True).text
        offers.withdraw(session.merge(proposal), by=cast.amara.actor)
        session.commit()
        assert nobody.open(asks[0], htmx=True).status_code == 204

    def test_is_not_said_while_the_desk_looks_at_it(self, nobody, link, visit, session, cast):
        offers.prepare(session, offering(cast, cast.tomorrow_at(15, days=3), visit), by=cast.amara.actor)
        session.commit()
        assert "another time for you" not in nobody.open(link).text

    def test_is_said_in_the_patients_language(self, nobody, link, visit, proposal, session, cast):
        session.enter(cast.scope)
        session.merge(cast.maya_patient).language = "de"
        session.commit()
        page = nobody.open(link).text
        assert "eine andere Zeit für Sie" in page and "Für eine Absage" not in page
        assert "kept another time" not in page and "See this time" not in page
