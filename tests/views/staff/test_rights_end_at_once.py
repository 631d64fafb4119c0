"""A changed role, an ended membership, a suspended account count with the very next request, not the next sign-in."""

from threading import Barrier, Thread

import pytest
import sqlalchemy as sa

from clinic.actions import users
from clinic.actions.acting import Actor, Refused
from clinic.db import db
from clinic.models.accounts import Membership, Role, User, UserSession, UserStatus
from clinic.models.organizations import Clinic
from clinic.scope import Scope
from tests.visitor import Visitor


@pytest.fixture
def role_of(session, cast):
    """The id of the live membership by which somebody holds a role in Rose Street."""

    def look(person, role):
        session.rollback()
        session.enter(cast.scope)
        return session.scalar(
            sa.select(Membership.id).where(Membership.user_id == person.user.id, Membership.role == role)
        )

    return look


def made_admin(session, cast, person):
    """Give somebody the role of an administrator too."""
    session.add(Membership(clinic_id=cast.rose.id, user_id=person.user.id, role=Role.ADMIN))
    session.commit()


@pytest.mark.promise(16, "roles changed, ended and suspended while signed in: the next request is refused")
class TestTheNextRequest:
    def test_a_role_taken_away(self, ines, amara, cast, role_of):
        assert amara.open("staff.day.index").status_code == 200
        ids = {"user_id": cast.amara.user.id, "membership_id": role_of(cast.amara, Role.RECEPTIONIST)}
        assert ines.send("staff.colleagues.end_role", **ids).status_code == 303
        assert amara.open("staff.day.index").status_code == 403
        assert amara.send("staff.patients.create", {"full_name": "Zoë Quill"}).status_code == 403

    def test_a_role_exchanged_for_a_lesser_one(self, ines, amara, cast, role_of):
        ines.send("staff.colleagues.add_role", {"role": "referrer"}, user_id=cast.amara.user.id)
        assert amara.open("staff.day.index").status_code == 200
        ids = {"user_id": cast.amara.user.id, "membership_id": role_of(cast.amara, Role.RECEPTIONIST)}
        ines.send("staff.colleagues.end_role", **ids)
        assert amara.open("staff.day.index").status_code == 403
        assert amara.open("staff.home.index").status_code == 200

    def test_a_role_given(self, ines, amara, cast):
        assert amara.open("staff.colleagues.index").status_code == 403
        ines.send("staff.colleagues.add_role", {"role": "admin"}, user_id=cast.amara.user.id)
        assert amara.open("staff.colleagues.index").status_code == 200

    def test_a_membership_ended(self, ines, osei, cast):
        visit = cast.booked()
        assert osei.open("staff.visits.show", visit_id=visit.id).status_code == 200
        ines.send("staff.colleagues.end", user_id=cast.osei.user.id)
        assert osei.open("staff.visits.show", visit_id=visit.id).status_code == 403
        assert osei.open("staff.home.index").status_code == 403

    @pytest.mark.breaks
    @pytest.mark.parametrize("status", [UserStatus.SUSPENDED, UserStatus.INACTIVE])
    def test_an_account_suspended(self, amara, cast, session, status):
        assert amara.open("staff.day.index").status_code == 200
        session.execute(sa.update(User).where(User.id == cast.amara.user.id).values(status=status))
        session.commit()
        answer = amara.open("staff.day.index")
        assert answer.status_code == 302 and "/sign-in" in answer.location
        session.execute(sa.update(UserSession).values(revoked_at=sa.func.now()))
        session.commit()

    def test_an_account_suspended_by_the_operator_is_signed_out_everywhere(self, app, amara, cast, session):
        second = Visitor(app, cast.amara)
        done = app.test_cli_runner().invoke(args=["users", "suspend", cast.amara.user.email])
        assert done.exit_code == 0, done.output
        for browser in (amara, second):
            assert browser.open("staff.day.index").status_code == 302
        session.rollback()
        live = sa.select(sa.func.count()).select_from(UserSession)
        assert (
            session.scalar(live.where(UserSession.user_id == cast.amara.user.id, UserSession.revoked_at.is_(None))) == 0
        )

    @pytest.mark.breaks
    def test_a_clinic_closed(self, amara, cast, session):
        session.execute(sa.update(Clinic).where(Clinic.id == cast.rose.id).values(closed_at=sa.func.now()))
        session.commit()
        assert amara.open("staff.day.index").status_code in (302, 403)
        session.execute(sa.update(UserSession).values(revoked_at=sa.func.now()))
        session.commit()


