"""Who sees a record in the portal: what the desk may invite, end and join, and what nobody can learn."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from clinic.actions import patients as verbs
from clinic.actions.tokens import hash_token
from clinic.models.accounts import User, UserToken
from clinic.models.audit import AuditEntry
from clinic.models.patients import Patient, PatientAccess
from clinic.models.people import Relation
from clinic.models.schedule import Slot, SlotStatus
from clinic.models.visits import Visit
from tests.queries_counted import counted
from tests.visitor import Visitor

RUTH = {"email": "ruth@example.org", "relation": "carer"}


def link_on(page):
    """The path of the link that a page shows."""
    return re.search(r'value="[^"]*(/connect/[^"]+)"', page).group(1)


def invited(who, patient, **facts):
    answer = who.send("staff.connections.invite", {**RUTH, **facts}, patient_id=patient.id)
    assert answer.status_code == 200, answer.text
    return link_on(answer.text)


def live(session, **facts):
    session.rollback()
    return session.scalars(
        sa.select(PatientAccess).filter_by(**facts).where(sa.or_(PatientAccess.until.is_(None),
                                                                 PatientAccess.until > sa.func.now()))
    ).all()  # fmt: skip


class TestInvite:
    def test_the_desk_invites_and_gets_a_link_that_says_nothing_of_the_patient(self, cast, session, amara, nobody):
        page = amara.open("staff.connections.new", patient_id=cast.tom.id).text
        assert "Invite to the portal" in page
        path = invited(amara, cast.tom)
        (kept,) = session.scalars(sa.select(UserToken)).all()
        assert kept.token_hash == hash_token(path.removeprefix("/connect/")) and kept.user_id is None
        assert kept.patient_id == cast.tom.id and kept.relation == Relation.CARER
        opened = nobody.open(path)
        assert opened.status_code == 200
        assert not any(word in opened.text for word in ("Tom", "Baker", cast.tom.mrn, "ruth@example.org"))
        assert "ruth@example.org" in amara.open("staff.patients.show", patient_id=cast.tom.id).text

    def test_an_older_invitation_of_the_same_address_dies(self, cast, amara, nobody):
        older = invited(amara, cast.tom)
        invited(amara, cast.tom, relation="guardian")
        assert nobody.open(older).status_code == 404

    def test_a_day_beyond_a_year_is_refused(self, cast, amara):
        for day in (datetime.now(UTC).date() + timedelta(days=400), datetime.now(UTC).date() - timedelta(days=1)):
            answer = amara.send("staff.connections.invite", {**RUTH, "until_on": day}, patient_id=cast.tom.id)
            assert answer.status_code == 409 and "Choose a day up to" in answer.text

    def test_a_parent_sees_until_the_child_is_of_age(self, cast, session, amara):
        born = datetime.now(UTC).date().replace(day=1) - timedelta(days=3650)
        cast.tom.date_of_birth = born
        session.commit()
        invited(amara, cast.tom, relation="parent")
        (link,) = session.scalars(sa.select(UserToken)).all()
        assert link.access_until.date() == born.replace(year=born.year + 18)

    def test_a_patient_of_age_has_no_parent_here(self, cast, amara):
        answer = amara.send("staff.connections.invite", {**RUTH, "relation": "parent"}, patient_id=cast.tom.id)
        assert answer.status_code == 409 and "of age" in answer.text

    def test_without_a_date_of_birth_nobody_is_invited(self, cast, session, amara):
        cast.tom.date_of_birth = None
        session.commit()
        answer = amara.send("staff.connections.invite", RUTH, patient_id=cast.tom.id)
        assert answer.status_code == 409 and "date of birth first" in answer.text

    def test_a_record_has_one_patient_who_sees_it_as_their_own(self, cast, amara):
        facts = {**RUTH, "relation": "self"}
        answer = amara.send("staff.connections.invite", facts, patient_id=cast.maya_patient.id)
        assert answer.status_code == 409 and cast.maya.user.email in answer.text

    def test_bad_typing_is_said_beside_the_field(self, cast, amara):
        answer = amara.send("staff.connections.invite", {"email": "nonsense"}, patient_id=cast.tom.id)
        assert answer.status_code == 422 and "Choose who they are" in answer.text

    def test_a_withdrawn_link_is_worth_nothing(self, cast, session, amara, nobody):
        path = invited(amara, cast.tom)
        (link,) = session.scalars(sa.select(UserToken)).all()
        amara.send("staff.connections.withdraw", patient_id=cast.tom.id, link_id=link.id)
        assert nobody.open(path).status_code == 404

    def test_doctors_and_administrators_do_not_invite(self, cast, osei, ines, maya):
        for who in (osei, ines, maya):
            assert who.send("staff.connections.invite", RUTH, patient_id=cast.tom.id).status_code == 403
            assert who.open("staff.connections.index").status_code == 403

    def test_another_clinics_patient_is_not_there(self, cast, session, stranger, amara):
        for endpoint in ("new", "same"):
            page = stranger.open(f"staff.connections.{endpoint}", patient_id=cast.tom.id, known_id=cast.sam.id)
            assert page.status_code == 404
        assert stranger.send("staff.connections.invite", RUTH, patient_id=cast.tom.id).status_code == 404
        (access,) = live(session)
        ids = {"patient_id": cast.maya_patient.id, "access_id": access.id}
        assert stranger.send("staff.connections.end", **ids).status_code == 404
        assert amara.send("staff.connections.end", **{**ids, "patient_id": cast.tom.id}).status_code == 404
        assert live(session)


class TestEnd:
    def test_the_desk_sees_who_has_access_and_ends_it_at_once(self, cast, session, amara, maya):
        assert cast.maya.user.email in amara.open("staff.patients.show", patient_id=cast.maya_patient.id).text
        assert maya.open("portal.details.edit", patient_id=cast.maya_patient.id).status_code == 200
        (access,) = live(session)
        amara.send("staff.connections.end", patient_id=cast.maya_patient.id, access_id=access.id)
        assert maya.open("portal.details.edit", patient_id=cast.maya_patient.id).status_code == 404
        assert not live(session)
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "connections.end")).one()
        assert entry.patient_id == cast.maya_patient.id and entry.actor_id == cast.amara.user.id


@pytest.fixture
def ada(app, cast, session):
    """Somebody who signed up on the clinic's page with Tom's name and date of birth, as they see it."""
    visitor = Visitor(app, None)
    answer = visitor.send("public.clinics.sign_up", {
        "first_name": "Tom", "last_name": "Baker", "date_of_birth": "01/12/1955", "phone": "020 7946 0991",
        "email": "tom@example.org", "password": "a long password",
    }, slug="rose-street")  # fmt: skip
    assert answer.status_code == 303
    session.rollback()
    session.enter(cast.scope)
    visitor.patient = session.scalars(sa.select(Patient).where(Patient.email == "tom@example.org")).one()
    visitor.user = session.scalars(sa.select(User).where(User.email == "tom@example.org")).one()
    return visitor


class TestSame:
    CHECKED = {"checked": "document"}

    def test_a_sign_up_stands_beside_the_records_that_look_like_it(self, cast, ada, amara):
        page = amara.open("staff.connections.index").text
        assert "Looks like" in page and cast.tom.mrn in page and cast.maya_patient.mrn not in page
        assert 'class="view-tabs-count">1<' in amara.open("staff.day.index").text

    def test_joined_the_portal_and_the_visits_go_on_with_the_desks_record(self, cast, session, ada, amara):
        visit = cast.booked(patient=ada.patient)
        answer = amara.send("staff.connections.join", self.CHECKED, patient_id=ada.patient.id, known_id=cast.tom.id)
        assert answer.status_code == 303
        (access,) = live(session, user_id=ada.user.id)
        assert access.patient_id == cast.tom.id
        assert session.get(Visit, (cast.rose.id, visit.id)).patient_id == cast.tom.id
        assert session.get(Patient, (cast.rose.id, ada.patient.id)).merged_into_id == cast.tom.id
        assert ada.open("portal.visits.show", visit_id=visit.id).status_code == 200
        assert "Nobody new" in amara.open("staff.connections.index").text
        entries = session.scalars(sa.select(AuditEntry).where(AuditEntry.action.like("same_people.%"))).all()
        assert {entry.action for entry in entries} == {"same_people.join", "same_people.move_visit"}
        assert next(e for e in entries if e.action == "same_people.join").changes["checked"] == [None, "document"]

    def test_looking_at_both_is_an_opening_of_both(self, cast, session, ada, amara):
        page = amara.open("staff.connections.same", patient_id=ada.patient.id, known_id=cast.tom.id)
        assert "Known here" in page.text
        session.rollback()
        opened = sa.select(AuditEntry.resource_id).where(AuditEntry.action == "patients.open")
        assert set(session.scalars(opened)) == {ada.patient.id, cast.tom.id}

    def test_many_sign_ups_are_asked_for_like_one(self, app, cast, session, ada, amara):
        def asked():
            with counted(app) as sent:
                assert amara.open("staff.connections.index").status_code == 200
            return len(sent)

        one = asked()
        for number in range(30):
            facts = {"full_name": "Tom Baker", "date_of_birth": cast.tom.date_of_birth, "signed_up_at": sa.func.now()}
            verbs.register(session, by=cast.amara.actor, **facts, email=f"tom{number}@example.org")
        session.commit()
        assert asked() == one <= 5
        page = amara.open("staff.connections.index").text
        assert page.count("Looks like") == 10 and page.count("It is the same person") == 50 and "page=2" in page

    def test_what_they_were_holding_is_given_back(self, cast, session, ada, amara):
        at = cast.tomorrow_at(11)
        ada.send("portal.booking.hold", provider_id=cast.dr_osei.id, visit_type_id=cast.consultation.id,
                 starts_at=at.strftime("%Y-%m-%dT%H:%M:%SZ"))  # fmt: skip
        held = sa.select(Slot).where(Slot.status == SlotStatus.HELD)
        session.rollback()
        assert session.scalars(held).one()
        amara.send("staff.connections.join", self.CHECKED, patient_id=ada.patient.id, known_id=cast.tom.id)
        session.rollback()
        assert not session.scalars(held).all()

    def test_without_saying_how_nothing_is_joined(self, cast, session, ada, amara):
        answer = amara.send("staff.connections.join", {}, patient_id=ada.patient.id, known_id=cast.tom.id)
        assert answer.status_code == 422 and "Say how you checked" in answer.text
        assert live(session, user_id=ada.user.id)[0].patient_id == ada.patient.id

    def test_a_record_that_somebody_else_sees_as_their_own_is_not_given_away(self, cast, session, ada, amara):
        ids = {"patient_id": ada.patient.id, "known_id": cast.maya_patient.id}
        assert cast.maya.user.email in amara.open("staff.connections.same", **ids).text
        answer = amara.send("staff.connections.join", self.CHECKED, **ids)
        assert answer.status_code == 409 and cast.maya.user.email in answer.text
        assert live(session, user_id=ada.user.id)[0].patient_id == ada.patient.id

    def test_only_a_sign_up_nobody_looked_at_is_joined_and_only_here(self, cast, ada, amara, stranger):
        both = {"patient_id": cast.maya_patient.id, "known_id": cast.tom.id}
        assert amara.send("staff.connections.join", self.CHECKED, **both).status_code == 409
        itself = {"patient_id": ada.patient.id, "known_id": ada.patient.id}
        assert amara.send("staff.connections.join", self.CHECKED, **itself).status_code == 409
        other = {"patient_id": ada.patient.id, "known_id": cast.sam.id}
        assert amara.send("staff.connections.join", self.CHECKED, **other).status_code == 404
        assert stranger.send("staff.connections.join", self.CHECKED, **other).status_code == 404

    def test_somebody_else_keeps_a_record_of_their_own(self, cast, session, ada, amara):
        amara.send("staff.connections.keep_apart", patient_id=ada.patient.id)
        assert "Nobody new" in amara.open("staff.connections.index").text
        assert amara.send("staff.connections.keep_apart", patient_id=ada.patient.id).status_code == 409
        assert live(session, user_id=ada.user.id)[0].patient_id == ada.patient.id

    @pytest.mark.promise(22, "who signs up is answered alike whether or not the clinic has a record of them")
    def test_nobody_who_signs_up_can_tell_whether_the_clinic_knows_them(self, app, cast, session):
        def signed_up(first, last, born, email):
            visitor = Visitor(app, None)
            facts = {"first_name": first, "last_name": last, "date_of_birth": born, "phone": "020 7946 0123",
                     "email": email, "password": "a long password"}  # fmt: skip
            made = visitor.send("public.clinics.sign_up", facts, slug="rose-street")
            pages = [visitor.open(f"portal.{each}.index").text for each in ("home", "details", "proxies")]
            mains = [page[page.index("<main") :] for page in pages]
            words = [re.sub(r"<[^>]*>|[0-9:]|Tom|Zoe|[tz]@", " ", main).split() for main in mains]
            return made.status_code, made.headers["Location"], words

        known = signed_up("Tom", "Baker", "01/12/1955", "t@example.org")
        unknown = signed_up("Zoe", "Baker", "01/12/1955", "z@example.org")
        assert known == unknown
