"""How visits were: asked by the link and in the portal, read by an administrator first, by the doctor without names."""

import pytest
import sqlalchemy as sa

from clinic.actions import visit_links, visits
from clinic.actions.acting import Actor
from clinic.models.visit_feedback import VisitFeedback
from clinic.work.visit_feedback import rate
from tests.queries_counted import counted

WORDS = "Long wait but kind"


@pytest.fixture
def seen(session, cast):
    """Maya's visit with Dr Osei, completed."""
    return completed(session, cast, cast.tomorrow_at(10), cast.maya_patient)


def completed(session, cast, at, patient):
    visit = cast.booked(at, patient=patient)
    visits.check_in(visit, by=cast.amara.actor)
    visits.start(visit, by=cast.osei.actor)
    visits.complete(visit, by=cast.osei.actor)
    session.commit()
    return visit


@pytest.fixture
def link(session, cast, seen):
    """The path of the visit's link."""
    address = visit_links.address(session, seen, by=cast.amara.actor)
    session.commit()
    return address[address.index("/v/") :]


def rated(session, cast):
    session.rollback()
    session.enter(cast.scope)
    rate(session, by=Actor.job(cast.rose.id, "visit_feedback.rate"), provider_id=cast.dr_osei.id)
    session.commit()


class TestThePatient:
    def test_says_it_by_the_link_once(self, nobody, link, seen, session, cast):
        assert "How was your visit?" in nobody.open(link).text
        assert nobody.send(f"{link}/feedback", {"rating": "4", "comment": WORDS}).status_code == 303
        page = nobody.open(link).text
        assert "How was your visit?" not in page and WORDS not in page
        assert nobody.send(f"{link}/feedback", {"rating": "1"}).status_code == 409
        session.rollback()
        session.enter(cast.scope)
        assert session.scalars(sa.select(VisitFeedback.rating)).all() == [4]

    def test_says_it_in_the_portal(self, maya, seen, session, cast):
        assert "How was your visit?" in maya.open("portal.visits.show", visit_id=seen.id).text
        assert maya.send("portal.visit_feedback.give", {"rating": "5"}, visit_id=seen.id).status_code == 303
        assert "How was your visit?" not in maya.open("portal.visits.show", visit_id=seen.id).text

    @pytest.mark.parametrize("rating", ["", "0", "6", "five", "4.5", "-1"])
    def test_chooses_from_one_to_five(self, nobody, maya, link, seen, rating):
        assert nobody.send(f"{link}/feedback", {"rating": rating}).status_code == 422
        assert maya.send("portal.visit_feedback.give", {"rating": rating}, visit_id=seen.id).status_code == 422

    def test_not_of_a_visit_to_come_and_not_of_anothers(self, nobody, maya, cast, session):
        visit = cast.booked(patient=cast.maya_patient)
        address = visit_links.address(session, visit, by=cast.amara.actor)
        session.commit()
        link = address[address.index("/v/") :]
        assert "How was your visit?" not in nobody.open(link).text
        assert nobody.send(f"{link}/feedback", {"rating": "5"}).status_code == 409
        toms = cast.booked(cast.tomorrow_at(12))
        assert maya.send("portal.visit_feedback.give", {"rating": "5"}, visit_id=toms.id).status_code == 404

    def test_nobody_is_asked_of_who_has_died(self, nobody, link, seen, session, cast):
        cast.maya_patient.deceased_at = sa.func.now()
        session.commit()
        assert nobody.send(f"{link}/feedback", {"rating": "5"}).status_code == 404


class TestTheClinic:
    @pytest.fixture
    def written(self, nobody, link, session, cast):
        """What Maya wrote."""
        nobody.send(f"{link}/feedback", {"rating": "2", "comment": WORDS})
        session.rollback()
        session.enter(cast.scope)
        return session.scalars(sa.select(VisitFeedback)).one()

    def test_reads_it_first_and_without_a_name(self, ines, osei, written):
        page = ines.open("staff.visit_feedback.index").text
        assert WORDS in page and "Okafor" not in page
        assert WORDS not in osei.open("staff.visit_feedback.own").text
        assert ines.send("staff.visit_feedback.publish", feedback_id=written.id).status_code == 303
        own = osei.open("staff.visit_feedback.own").text
        assert WORDS in own and "Okafor" not in own and "Maya" not in own
        assert WORDS not in ines.open("staff.visit_feedback.index").text
        assert WORDS in ines.open("staff.visit_feedback.index", all="yes").text

    def test_hides_it_with_a_reason_and_takes_that_back(self, ines, osei, written):
        at = {"feedback_id": written.id}
        assert ines.open("staff.visit_feedback.hide", **at).status_code == 200
        assert ines.send("staff.visit_feedback.hide", {"reason": ""}, **at).status_code == 422
        assert ines.send("staff.visit_feedback.hide", {"reason": "Names somebody"}, **at).status_code == 303
        assert WORDS not in osei.open("staff.visit_feedback.own").text
        assert "Names somebody" in ines.open("staff.visit_feedback.index", all="yes").text
        assert ines.send("staff.visit_feedback.reopen", **at).status_code == 303
        assert WORDS in ines.open("staff.visit_feedback.index").text

    def test_only_administrators_decide_and_only_of_their_clinic(self, amara, osei, stranger, written):
        for visitor in (amara, osei, stranger):
            assert visitor.open("staff.visit_feedback.index").status_code == 403
            assert visitor.send("staff.visit_feedback.publish", feedback_id=written.id).status_code == 403

    def test_another_doctor_reads_nothing_of_it(self, lind, written, ines):
        ines.send("staff.visit_feedback.publish", feedback_id=written.id)
        assert "Nobody has answered yet" in lind.open("staff.visit_feedback.own").text

    def test_the_public_page_tells_the_average_from_five_answers_on_and_no_words(
        self, ines, nobody, written, session, cast
    ):
        ines.send("staff.visit_feedback.publish", feedback_id=written.id)
        rated(session, cast)
        page = nobody.open("public.clinics.show", slug="rose-street").text
        assert "of 5, say" not in page
        for number in range(4):
            visit = completed(session, cast, cast.tomorrow_at(11 + number), cast.tom)
            session.add(
                VisitFeedback(clinic_id=cast.rose.id, visit_id=visit.id, provider_id=cast.dr_osei.id, rating=5,
                              state="shown")
            )  # fmt: skip
        session.commit()
        rated(session, cast)
        page = nobody.open("public.clinics.show", slug="rose-street").text
        assert "4.40 of 5, say 5 patients" in page and WORDS not in page

    def test_asks_as_much_of_the_database_for_twelve_as_for_one(self, app, ines, written, session, cast):
        def asked():
            with counted(app) as statements:
                ines.open("staff.visit_feedback.index", all="yes")
            return len(statements)

        few = asked()
        for number in range(12):
            visit = completed(session, cast, cast.tomorrow_at(11 + number % 4, days=2 + number // 4), cast.tom)
            session.add(
                VisitFeedback(clinic_id=cast.rose.id, visit_id=visit.id, provider_id=cast.dr_osei.id, rating=5,
                              state="waiting", comment=WORDS)
            )  # fmt: skip
        session.commit()
        assert asked() == few