class TestTheLastAdministrator:
    def test_is_neither_demoted_nor_removed(self, app, ines, cast, session, role_of):
        made_admin(session, cast, cast.amara)
        amara = Visitor(app, cast.amara)
        ids = {"user_id": cast.amara.user.id, "membership_id": role_of(cast.amara, Role.ADMIN)}
        assert ines.send("staff.colleagues.end_role", **ids).status_code == 303
        # Amara was the other one; now Ines is the last, and nobody is left who could remove her.
        ids = {"user_id": cast.ines.user.id, "membership_id": role_of(cast.ines, Role.ADMIN)}
        assert amara.send("staff.colleagues.end_role", **ids).status_code == 403
        assert ines.send("staff.colleagues.end_role", **ids).status_code == 409
        assert ines.send("staff.colleagues.end", user_id=cast.ines.user.id).status_code == 409
        assert ines.open("staff.colleagues.index").status_code == 200

    def test_is_not_suspended_by_the_operator(self, app, ines, cast):
        done = app.test_cli_runner().invoke(args=["users", "suspend", cast.ines.user.email])
        assert done.exit_code != 0 and "administrator" in done.output
        assert ines.open("staff.day.index").status_code == 200

    def test_one_of_two_is_suspended_and_then_the_other_stays(self, app, cast, session):
        made_admin(session, cast, cast.amara)
        run = app.test_cli_runner().invoke
        assert run(args=["users", "suspend", cast.ines.user.email]).exit_code == 0
        assert run(args=["users", "suspend", cast.amara.user.email]).exit_code != 0
        assert run(args=["users", "activate", cast.ines.user.email]).exit_code == 0
        assert run(args=["users", "suspend", cast.amara.user.email]).exit_code == 0

    def test_two_who_are_suspended_at_once_leave_one(self, app, cast, session):
        made_admin(session, cast, cast.amara)
        refused, barrier = [], Barrier(2)

        def suspend(email):
            with app.app_context():
                own = db.session()
                barrier.wait()
                try:
                    users.keep_admins(own, email)
                    users.suspend(users.with_email(own, email), by=Actor(role="operator"))
                    own.commit()
                except Refused as error:
                    own.rollback()
                    refused.append(error)

        threads = [Thread(target=suspend, args=(each.user.email,)) for each in (cast.ines, cast.amara)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        session.rollback()
        able = sa.select(User.id).join(Membership, Membership.user_id == User.id)
        able = able.where(Membership.role == Role.ADMIN, User.status == UserStatus.ACTIVE)
        assert len(session.scalars(able).all()) == len(refused) == 1

    @pytest.mark.parametrize("how", ["end_role", "end"])
    def test_two_who_end_each_other_at_once_leave_one(self, app, ines, cast, session, role_of, how, figure):
        rounds = 10
        made_admin(session, cast, cast.amara)
        for _round in range(rounds):
            answers, barrier = [], Barrier(2)

            def end(browser, ids, answers=answers, barrier=barrier):
                barrier.wait()
                answers.append(browser.send(f"staff.colleagues.{how}", **ids).status_code)

            threads = []
            for me, other in ((cast.ines, cast.amara), (cast.amara, cast.ines)):
                ids = {"user_id": other.user.id}
                ids |= {"membership_id": role_of(other, Role.ADMIN)} if how == "end_role" else {}
                threads.append(Thread(target=end, args=(Visitor(app, me), ids)))
            for each in threads:
                each.start()
            for each in threads:
                each.join()
            session.rollback()
            admins = sa.select(sa.func.count()).select_from(Membership)
            left = session.scalar(admins.where(Membership.role == Role.ADMIN, Membership.ended_at.is_(None)))
            assert left == 1 and answers.count(303) == 1, answers
            session.execute(sa.update(Membership).values(ended_at=None))
            session.commit()
        figure(f"{rounds} rounds, 1 administrator left in each")


class TestSeveralClinics:
    def test_who_works_in_two_sees_where_they_are_and_the_way_to_the_other(self, app, cast, session, amara):
        assert "Go to another clinic" not in amara.open("staff.day.index").text
        user_id = cast.amara.user.id
        session.enter(Scope.staff(cast.harbour.id))
        session.add(Membership(clinic_id=cast.harbour.id, user_id=user_id, role=Role.RECEPTIONIST))
        session.commit()
        page = amara.open("staff.day.index").text
        assert "You are at Rose Street Clinic" in page and "Go to another clinic" in page
        choice = amara.open("public.accounts.choose").text
        assert "Harbour Health" in choice and "you are here now" in choice
        with amara.client.session_transaction() as cookie:
            before = cookie["token"]
        assert amara.send("public.accounts.enter", clinic_id=cast.harbour.id).status_code == 303
        with amara.client.session_transaction() as cookie:
            assert cookie["token"] != before
        assert "You are at Harbour Health" in amara.open("staff.day.index").text
        assert amara.open("staff.patients.show", patient_id=cast.tom.id).status_code == 404

    def test_a_role_held_in_one_is_none_in_the_other(self, cast, session, amara):
        user_id = cast.amara.user.id
        session.enter(Scope.staff(cast.harbour.id))
        session.add(Membership(clinic_id=cast.harbour.id, user_id=user_id, role=Role.ADMIN))
        session.commit()
        assert amara.open("staff.colleagues.index").status_code == 403
        assert amara.send("public.accounts.enter", clinic_id=cast.harbour.id).status_code == 303
        assert amara.open("staff.colleagues.index").status_code == 200
        assert amara.open("staff.booking.new").status_code == 403
