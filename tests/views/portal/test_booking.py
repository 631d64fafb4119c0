"""A patient books for herself, one question a page."""

import pytest
import sqlalchemy as sa

from clinic.models.visits import Visit, VisitSource, VisitStatus


def iso(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def wish(cast):
    """The last form of the journey: a consultation with Dr Osei tomorrow at ten."""

    def form(**changed):
        return {
            "visit_type_id": str(cast.consultation.id), "provider_id": str(cast.dr_osei.id),
            "starts_at": iso(cast.tomorrow_at(10)), "visit_mode": "in_person", "reason": "A cough",
            **changed,
        }  # fmt: skip

    return form


@pytest.fixture
def visits(session):
    """Every visit there is, read afresh."""

    def read():
        session.rollback()
        session.expire_all()
        return session.scalars(sa.select(Visit)).all()

    return read


class TestQuestions:
    def test_the_whole_way_leads_from_the_type_of_visit_to_a_booked_visit(self, maya, cast, visits):
        assert "Consultation" in maya.open("portal.booking.new").text
        chosen = {"visit_type_id": cast.consultation.id}
        assert "Whoever is first" in maya.open("portal.booking.doctor", **chosen).text
        chosen["doctor"] = cast.dr_osei.id
        assert maya.open("portal.booking.day", **chosen).status_code == 200
        chosen["day"] = cast.tomorrow_at(10).date().isoformat()
        assert "10:00" in maya.open("portal.booking.time", **chosen).text
        chosen |= {"provider_id": cast.dr_osei.id, "starts_at": iso(cast.tomorrow_at(10))}
        held = maya.send("portal.booking.hold", **chosen)
        assert held.status_code == 303
        page = maya.open(held.location)
        assert "What is it about?" in page.text and "data-until" in page.text
        told = maya.send("portal.booking.answer", {"reason": "A cough", "visit_mode": "in_person"}, **chosen)
        check = maya.open(told.location)
        assert "A cough" in check.text and "Book this visit" in check.text
        done = maya.send("portal.booking.create", {**{k: str(v) for k, v in chosen.items()}, "visit_mode": "in_person",
                                                   "reason": "A cough"})  # fmt: skip
        assert done.status_code == 303
        booked = maya.open(done.location)
        assert "Your visit is booked" in booked.text and "What happens next" in booked.text
        (visit,) = visits()
        assert (
            visit.source == VisitSource.PORTAL
            and visit.reason == "A cough"
            and visit.patient_id == cast.maya_patient.id
        )


class TestCreate:
    def test_a_booking_answers_with_the_way_to_the_visit(self, maya, wish, visits):
        answer = maya.send("portal.booking.create", wish())
        assert answer.status_code == 303
        (visit,) = visits()
        assert visit.status == VisitStatus.BOOKED and str(visit.id) in answer.location
