"""Taking up an invitation to see a record: what must be known, what is told, and how often it works."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa

from clinic.actions import connections
from clinic.models.accounts import Membership, Role, User, UserStatus, UserToken
from clinic.models.audit import AuditEntry, Decision
from clinic.models.organizations import Clinic
from clinic.models.patients import PatientAccess
from clinic.models.people import Relation
from tests.cast import PASSWORD
from tests.connections import NAMED, RUTH, TOMS_BIRTHDAY, link_to, proved, taken_up
from tests.visitor import Visitor

WRONG = "02/12/1955"
AT_ONCE = 50


def accesses(session):
    """Who sees Tom's record."""
    session.rollback()
    return session.scalars(sa.select(PatientAccess).where(PatientAccess.relation != Relation.SELF)).all()


@pytest.fixture
def path(session, cast):
    """A link to Tom's record for Ruth, who has no account yet."""
    return link_to(session, cast)


class TestBirth:
    def test_before_the_date_of_birth_nothing_is_said_of_anybody(self, cast, nobody, path):
        for page in (nobody.open(path), nobody.send(path, {"date_of_birth": WRONG})):
            assert not any(word in page.text for word in ("Tom", "Baker", cast.tom.mrn, RUTH, "1955-12-01"))

    def test_a_wrong_one_is_told_with_how_many_tries_are_left(self, nobody, path):
        answer = nobody.send(path, {"date_of_birth": WRONG})
        assert answer.status_code == 422 and "You can try 4 more times." in answer.text

    def test_what_is_no_date_costs_no_try(self, nobody, path):
        for _ in range(6):
            assert nobody.send(path, {"date_of_birth": "tomorrow"}).status_code == 422
        assert proved(nobody, path)

    @pytest.mark.promise(21, "the fifth wrong date of birth ends an invitation's links, the right date comes too late")
    def test_after_five_wrong_ones_every_link_of_the_invitation_is_dead(self, cast, session, nobody, path):
        statuses = [nobody.send(path, {"date_of_birth": WRONG}).status_code for _ in range(5)]
        assert statuses == [422, 422, 422, 422, 404]
        assert nobody.send(path, {"date_of_birth": TOMS_BIRTHDAY}).status_code == 404
        session.rollback()
        refusals = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "connections.prove")).all()
        assert {entry.decision for entry in refusals} == {Decision.REFUSED} and len(refusals) == 5
        assert {entry.patient_id for entry in refusals} == {cast.tom.id}

    def test_fifty_guesses_at_once_are_no_more_than_five(self, app, cast, session, path):
        barrier = Barrier(AT_ONCE)

        def guess(browser):
            barrier.wait()
            return browser.send(path, {"date_of_birth": WRONG}).status_code

        browsers = [Visitor(app, None) for _ in range(AT_ONCE)]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = list(pool.map(guess, browsers))
        assert answers.count(422) == 4 and answers.count(404) == 46
        session.rollback()
        assert session.scalars(sa.select(UserToken.tries)).all() == [5]

    def test_the_next_page_opens_for_nobody_who_did_not_give_it(self, app, session, cast, nobody, path):
        other = link_to(session, cast, cast.maya_patient, relation=Relation.CARER)
        proof = proved(nobody, path).rpartition("/")[2]
        for forged in ("x", proof[:-1], proof):
            answer = nobody.open(f"{other}/{forged}")
            assert answer.status_code == 303 and answer.headers["Location"] == other
        assert nobody.send(f"{other}/{proof}", NAMED).headers["Location"] == other


