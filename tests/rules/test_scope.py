"""Each of the two walls alone: the session's criteria with row-level security off, the database with no criteria."""

import pytest
import sqlalchemy as sa

from clinic.actions.tokens import hash_token
from clinic.db import ClinicSession, db
from clinic.models.accounts import Membership, Role
from clinic.models.patients import Patient, PatientTag, TagKind
from clinic.models.visits import Visit
from clinic.scope import Scope
from tests.cast import Person
from tests.visitor import Visitor

PROTECTED = "SELECT relname FROM pg_class WHERE relrowsecurity AND relkind IN ('r', 'p') AND NOT relispartition"


@pytest.fixture
def unguarded(superuser, cast):
    """The database lets everybody see everything for a while."""
    with superuser.connect() as connection:
        tables = connection.exec_driver_sql(PROTECTED).scalars().all()
        for table in tables:
            connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    yield
    db.session.remove()
    with superuser.connect() as connection:
        for table in tables:
            connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")


@pytest.fixture
def told(cast):
    """What the database shows to plain SQL after somebody came in on a face: ``told(visitor, face)(sql)``."""
    opened = []

    def entered(visitor, face):
        with visitor.client.session_transaction() as cookie:
            token = cookie["token"]
        session = ClinicSession(db)
        opened.append(session)
        assert session.enter_with_token(hash_token(token), face, 60)["user_id"] == visitor.person.user.id
        return lambda sql: session.connection().execute(sa.text(sql)).scalars().all()

    yield entered
    for session in opened:
        session.close()


class TestTheSessionAlone:
    """Row-level security is off: what keeps rows apart are the criteria on every statement."""

    def test_shows_the_clinics_rows_and_no_other_clinics(self, unguarded, session, cast):
        assert {each.clinic_id for each in session.scalars(sa.select(Patient))} == {cast.rose.id}
        assert session.execute(sa.text("SELECT count(DISTINCT clinic_id) FROM patients")).scalar() == 2
        session.enter(Scope.staff(cast.harbour.id))
        assert {each.id for each in session.scalars(sa.select(Patient))} == {cast.sam.id}

    def test_shows_a_patient_what_is_about_them(self, unguarded, session, cast):
        visit, other = cast.booked(patient=cast.maya_patient), cast.booked(cast.tomorrow_at(12))
        session.enter(Scope.portal(cast.rose.id, cast.maya.user.id, {cast.maya_patient.id}))
        assert {each.id for each in session.scalars(sa.select(Visit))} == {visit.id} != {other.id}
        session.enter(Scope.public(cast.rose.id))
        assert session.scalars(sa.select(Visit)).all() == []

    def test_changes_no_other_clinics_rows(self, unguarded, session, cast):
        changed = session.execute(sa.update(Patient).where(Patient.id == cast.sam.id).values(notes="x"))
        assert changed.rowcount == 0

    def test_hides_what_was_deleted(self, unguarded, session, cast):
        cast.tom.deleted_at = sa.func.now()
        session.commit()
        session.expunge_all()
        assert cast.tom.id not in {each.id for each in session.scalars(sa.select(Patient))}

    def test_keeps_the_portal_to_ones_own(self, unguarded, maya, cast):
        toms = cast.booked()
        assert maya.open("portal.visits.show", visit_id=toms.id).status_code == 404
        assert maya.open("portal.exports.new", patient_id=cast.tom.id).status_code == 404
        assert maya.send("portal.visits.call_off", visit_id=toms.id).status_code == 404

    def test_keeps_the_staff_to_their_clinic(self, unguarded, amara, cast, session):
        assert amara.open("staff.patients.show", patient_id=cast.sam.id).status_code == 404
        assert "Sam Stranger" not in amara.open("staff.patients.index", q="sam").text


class TestTheDatabaseAlone:
    """Plain SQL knows no criteria: what keeps rows apart is what the database was told as somebody came in."""

    def test_shows_a_patient_in_the_portal_what_is_about_them(self, told, maya, amara, cast, session):
        cast.booked()
        visit = cast.booked(cast.tomorrow_at(12), patient=cast.maya_patient)
        for patient in (cast.tom, cast.maya_patient):
            amara.open("staff.patients.show", patient_id=patient.id)
            session.add(PatientTag(clinic_id=cast.rose.id, patient_id=patient.id, kind=TagKind.FLAG, tag="Wheelchair"))
        session.commit()
        seen = told(maya, "portal")
        own = [cast.maya_patient.id]
        assert seen("SELECT id FROM patients") == own
        for table in ("visits", "patient_tags", "patient_access", "audit_entries"):
            assert seen(f"SELECT DISTINCT patient_id FROM {table} WHERE patient_id IS NOT NULL") == own, table
        assert seen("SELECT DISTINCT visit_id FROM visit_events") == [visit.id]
        assert seen("SELECT user_id FROM memberships") == [cast.maya.user.id]

    def test_shows_nothing_of_any_patient_on_public_pages(self, told, maya, amara, osei, cast):
        cast.booked()
        for visitor in (amara, osei):
            seen = told(visitor, "public")
            assert seen("SELECT id FROM patients") == [] == seen("SELECT id FROM visits")
        assert told(maya, "public")("SELECT id FROM patients") == [cast.maya_patient.id]

    def test_shows_the_staff_their_clinic_and_ones_own_roles_elsewhere(self, told, app, cast, session):
        session.enter(Scope.staff(cast.harbour.id))
        session.add(Membership(clinic_id=cast.harbour.id, user_id=cast.osei.user.id, role=Role.DOCTOR))
        session.commit()
        seen = told(Visitor(app, Person(cast.osei.user, cast.rose, Role.DOCTOR)), "staff")
        assert set(seen("SELECT clinic_id FROM patients")) == {cast.rose.id}
        elsewhere = seen(f"SELECT user_id FROM memberships WHERE clinic_id = '{cast.harbour.id}'")
        assert elsewhere == [cast.osei.user.id]
