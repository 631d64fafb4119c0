"""Signing in, and what happens behind a signed-in person's back, as the tests of the public pages say it."""

import sqlalchemy as sa

from clinic.models.accounts import Membership, User
from clinic.scope import Scope
from tests.cast import PASSWORD
from tests.visitor import Visitor


def sign_in(browser, email="amara@rose-street.example", password=PASSWORD, **more):
    """Send the sign-in form."""
    return browser.send("public.accounts.sign_in", {"email": email, "password": password, **more})


def token_of(browser):
    """The session token in the browser's cookie, if any."""
    with browser.client.session_transaction() as cookie:
        return cookie.get("token")


def with_token(app, token):
    """Another browser that holds this token: a replayed cookie."""
    thief = Visitor(app, None)
    with thief.client.session_transaction() as cookie:
        cookie["token"] = token
    return thief


def change(session, person, **values):
    """Change the person's row behind everybody's back."""
    session.execute(sa.update(User).where(User.id == person.user.id).values(**values))
    session.commit()


def belongs_also(session, person, clinic, role):
    """Give the person a role in another clinic."""
    session.enter(Scope.staff(clinic.id))
    session.add(Membership(clinic_id=clinic.id, user_id=person.user.id, role=role))
    session.commit()
