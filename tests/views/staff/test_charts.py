"""A patient's chart: the banner on every page of it, its tabs, and who reads what."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from clinic.actions import patients as verbs
from clinic.actions import walk_ins
from clinic.models.accounts import Membership, Role
from clinic.models.audit import AuditEntry
from clinic.models.patients import TagKind
from clinic.models.visits import Visit, VisitKind, VisitSource, VisitStatus
from clinic.queries.timeline import ON_A_PAGE
from tests.queries_counted import counted

ALLERGY, FLAG = "Planted-Penicillin", "Planted-Flag"


@pytest.fixture
def toms(cast, session):
    """A visit of Tom's with Dr Osei tomorrow; an allergy and a flag stand in his record."""
    visit = cast.booked()
    tom = session.merge(cast.tom)
    verbs.update(tom, by=cast.amara.actor, allergies=ALLERGY)
    verbs.add_tag(tom, TagKind.FLAG, FLAG, by=cast.amara.actor)
    session.commit()
    return visit


def many(cast, session, number):
    """So many visits of Tom's, long ago."""
    first = datetime(2015, 1, 1, 9, tzinfo=UTC)
    session.add_all(
        Visit(
            id=uuid7(), clinic_id=cast.rose.id, patient_id=cast.tom.id, kind=VisitKind.SCHEDULED,
            starts_at=first + timedelta(days=n), timezone="Europe/London", source=VisitSource.FHIR,
            status=VisitStatus.COMPLETED,
        )
        for n in range(number)
    )  # fmt: skip
    session.commit()


class TestBanner:
    def test_it_stands_on_every_tab_and_says_who_and_what_to_heed(self, osei, cast, toms):
        for endpoint in ("staff.charts.timeline", "staff.patients.show"):
            page = osei.open(endpoint, patient_id=cast.tom.id).text
            assert "Tom Baker" in page and ALLERGY in page and FLAG in page and "born 01/12/1955" in page
            assert re.search(r"\d\d years", page)

    def test_it_stands_on_the_page_of_a_visit_for_who_may_open_the_record(self, amara, osei, ines, cast, toms):
        for who in (amara, osei):
            page = who.open("staff.visits.show", visit_id=toms.id).text
            assert ALLERGY in page and FLAG in page and "born 01/12/1955" in page and "Insurance" in page
        assert ALLERGY not in ines.open("staff.visits.show", visit_id=toms.id).text

    def test_of_somebody_who_waits_for_any_doctor_it_says_nothing_until_one_takes_them(self, lind, cast, session):
        tom = session.merge(cast.tom)
        verbs.update(tom, by=cast.amara.actor, allergies=ALLERGY)
        waiting = walk_ins.add(session, tom, timezone="Europe/London", by=cast.amara.actor)
        session.commit()
        page = lind.open("staff.visits.show", visit_id=waiting.id).text
        assert "Visit of Tom Baker" in page and ALLERGY not in page and cast.tom.mrn not in page
        lind.send("staff.visits.start", visit_id=waiting.id)
        assert ALLERGY in lind.open("staff.visits.show", visit_id=waiting.id).text

    def test_on_a_visits_page_it_costs_the_same_for_a_long_record(self, app, amara, cast, session, toms):
        def statements():
            with counted(app) as sent:
                amara.open("staff.visits.show", visit_id=toms.id)
            return len(sent)

        statements()
        before = statements()
        many(cast, session, 100)
        for number in range(10):
            verbs.add_tag(session.merge(cast.tom), TagKind.FLAG, f"Flag {number}", by=cast.amara.actor)
        session.commit()
        assert statements() == before

    def test_where_nobody_has_asked_about_allergies_it_says_so(self, osei, cast):
        cast.booked()
        assert "nobody has asked yet" in osei.open("staff.charts.timeline", patient_id=cast.tom.id).text

    def test_who_may_not_read_allergies_is_not_told_of_them(self, ines, cast, toms):
        page = ines.open("staff.patients.show", patient_id=cast.tom.id).text
        assert ALLERGY not in page and "Allergies" not in page and FLAG in page


class TestTabs:
    def test_each_role_has_its_own(self, osei, amara, ines, cast, toms):
        tabs = {
            who: set(re.findall(r'id="tab-([\w-]+)"', visitor.open("staff.patients.show", patient_id=cast.tom.id).text))
            for who, visitor in (("osei", osei), ("amara", amara), ("ines", ines))
        }
        assert {"charts-timeline", "patients-show"} <= tabs["osei"] and "charts-existing" not in tabs["osei"]
        assert {"charts-existing", "patients-show"} <= tabs["amara"] and "charts-timeline" not in tabs["amara"]
        assert not {"charts-timeline", "charts-existing"} & tabs["ines"]

    def test_htmx_gets_a_tab_without_the_page_around_it(self, osei, cast, toms):
        address = osei.url("staff.patients.show", patient_id=cast.tom.id)
        answer = osei.client.get(address, headers={"HX-Request": "true", "HX-Target": "chart"})
        assert answer.status_code == 200 and "<html" not in answer.text and "<h1" not in answer.text
        assert '<div id="chart"' in answer.text and "<title>Tom Baker" in answer.text
        assert "<html" in osei.open("staff.patients.show", patient_id=cast.tom.id).text

    def test_the_open_one_is_marked(self, osei, cast, toms):
        page = osei.open("staff.charts.timeline", patient_id=cast.tom.id).text
        assert len(re.findall(r'id="tab-[\w-]+" href="[^"]+" aria-current="page"', page)) == 1


