"""Signing in, choosing a clinic, signing out: who gets in, and that nobody else does."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from clinic.actions import passwords
from clinic.actions.tokens import hash_token
from clinic.models.accounts import Membership, Role, User, UserSession, UserStatus
from clinic.models.audit import AuditEntry, Decision
from clinic.models.organizations import Clinic
from tests.cast import PASSWORD
from tests.visitor import Visitor


def signed_in_as(browser, email, password=PASSWORD, **more):
    """Send the sign-in form."""
    return browser.send("public.accounts.sign_in", {"email": email, "password": password, **more})


def token_of(browser):
    """The session token in the browser's cookie, if any."""
    with browser.client.session_transaction() as cookie:
        return cookie.get("token")


def outside_any_clinic(superuser, app, action):
    """Audit entries of no clinic, which no clinic's people can read."""
    from clinic.db import db

    url = db.engine.url.database
    engine = sa.create_engine(superuser.url.set(database=url))
    with engine.connect() as connection:
        rows = connection.execute(
            sa.select(AuditEntry.__table__).where(AuditEntry.__table__.c.action == action)
            .order_by(AuditEntry.__table__.c.created_at)
        ).all()  # fmt: skip
    engine.dispose()
    return rows


class TestSignIn:
    def test_a_receptionist_lands_on_the_staff_pages_of_her_only_clinic(self, nobody, cast, session):
        answer = signed_in_as(nobody, "Amara@Rose-Street.example ")
        assert answer.status_code == 303 and answer.location == "/"
        assert nobody.open("/").location == "/staff/"
        row = session.scalars(sa.select(UserSession).where(UserSession.user_id == cast.amara.user.id)).one()
        assert row.clinic_id == cast.rose.id and row.token_hash == hash_token(token_of(nobody))

    def test_a_patient_lands_in_the_portal(self, nobody, cast):
        signed_in_as(nobody, "maya@rose-street.example")
        assert nobody.open("/").location == "/portal/"

    @pytest.mark.parametrize("cause", ["unknown", "wrong", "suspended", "inactive", "deleted", "too long", "no password"])
    def test_every_wrong_answer_is_the_same_answer(self, nobody, cast, session, cause):
        expected = signed_in_as(nobody, "nobody@rose-street.example", "something else entirely")
        email, password = "amara@rose-street.example", PASSWORD
        if cause == "unknown":
            email = "stranger@nowhere.example"
        if cause == "wrong":
            password = "not this one, surely"
        if cause == "too long":
            password = "x" * 5000
        changes = {
            "suspended": {"status": UserStatus.SUSPENDED}, "inactive": {"status": UserStatus.INACTIVE},
            "deleted": {"deleted_at": datetime.now(UTC)}, "no password": {"password_hash": None},
        }.get(cause)  # fmt: skip
        if changes:
            session.execute(sa.update(User).where(User.email == email).values(**changes))
            session.commit()
        answer = signed_in_as(nobody, email, password)
        plain = [without_what_differs(each.text) for each in (expected, answer)]
        assert answer.status_code == expected.status_code == 422 and token_of(nobody) is None
        assert plain[0].replace("nobody@rose-street.example", email) == plain[1]


def without_what_differs(html):
    """A page without tokens and keys, which differ each time."""
    import re

    return re.sub(r'name="(csrf_token|idempotency_key)" value="[^"]*"', "", html)
