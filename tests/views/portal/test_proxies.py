"""Family and carers: patients let somebody see their record and end it; whoever acts for them decides nothing."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from clinic.models.accounts import User, UserToken
from clinic.models.audit import AuditEntry
from clinic.models.patients import PatientAccess
from clinic.models.people import Relation
from tests.connections import RUTH, link_to, taken_up
from tests.visitor import Visitor

BORN = "12/04/1990"


@pytest.fixture
def ruth(app, cast, session):
    """A carer of Maya's, who sees her record."""
    visitor = Visitor(app, None)
    taken_up(visitor, link_to(session, cast, cast.maya_patient), BORN)
    session.rollback()
    visitor.user = session.scalars(sa.select(User).where(User.email == RUTH)).one()
    visitor.access = session.scalars(sa.select(PatientAccess).where(PatientAccess.user_id == visitor.user.id)).one()
    return visitor


def invite(who, patient, **facts):
    return who.send("portal.proxies.invite", {"email": "ben@example.org", **facts}, patient_id=patient.id)


class TestInvite:
    def test_a_patient_lets_a_carer_in_who_sees_the_record_until_it_is_ended(self, app, cast, session, maya):
        visit = cast.booked(patient=cast.maya_patient)
        page = maya.open("portal.proxies.new", patient_id=cast.maya_patient.id).text
        assert "books, moves and cancels visits for you" in page
        answer = invite(maya, cast.maya_patient)
        path = re.search(r'value="[^"]*(/connect/[^"]+)"', answer.text).group(1)
        assert "ben@example.org" in maya.open("portal.proxies.index").text
        ben = Visitor(app, None)
        taken_up(ben, path, BORN, first_name="Ben")
        assert "You see the visits of Maya Okafor." in ben.open("portal.home.index").text
        assert "Maya Okafor" in ben.open("portal.visits.show", visit_id=visit.id).text
        page = maya.open("portal.proxies.index").text
        assert "Ben Baker" in page and "Carer" in page
        (ended,) = re.findall(r'action="(/portal/family/[^"]+/end)"', page)
        assert maya.send(ended).status_code == 303
        assert ben.open("portal.visits.show", visit_id=visit.id).status_code == 404
        assert "not connected" in ben.open("portal.home.index").text
        session.rollback()
        of_maya = AuditEntry.patient_id == cast.maya_patient.id
        actions = set(session.scalars(sa.select(AuditEntry.action).where(of_maya)))
        assert {"connections.invite", "connections.accept", "connections.end"} <= actions

    def test_for_a_year_at_most_and_a_year_where_no_day_is_named(self, cast, session, maya):
        far = datetime.now(UTC).date() + timedelta(days=370)
        assert invite(maya, cast.maya_patient, until_on=far).status_code == 409
        invite(maya, cast.maya_patient)
        (link,) = session.scalars(sa.select(UserToken)).all()
        assert link.relation == Relation.CARER
        assert timedelta(days=364) < link.access_until - link.created_at < timedelta(days=367)

    def test_after_a_while_away_they_prove_first_who_they_are(self, cast, maya):
        maya.left_alone()
        page = maya.open("portal.proxies.new", patient_id=cast.maya_patient.id)
        for answer in (page, invite(maya, cast.maya_patient)):
            assert answer.status_code == 303 and answer.headers["Location"].startswith("/prove")

    def test_somebody_else_who_sees_the_record_invites_nobody_and_ends_nobody(self, cast, session, ruth):
        patient_id = cast.maya_patient.id
        assert ruth.open("portal.proxies.new", patient_id=patient_id).status_code == 403
        assert invite(ruth, cast.maya_patient).status_code == 403
        own = session.scalars(sa.select(PatientAccess).where(PatientAccess.relation == Relation.SELF)).one()
        assert ruth.send("portal.proxies.end", patient_id=patient_id, access_id=own.id).status_code == 403
        page = ruth.open("portal.proxies.index").text
        assert "Whose records you see" in page and cast.maya.user.email not in page

    def test_other_patients_records_are_not_there(self, cast, session, maya, ruth, amara):
        for endpoint in ("new", "invite"):
            ask = maya.open if endpoint == "new" else maya.send
            assert ask(f"portal.proxies.{endpoint}", patient_id=cast.tom.id).status_code == 404
        ids = {"patient_id": cast.tom.id, "access_id": ruth.access.id}
        assert maya.send("portal.proxies.end", **ids).status_code == 404
        assert ruth.open("portal.details.edit", patient_id=cast.tom.id).status_code == 404
        assert ruth.open("portal.home.index", patient_id=cast.tom.id).status_code == 404
        assert amara.open("portal.proxies.index").status_code == 403

    def test_an_access_is_ended_at_the_record_it_is_to_and_at_no_other_of_ones_own(self, cast, session, maya, ruth):
        facts = {"clinic_id": cast.rose.id, "user_id": cast.maya.user.id, "relation": Relation.SELF}
        session.add(PatientAccess(patient_id=cast.tom.id, **facts))
        session.commit()
        assert maya.send("portal.proxies.end", patient_id=cast.tom.id, access_id=ruth.access.id).status_code == 404

    def test_ones_own_access_is_the_clinics_to_end(self, cast, session, maya):
        own = session.scalars(sa.select(PatientAccess)).one()
        answer = maya.send("portal.proxies.end", patient_id=cast.maya_patient.id, access_id=own.id)
        assert answer.status_code == 409

    def test_an_invitation_is_taken_back(self, app, cast, session, maya):
        path = re.search(r'value="[^"]*(/connect/[^"]+)"', invite(maya, cast.maya_patient).text).group(1)
        (link,) = session.scalars(sa.select(UserToken)).all()
        maya.send("portal.proxies.withdraw", patient_id=cast.maya_patient.id, link_id=link.id)
        assert Visitor(app, None).open(path).status_code == 404

    def test_not_more_than_ten_a_day(self, cast, maya):
        answers = [invite(maya, cast.maya_patient, email=f"ben{n}@example.org").status_code for n in range(11)]
        assert answers == [200] * 10 + [429]