class TestTakingUp:
    def test_with_a_new_account_one_is_in_the_portal_and_sees_the_record(self, cast, session, nobody, path):
        visit = cast.booked()
        page = nobody.open(proved(nobody, path)).text
        assert "The record of Tom Baker" in page and "Carer" in page and RUTH in page
        assert taken_up(nobody, path).headers["Location"] == "/portal/"
        home = nobody.open("portal.home.index").text
        assert "for Tom Baker" in home
        assert nobody.open("portal.visits.show", visit_id=visit.id).status_code == 200
        (access,) = accesses(session)
        assert access.until is not None and access.patient_id == cast.tom.id
        (member,) = session.scalars(sa.select(Membership).where(Membership.user_id == access.user_id))
        assert member.role == Role.PATIENT

    def test_what_a_carer_opens_and_does_is_recorded_as_the_carers(self, cast, session, nobody, path):
        visit = cast.booked(cast.tomorrow_at(10, days=3))
        taken_up(nobody, path)
        nobody.open("portal.visits.show", visit_id=visit.id)
        nobody.send("portal.visits.call_off", {"note": ""}, visit_id=visit.id)
        session.rollback()
        ruth = session.scalars(sa.select(User).where(User.email == RUTH)).one()
        for action in ("visits.open", "visits.cancel"):
            entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == action)).one()
            assert entry.actor_id == ruth.id and entry.patient_id == cast.tom.id, action
            assert entry.details["relation"] == "carer"

    def test_somebody_with_an_account_signs_in_as_themselves_and_comes_back(self, cast, session, nobody):
        path = link_to(session, cast, email=cast.maya.user.email)
        following = proved(nobody, path)
        page = nobody.open(following).text
        assert "There is an account" in page and "password" not in page.lower().replace("no-store", "")
        assert nobody.send(following, NAMED).status_code == 200 and not accesses(session)
        facts = {"email": cast.maya.user.email, "password": PASSWORD, "next": following}
        back = nobody.send("public.accounts.sign_in", facts)
        assert back.headers["Location"] == following
        assert nobody.send(following).headers["Location"] == "/portal/"
        assert nobody.open("portal.details.edit", patient_id=cast.tom.id).status_code == 200
        assert nobody.open("portal.details.edit", patient_id=cast.maya_patient.id).status_code == 200

    def test_somebody_elses_session_takes_nothing_up(self, cast, session, maya):
        other = cast.osei.user.email
        following = proved(maya, path := link_to(session, cast, email=other))
        assert "Sign in with it" in maya.open(following).text
        assert maya.send(following, NAMED).status_code == 200
        assert not accesses(session) and maya.open(path).status_code == 200

    def test_it_works_once(self, cast, session, app, nobody, path):
        taken_up(nobody, path)
        assert Visitor(app, None).open(path).status_code == 404
        assert Visitor(app, None).send(path, {"date_of_birth": TOMS_BIRTHDAY}).status_code == 404

    @pytest.mark.promise(23, "an invitation to a record: 50 at once, 1 accepted")
    def test_of_fifty_at_once_one_gets_in(self, app, cast, session, path, figure):
        browsers = [Visitor(app, None) for _ in range(AT_ONCE)]
        pages = [proved(browser, path) for browser in browsers[:1]] * AT_ONCE
        barrier = Barrier(AT_ONCE)

        def attempt(browser, page, number):
            barrier.wait()
            return browser.send(page, {**NAMED, "password": f"a brand new password {number}"}).status_code

        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = list(pool.map(attempt, browsers, pages, range(AT_ONCE)))
        figure(f"50 at once, {answers.count(303)} accepted")
        assert answers.count(303) == 1 and set(answers) <= {200, 303, 404, 409}
        assert len(accesses(session)) == 1
        assert len(session.scalars(sa.select(User).where(User.email == RUTH)).all()) == 1

    def test_an_expired_one_and_one_of_a_closed_clinic_are_dead(self, cast, session, nobody, path):
        session.execute(sa.update(UserToken).values(expires_at=sa.func.now()))
        session.commit()
        assert nobody.open(path).status_code == 404
        session.execute(sa.update(UserToken).values(expires_at=sa.text("now() + interval '1 day'")))
        session.execute(sa.update(Clinic).where(Clinic.id == cast.rose.id).values(closed_at=sa.func.now()))
        session.commit()
        assert nobody.open(path).status_code == 404

    def test_between_the_pages_it_may_die_too(self, cast, session, nobody, path):
        following = proved(nobody, path)
        connections.withdraw(session.scalars(sa.select(UserToken)).one(), by=cast.amara.actor)
        session.commit()
        assert nobody.open(following).status_code == 404 and nobody.send(following, NAMED).status_code == 404

    def test_a_suspended_account_takes_nothing_up(self, cast, session, nobody):
        path = link_to(session, cast, email=cast.maya.user.email)
        suspended = {"status": UserStatus.SUSPENDED}
        session.execute(sa.update(User).where(User.id == cast.maya.user.id).values(**suspended))
        session.commit()
        assert nobody.open(proved(nobody, path)).status_code == 404

    def test_a_carer_is_not_let_in_again_whom_the_clinic_shut_out(self, cast, session, maya):
        path = link_to(session, cast, email=cast.maya.user.email)
        patient = sa.and_(Membership.user_id == cast.maya.user.id, Membership.role == Role.PATIENT)
        session.execute(sa.update(Membership).where(patient).values(ended_at=sa.func.now()))
        session.commit()
        answer = maya.send(proved(maya, path))
        assert answer.status_code == 409 and "closed your access" in answer.text and not accesses(session)

    def test_a_weak_password_is_refused_as_everywhere(self, nobody, path):
        answer = nobody.send(proved(nobody, path), {**NAMED, "password": "short"})
        assert answer.status_code == 422 and "12 characters" in answer.text

    def test_the_patients_own_access_has_no_end(self, cast, session, nobody):
        path = link_to(session, cast, relation=Relation.SELF, email="tom@example.org")
        taken_up(nobody, path, first_name="Tom")
        own = session.scalars(sa.select(PatientAccess).where(PatientAccess.patient_id == cast.tom.id)).one()
        assert own.relation == Relation.SELF and own.until is None
        assert "for Tom Baker" not in nobody.open("portal.home.index").text


