"""The patient's first page: what comes, what was, and what to do where there is nothing."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from clinic.actions import blocks
from clinic.actions import visits as verbs
from clinic.db import now
from clinic.models.schedule import BookingRule, VisitType
from clinic.models.visits import CancelReason, Visit, VisitKind, VisitSource, VisitStatus
from tests.queries_counted import counted


def past(cast, session, count, **more):
    """Visits of Maya's as an import leaves them: over, without slot and some without a doctor."""
    for number in range(count):
        facts = {"provider_id": cast.dr_osei.id if number % 2 else None, "status": VisitStatus.COMPLETED, **more}
        facts |= {"clinic_id": cast.rose.id, "patient_id": cast.maya_patient.id, "kind": VisitKind.SCHEDULED}
        begun = now() - timedelta(days=number + 2)
        session.add(Visit(id=uuid7(), starts_at=begun, timezone="Europe/London", source=VisitSource.FHIR, **facts))
    session.commit()


class TestIndex:
    def test_without_visits_it_says_what_to_do(self, maya):
        page = maya.open("portal.home.index").text
        assert "You have no visits to come" in page and "Book a visit" in page

    def test_the_next_visit_comes_first_and_past_ones_newest_first(self, maya, cast, session):
        past(cast, session, 2)
        cast.booked(cast.tomorrow_at(11, days=5), patient=cast.maya_patient)
        cast.booked(cast.tomorrow_at(10, days=2), patient=cast.maya_patient)
        page = maya.open("portal.home.index").text
        assert page.index("10:00") < page.index("11:00") < page.index("Past and cancelled visits")

    def test_past_visits_come_twenty_a_page(self, maya, cast, session):
        past(cast, session, 45)
        sizes = [maya.open("portal.home.index", page=number).text.count("Completed</span>") for number in (1, 2, 3)]
        assert sizes == [20, 20, 5]

    def test_a_page_that_is_not_there_is_said_so(self, maya):
        for number in ("4", "0", "-1", "x", "99999999999999999999"):
            assert maya.open(f"/portal/?page={number}").status_code == 404

    def test_a_visit_the_clinic_called_off_stands_among_those_to_come(self, maya, cast, session):
        visit = cast.booked(cast.tomorrow_at(10, days=2), patient=cast.maya_patient)
        session.expire_all()
        verbs.cancel(session.get(Visit, (cast.rose.id, visit.id)), CancelReason.CLINIC, by=cast.amara.actor)
        session.commit()
        page = maya.open("portal.home.index").text
        assert "The clinic had to cancel this visit" in page and "Choose another time" in page

    @pytest.mark.parametrize("rule", [{"is_active": False}, {"booking": BookingRule.OFF}])
    def test_what_cannot_be_booked_again_here_leads_to_all_that_can(self, maya, cast, session, rule):
        visit = cast.booked(cast.tomorrow_at(10, days=2), patient=cast.maya_patient)
        verbs.cancel(visit, CancelReason.CLINIC, by=cast.amara.actor)
        session.commit()
        pages = (("portal.home.index", {}), ("portal.visits.show", {"visit_id": visit.id}))
        assert all(f"visit_type_id={cast.consultation.id}" in maya.open(page, **of).text for page, of in pages)
        session.execute(sa.update(VisitType).where(VisitType.id == visit.visit_type_id).values(**rule))
        session.commit()
        for page, of in pages:
            found = re.search(r'href="(/portal/book/doctor[^"]*)"[^>]*>Book another visit<', maya.open(page, **of).text)
            answer = maya.open(found.group(1))
            assert answer.status_code == 302 and maya.open(answer.location).status_code == 200

    def test_of_a_visit_that_lost_its_time_it_says_so(self, maya, cast, session):
        visits = [cast.booked(cast.tomorrow_at(10, days=day), patient=cast.maya_patient) for day in (2, 3)]
        blocks.add(cast.dr_osei, visits[0].starts_at, visits[0].ends_at, zone="Europe/London", by=cast.ines.actor)
        session.commit()
        page = maya.open("portal.home.index").text
        assert page.count("cannot take place as planned") == 1 == page.count("This visit is booked.")
        assert page.index("cannot take place as planned") < page.index("This visit is booked.")

    def test_what_was_entered_by_mistake_is_not_listed(self, maya, cast, session):
        past(cast, session, 1, status=VisitStatus.CANCELLED, cancel_reason=CancelReason.ENTERED_IN_ERROR)
        assert "Past and cancelled" not in maya.open("portal.home.index").text
        (visit,) = session.scalars(sa.select(Visit)).all()
        assert maya.open("portal.visits.show", visit_id=visit.id).status_code == 404

    def test_nobody_elses_visits_are_there(self, maya, cast):
        cast.booked()
        assert "You have no visits to come" in maya.open("portal.home.index").text

    def test_it_runs_as_many_statements_with_fifty_visits_as_with_one(self, app, maya, cast, session):
        def statements():
            with counted(app) as sent:
                maya.open("portal.home.index")
            return len(sent)

        past(cast, session, 1)
        cast.booked(cast.tomorrow_at(10), patient=cast.maya_patient)
        before = statements()
        past(cast, session, 40)
        for day in range(2, 12):
            cast.booked(cast.tomorrow_at(10, days=day), patient=cast.maya_patient)
        # One of them asks for times that are offered, one where the next visit is, one which of them lost their time.
        assert statements() == before <= 11

    def test_staff_have_no_portal(self, amara, ines, osei):
        assert {who.open("portal.home.index").status_code for who in (amara, ines, osei)} == {403}