class TestTimeline:
    def test_the_doctor_reads_what_is_to_come_and_what_was(self, osei, cast, session, toms):
        many(cast, session, 1)
        page = osei.open("staff.charts.timeline", patient_id=cast.tom.id).text
        assert page.index("to come") < page.index("1 Jan 2015") and f"/staff/visits/{toms.id}" in page

    def test_longer_ones_come_by_the_page_and_the_last_has_no_next(self, osei, cast, session, toms):
        many(cast, session, ON_A_PAGE + 9)
        address, lines = osei.url("staff.charts.timeline", patient_id=cast.tom.id), []
        while address:
            page = osei.open(address).text
            lines.append(len(re.findall(r"<td class=\"numeral\">", page)))
            older = re.search(r'rel="next" href="([^"]+)"', page)
            address = older and older[1].replace("&amp;", "&")
        assert lines == [ON_A_PAGE, 10]

    def test_it_shows_the_kinds_that_were_chosen_and_knows_no_others(self, osei, cast, toms):
        chosen = osei.open(f"/staff/patients/{cast.tom.id}/timeline?kind=visit").text
        assert 'value="visit" checked' in chosen and "to come" in chosen
        assert osei.open(f"/staff/patients/{cast.tom.id}/timeline?kind=secret").status_code == 404

    def test_htmx_gets_the_entries_alone(self, osei, cast, toms):
        part = osei.open("staff.charts.timeline", htmx=True, patient_id=cast.tom.id).text
        assert part.lstrip().startswith('<div id="entries"') and "Tom Baker" not in part

    @pytest.mark.parametrize("place", ["x", "AAAA", "é", "f" + "_" * 31])
    def test_a_place_that_cannot_be_is_not_found(self, osei, cast, toms, place):
        assert osei.open(f"/staff/patients/{cast.tom.id}/timeline?before={place}").status_code == 404

    def test_it_asks_the_database_as_often_for_many_entries_as_for_one(self, app, osei, cast, session, toms):
        def statements():
            with counted(app) as sent:
                osei.open("staff.charts.timeline", patient_id=cast.tom.id)
            return len(sent)

        before = statements()
        many(cast, session, 200)
        assert statements() == before <= 16

    def test_an_opening_is_written_down_whichever_tab_it_is(self, osei, cast, session, toms):
        for endpoint in ("staff.charts.timeline", "staff.patients.show"):
            osei.open(endpoint, patient_id=cast.tom.id)
            opened = sa.select(AuditEntry.details["page"].astext).where(
                AuditEntry.action == "patients.open", AuditEntry.resource_id == cast.tom.id
            )
            session.rollback()
            assert endpoint in session.scalars(opened).all()


class TestWhoMay:
    def test_the_desk_the_admin_and_the_patient_read_no_timeline(self, amara, ines, maya, cast):
        assert {
            who.open("staff.charts.timeline", patient_id=cast.tom.id).status_code for who in (amara, ines, maya)
        } == {403}

    def test_another_doctors_patient_and_another_clinics_are_as_though_they_were_not(self, lind, osei, cast, toms):
        assert lind.open("staff.charts.timeline", patient_id=cast.tom.id).status_code == 404
        assert osei.open("staff.charts.timeline", patient_id=cast.sam.id).status_code == 404

    def test_a_doctor_who_is_also_an_admin_reads_their_own_patients_charts_only(self, lind, cast, session, toms):
        session.add(Membership(clinic_id=cast.rose.id, user_id=cast.lind.user.id, role=Role.ADMIN))
        session.commit()
        assert lind.open("staff.patients.show", patient_id=cast.tom.id).status_code == 200
        assert lind.open("staff.charts.timeline", patient_id=cast.tom.id).status_code == 404


class TestMerged:
    def test_a_page_of_a_record_that_became_part_of_another_leads_to_the_same_page_of_that_one(
        self, osei, cast, session, toms
    ):
        many(cast, session, 1)
        session.merge(cast.maya_patient).merged_into_id = cast.tom.id
        session.execute(sa.update(Visit).where(Visit.status == "completed").values(patient_id=cast.maya_patient.id))
        session.commit()
        answer = osei.open(f"/staff/patients/{cast.maya_patient.id}/timeline?kind=visit")
        assert answer.status_code == 302
        assert answer.location.endswith(f"/staff/patients/{cast.tom.id}/timeline?kind=visit")
        # What stayed with the former record is read along.
        assert "1 Jan 2015" in osei.open("staff.charts.timeline", patient_id=cast.tom.id).text


class TestExisting:
    def test_the_desk_sees_that_something_is_there_and_nothing_in_it(self, amara, cast, toms):
        page = amara.open("staff.charts.existing", patient_id=cast.tom.id)
        assert page.status_code == 200 and "between the doctor and the patient" in page.text

    def test_nobody_else_has_that_page(self, osei, ines, cast, toms):
        assert {who.open("staff.charts.existing", patient_id=cast.tom.id).status_code for who in (osei, ines)} == {403}