class TestMail:
    def test_the_mail_holds_a_second_link_and_nothing_of_the_patient(self, cast, session, nobody, path, post):
        (letter,) = post.deliver()
        assert letter.to == RUTH and not any(word in letter.text for word in ("Tom", "Baker", "1955"))
        mailed = letter.text[letter.text.index("/connect/") :].split()[0]
        assert mailed != path
        nobody.send(path, {"date_of_birth": WRONG})
        assert "3 more times" in nobody.send(mailed, {"date_of_birth": WRONG}).text
        taken_up(nobody, mailed)
        assert Visitor(nobody.app, None).open(path).status_code == 404

    def test_a_withdrawn_invitation_is_not_mailed(self, cast, session, path, post):
        connections.withdraw(session.scalars(sa.select(UserToken)).one(), by=cast.amara.actor)
        session.commit()
        assert not post.deliver()

    @pytest.mark.parametrize("has_died", [False, True])
    def test_a_month_before_an_access_ends_the_carer_and_the_patient_are_told_if_they_live(
        self, cast, session, nobody, path, post, has_died
    ):
        taken_up(nobody, link_to(session, cast, relation=Relation.SELF, email="tom@example.org"), first_name="Tom")
        nobody = Visitor(nobody.app, None)
        taken_up(nobody, path)
        until = sa.func.now() + sa.text("interval '29 days 23 hours'")
        session.execute(sa.update(PatientAccess).where(PatientAccess.relation == Relation.CARER).values(until=until))
        session.merge(cast.tom).deceased_at = sa.func.now() if has_died else None
        session.commit()
        told = [letter for letter in post.deliver() if "ends on" in letter.subject]
        assert {letter.to for letter in told} == ({RUTH} if has_died else {RUTH, "tom@example.org"})
        assert not any("Tom" in letter.text or "Baker" in letter.text for letter in told)

    def test_of_an_access_that_goes_on_longer_nobody_is_told(self, cast, session, nobody, path, post):
        taken_up(nobody, path)
        assert not [letter for letter in post.deliver() if "ends on" in letter.subject]