class TestActing:
    def test_an_access_ends_by_itself(self, cast, session, ruth):
        assert ruth.open("portal.details.edit", patient_id=cast.maya_patient.id).status_code == 200
        session.execute(sa.update(PatientAccess).where(PatientAccess.id == ruth.access.id)
                        .values(until=sa.func.now()))  # fmt: skip
        session.commit()
        assert ruth.open("portal.details.edit", patient_id=cast.maya_patient.id).status_code == 404

    def test_with_several_patients_every_page_says_whose_visit_it_is(self, cast, session, maya):
        taken_up(maya, link_to(session, cast, email=cast.maya.user.email))
        toms = cast.booked()
        hers = cast.booked(cast.tomorrow_at(12), patient=cast.maya_patient)
        home = maya.open("portal.home.index").text
        assert "for Tom Baker" in home and "for Maya Okafor" in home
        only = maya.open("portal.home.index", patient_id=cast.tom.id).text
        assert str(toms.id) in only and str(hers.id) not in only
        for visit, name in ((toms, "Tom Baker"), (hers, "Maya Okafor")):
            for page in ("show", "cancel", "move"):
                assert name in maya.open(f"portal.visits.{page}", visit_id=visit.id).text, page
        assert "Who is the visit for?" in maya.open("portal.booking.new").text

    def test_the_one_patient_of_a_carer_is_named_on_the_way_to_a_visit(self, cast, ruth):
        for page, chosen in (("new", {}), ("doctor", {"visit_type_id": cast.consultation.id})):
            assert "Maya Okafor" in ruth.open(f"portal.booking.{page}", **chosen).text, page

    def test_what_one_does_on_ones_own_record_is_marked_as_nothing_else(self, cast, session, maya):
        taken_up(maya, link_to(session, cast, email=cast.maya.user.email))
        maya.open("portal.details.edit", patient_id=cast.maya_patient.id)
        maya.open("portal.details.edit", patient_id=cast.tom.id)
        session.rollback()
        opened = sa.select(AuditEntry).where(AuditEntry.action == "patients.open")
        said = {each.resource_id: each.details.get("relation") for each in session.scalars(opened)}
        assert said == {cast.maya_patient.id: None, cast.tom.id: "carer"}
