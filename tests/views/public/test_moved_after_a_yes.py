"""A visit that the clinic moves after its patient has said that they come: of the new time they have said nothing."""

import pytest

from clinic.actions import moving, offers, own_visits, visits
from clinic.actions.acting import Actor, Refused
from clinic.models.visits import VisitStatus
from clinic.queries.day import Day
from clinic.queries.day_checks import READINESS
from clinic.queries.day_closing import Asked, find
from tests.actions.lining_up import freed, refill, wait
from tests.visit_links import again, asks_by_itself, mayas_visit, path_of, soon

S = VisitStatus
YES, SAID, JUST_BOOKED = "Yes, I will come", "you have told us that you will come", "This visit is booked."


@pytest.fixture
def visit(session, cast):
    """Maya's visit in two days, of which she has said by its link that she comes."""
    visit = mayas_visit(cast)
    own_visits.confirm(visit, by=her(cast))
    session.commit()
    return visit


@pytest.fixture
def link(session, visit, cast):
    """The path of the visit's link."""
    return path_of(session, visit, cast)


@pytest.fixture
def moved(session, visit, cast):
    """The visit after the desk has moved it to the next day of work."""
    return move(session, cast, visit, by=cast.amara.actor)


def her(cast):
    """Maya with her link."""
    return Actor(clinic_id=cast.rose.id, role="visit_link", patient_ids=frozenset({cast.maya_patient.id}),
                 in_portal=True)  # fmt: skip


def move(session, cast, visit, *, by):
    """Move Maya's visit to three in the afternoon of the same day."""
    visits.move_to(visit, cast.wish(cast.tomorrow_at(15, days=2), patient=cast.maya_patient), by=by)
    session.commit()
    return visit


def unconfirmed(session, cast, visit):
    """Who is on the list of visits nobody has confirmed, on the visit's day."""
    day = Day.on(visit.starts_at.date(), cast.rose.timezone)
    found = find(session, {"unconfirmed": READINESS["unconfirmed"]}, Asked(cast.rose.id, day))
    return [line.who for line in found[0].lines]


class TestAMoveOfTheClinics:
    def test_is_not_said_to_have_been_agreed_to_and_asks_again(self, nobody, maya, link, moved):
        for page in (nobody.open(link).text, maya.open("portal.visits.show", visit_id=moved.id).text):
            assert JUST_BOOKED in page and SAID not in page
        assert YES in nobody.open(link).text and SAID not in maya.open("/portal/").text

    def test_keeps_the_status_and_counts_as_not_confirmed(self, session, cast, visit):
        assert unconfirmed(session, cast, visit) == []
        moved = move(session, cast, visit, by=cast.amara.actor)
        assert moved.status == S.CONFIRMED and unconfirmed(session, cast, moved) == ["Maya Okafor"]

    def test_is_said_yes_to_by_the_link_and_by_the_desk(self, nobody, amara, link, moved, session, cast):
        assert nobody.send(f"{link}/confirm").status_code == 303
        page = nobody.open(link).text
        assert SAID in page and YES not in page and not unconfirmed(session, cast, moved)
        found = move(session, cast, again(session, cast, moved), by=cast.amara.actor)
        assert found.confirmed_at is not None
        visits.move_to(found, cast.wish(cast.tomorrow_at(16, days=2), patient=cast.maya_patient), by=cast.amara.actor)
        session.commit()
        desk = amara.open(f"/staff/visits/{moved.id}").text
        assert "has not said that they come at this time" in desk and f"/staff/visits/{moved.id}/confirm" in desk
        assert amara.send(f"/staff/visits/{moved.id}/confirm").status_code == 303
        desk = amara.open(f"/staff/visits/{moved.id}").text
        assert "Will come at the new time" in desk and f"/staff/visits/{moved.id}/confirm" not in desk
        assert not unconfirmed(session, cast, again(session, cast, moved))

    def test_leaves_nothing_to_take_back(self, nobody, link, moved):
        assert f"{link}/take-back" not in nobody.open(link).text
        assert nobody.send(f"{link}/take-back").status_code == 409

    def test_said_yes_to_changes_a_page_that_is_open(self, nobody, link, moved, session, cast):
        soon(session, moved, 600)
        asking = asks_by_itself(nobody.open(link))
        assert nobody.open(asking, htmx=True).status_code == 204
        own_visits.confirm(moved, by=her(cast))
        session.commit()
        assert SAID in nobody.open(asking, htmx=True).text

    def test_taken_back_leaves_the_patients_yes_as_it_was(self, moved, session, cast):
        assert moved.confirmed_at is None
        back = moving.undo_move(moved, cast.dr_osei.id, by=cast.amara.actor)
        session.commit()
        assert back.confirmed_at is not None and not back.is_unconfirmed
        with pytest.raises(Refused, match="already confirmed"):
            visits.confirm(back, by=cast.amara.actor)


class TestAMoveOfThePatients:
    def test_is_agreed_to(self, nobody, link, visit, session, cast):
        move(session, cast, visit, by=her(cast))
        page = nobody.open(link).text
        assert SAID in page and YES not in page and not unconfirmed(session, cast, visit)

    def test_by_an_offer_is_agreed_to_though_the_desk_has_noted_their_yes(self, visit, session, cast):
        later = cast.booked(cast.tomorrow_at(11, days=9), told=False)
        visits.confirm(later, by=cast.amara.actor)
        wait(session, cast, cast.tom, visit_id=later.id)
        (offer,) = refill(session, cast, freed(cast))
        offers.accept(offer, by=cast.amara.actor)
        session.commit()
        assert later.starts_at == offer.starts_at and not later.is_unconfirmed
