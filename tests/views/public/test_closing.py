"""Closing one's own account: out everywhere at once, and the clinics keep what is theirs."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa

from clinic.models.accounts import Membership, Role, User, UserSession, UserStatus
from clinic.models.patients import Patient, PatientAccess
from clinic.scope import Scope
from tests.cast import PASSWORD
from tests.views.public.signing_in import belongs_also, sign_in
from tests.views.public.test_emails import PATIENT
from tests.visitor import Visitor

SURE = {"sure": "y"}


def close(browser, **form):
    """Send the form that closes the account."""
    return browser.send("public.closing.close", form or SURE)


def memberships(session, person):
    """The person's live memberships, in whichever clinic."""
    session.rollback()
    session.enter(Scope.person(person.user.id))
    rows = sa.select(Membership.id).where(Membership.user_id == person.user.id, Membership.ended_at.is_(None))
    return session.scalars(rows, execution_options={"all_clinics": True}).all()


class TestClose:
    def test_a_patient_is_told_what_happens_and_then_it_does(self, maya, app, cast, session, post):
        page = maya.open("public.closing.close").text
        assert "Rose Street Clinic: you no longer see your visits" in page and "keeps its record" in page
        elsewhere = Visitor(app, cast.maya)
        answer = close(maya)
        assert (answer.status_code, answer.location) == (303, "/account/closed")
        assert maya.open("/account/closed").headers["Clear-Site-Data"] == '"cache", "storage"'
        for browser in (maya, elsewhere):
            assert browser.open("portal.home.index").location.startswith("/sign-in")
        assert sign_in(Visitor(app, None), "maya@rose-street.example").status_code == 422
        (letter,) = post.deliver()
        assert (letter.to, letter.subject) == ("maya@rose-street.example", "Your account is closed")

    def test_the_clinic_keeps_the_record_and_nobody_sees_it_through_the_account(self, maya, cast, session):
        close(maya)
        assert memberships(session, cast.maya) == []
        session.enter(cast.scope)
        assert session.get(Patient, (cast.rose.id, cast.maya_patient.id)).full_name == "Maya Okafor"
        access = session.scalars(sa.select(PatientAccess)).one()
        assert access.until is not None
        row = session.execute(sa.select(User.__table__).where(User.__table__.c.id == cast.maya.user.id)).one()
        assert row.status == UserStatus.INACTIVE and row.deleted_at and row.password_hash is None
        live = sa.select(sa.func.count()).select_from(UserSession).where(UserSession.revoked_at.is_(None))
        assert session.scalar(live) == 0

    def test_the_address_is_free_again_and_leads_to_nothing_of_before(self, maya, app, cast, session):
        close(maya)
        again = Visitor(app, None)
        form = {**PATIENT, "email": "maya@rose-street.example"}
        assert again.send("public.clinics.sign_up", form, slug="rose-street").status_code == 303
        session.rollback()
        session.enter(cast.scope)
        accounts = session.scalars(sa.select(PatientAccess.patient_id).where(PatientAccess.until.is_(None))).all()
        assert len(accounts) == 1 and cast.maya_patient.id not in accounts

    def test_somebody_of_two_clinics_leaves_both_and_each_log_says_so(self, lind, cast, session, whole_log):
        belongs_also(session, cast.lind, cast.harbour, Role.DOCTOR)
        assert close(lind).status_code == 303
        assert memberships(session, cast.lind) == []
        assert {entry.clinic_id for entry in whole_log("closing.leave")} == {cast.rose.id, cast.harbour.id}
        (entry,) = whole_log("closing.shut")
        assert (entry.actor_id, entry.resource_id) == (cast.lind.user.id, cast.lind.user.id)

    def test_the_last_administrator_of_a_clinic_stays_and_nothing_has_happened(self, ines, cast, session):
        belongs_also(session, cast.ines, cast.harbour, Role.DOCTOR)
        answer = close(ines)
        assert answer.status_code == 409
        assert "last administrator of Rose Street Clinic" in answer.text
        assert len(memberships(session, cast.ines)) == 2
        assert ines.open("staff.colleagues.index").status_code == 200

    def test_with_another_administrator_one_may_go(self, ines, cast, session):
        session.enter(cast.scope)
        session.add(Membership(clinic_id=cast.rose.id, user_id=cast.amara.user.id, role=Role.ADMIN))
        session.commit()
        assert close(ines).status_code == 303

    def test_of_two_administrators_who_leave_at_once_one_stays(self, app, ines, amara, cast, session):
        session.enter(cast.scope)
        session.add(Membership(clinic_id=cast.rose.id, user_id=cast.amara.user.id, role=Role.ADMIN))
        session.commit()
        barrier = Barrier(2)

        def leave(browser):
            barrier.wait()
            return close(browser).status_code

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(leave, (ines, amara))) == [303, 409]

    def test_without_the_tick_nothing_happens(self, maya, cast, session):
        answer = close(maya, sure="")
        assert answer.status_code == 422 and "Tick the box" in answer.text
        assert len(memberships(session, cast.maya)) == 1

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_who_has_not_proved_lately_who_they_are_is_asked_first(self, maya, session, method):
        session.execute(sa.text("UPDATE user_sessions SET proved_at = now() - interval '11 minutes'"))
        session.commit()
        answer = maya.open("public.closing.close") if method == "get" else close(maya)
        assert answer.location.startswith("/prove")

    def test_a_password_that_was_right_before_is_worth_nothing(self, maya, app):
        close(maya)
        assert sign_in(Visitor(app, None), "maya@rose-street.example", PASSWORD).status_code == 422
