"""Taking up an invitation, and choosing a new password."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from clinic.actions.accounts import invite
from clinic.models.accounts import Membership, Role, TokenPurpose, UserToken
from clinic.models.audit import Decision
from tests.cast import PASSWORD
from tests.views.public.signing_in import sign_in
from tests.visitor import Visitor

NEW = "a brand new password"


class TestPassword:
    def test_a_new_password_ends_every_other_sign_in(self, amara, app, cast):
        other = Visitor(app, cast.amara)
        form = {"old_password": PASSWORD, "password": NEW, "again": NEW}
        assert amara.send("public.accounts.password", form).status_code == 303
        assert amara.open("staff.home.index").location != "/sign-in"
        assert other.open("staff.home.index").location.startswith("/sign-in")
        assert sign_in(Visitor(app, None), password=PASSWORD).status_code == 422
        assert sign_in(Visitor(app, None), password=NEW).status_code == 303

    @pytest.mark.parametrize(
        ("form", "sentence"),
        [({"old_password": "wrong one here", "password": NEW, "again": NEW}, "not your present password"),
         ({"old_password": PASSWORD, "password": "short", "again": "short"}, "at least 12 characters"),
         ({"old_password": PASSWORD, "password": "x" * 2000, "again": "x" * 2000}, "too long"),
         ({"old_password": PASSWORD, "password": NEW, "again": NEW + "!"}, "not the same"),
         ({}, "Choose a password.")],
    )  # fmt: skip
    def test_what_will_not_do_is_said(self, amara, form, sentence):
        answer = amara.send("public.accounts.password", form)
        assert answer.status_code == 422
        assert sentence in answer.text
        assert NEW not in answer.text

    def test_a_wrong_old_password_leaves_an_entry(self, amara, cast, whole_log):
        amara.send("public.accounts.password", {"old_password": "wrong one here", "password": NEW, "again": NEW})
        (entry,) = whole_log("accounts.change_password")
        assert (entry.actor_id, entry.decision) == (cast.amara.user.id, Decision.REFUSED)


class TestJoin:
    NAMES = {"first_name": "Noor", "last_name": "Haddad", "password": NEW}

    @pytest.fixture
    def token(self, session, cast):
        return self.invited(session, cast, "noor@rose-street.example")

    def invited(self, session, cast, email, by=None):
        session.enter(cast.scope)
        _user, token = invite(
            session, by=(by or cast.ines).actor, email=email, first_name=None, last_name=None, role=Role.RECEPTIONIST
        )
        session.commit()
        return token

    def test_a_colleague_chooses_a_password_and_is_in(self, nobody, token):
        assert "noor@rose-street.example" in nobody.open("public.accounts.join", token=token).text
        answer = nobody.send("public.accounts.join", self.NAMES, token=token)
        assert answer.status_code == 303
        assert nobody.open("/").location == "/staff/"

    def test_no_link_of_another_kind_makes_anybody_a_colleague(self, nobody, session, token):
        session.execute(sa.update(UserToken).values(purpose=TokenPurpose.VERIFY_EMAIL))
        session.commit()
        assert nobody.send("public.accounts.join", self.NAMES, token=token).status_code == 404

    def test_the_link_is_good_for_one_time(self, nobody, app, token):
        nobody.send("public.accounts.join", self.NAMES, token=token)
        second = Visitor(app, None)
        assert second.open("public.accounts.join", token=token).status_code == 404
        assert (
            second.send("public.accounts.join", {**self.NAMES, "password": "another password"}, token=token).status_code
            == 404
        )
        assert sign_in(second, "noor@rose-street.example", NEW).status_code == 303

    def test_the_link_is_good_for_three_days(self, nobody, session, token):
        session.execute(sa.update(UserToken).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
        session.commit()
        assert nobody.open("public.accounts.join", token=token).status_code == 404

    def test_a_newer_link_ends_the_older(self, nobody, session, cast, token):
        newer = self.invited(session, cast, "noor@rose-street.example")
        assert nobody.open("public.accounts.join", token=token).status_code == 404
        assert nobody.open("public.accounts.join", token=newer).status_code == 200

    def test_a_made_up_link_is_not_found(self, nobody):
        assert nobody.open("public.accounts.join", token="made-up").status_code == 404

    def test_a_weak_password_is_not_taken_and_the_link_still_works(self, nobody, token):
        assert nobody.send("public.accounts.join", {**self.NAMES, "password": "short"}, token=token).status_code == 422
        assert nobody.send("public.accounts.join", self.NAMES, token=token).status_code == 303

    def test_whoever_has_an_account_must_sign_in_to_it(self, nobody, stranger, amara, session, cast):
        token = self.invited(session, cast, cast.stranger.user.email)
        assert "Sign in with it" in nobody.open("public.accounts.join", token=token).text
        assert nobody.send("public.accounts.join", self.NAMES, token=token).status_code == 409
        assert amara.send("public.accounts.join", self.NAMES, token=token).status_code == 409
        assert sign_in(nobody, cast.stranger.user.email, NEW).status_code == 422
        assert "You are signed in as" in stranger.open("public.accounts.join", token=token).text
        assert stranger.send("public.accounts.join", {}, token=token).status_code == 303
        assert stranger.open("/").location == "/staff/"
        session.rollback()
        rows = session.scalars(sa.select(Membership).where(Membership.user_id == cast.stranger.user.id)).all()
        assert {row.role for row in rows} == {Role.RECEPTIONIST}
