"""A forgotten password, an address that is confirmed and one that is changed: by mail, in a real browser."""

import pytest
import sqlalchemy as sa

from clinic.db import db
from clinic.models.accounts import User
from tests.cast import PASSWORD
from tests.letters import Post

NEW = "a brand new password"


@pytest.fixture
def post(app, clean, live, superuser, tmp_path, monkeypatch):
    """The mails of the running product, and the worker that writes them."""
    monkeypatch.setitem(app.config, "MAIL_FOLDER", str(tmp_path / "mail"))
    monkeypatch.setitem(app.config, "PUBLIC_URL", live.url)
    with app.app_context():
        engine = sa.create_engine(superuser.url.set(database=db.engine.url.database))
    yield Post(app, engine, tmp_path / "mail")
    engine.dispose()


def test_a_patient_who_forgot_the_password_chooses_another_and_is_back(window, cast, post, size):
    at = window(size=size)
    at.go("/sign-in").check().press("Forgotten your password?", role="link")
    at.check().page.get_by_label("Email").fill("maya@rose-street.example")
    at.press("Send me the link")
    at.sees("a mail with a link is on its way there")
    at.check().go(post.link("maya@rose-street.example")).check()
    at.page.get_by_label("New password").fill("password1234")
    at.press("Change password")
    at.sees("easy to guess")
    at.check().page.get_by_label("New password").fill(NEW)
    at.press("Change password")
    at.sees("Your password is changed. Sign in with the new one.")
    at.check().sign_in("maya@rose-street.example", NEW)
    at.sees("My visits")


def test_a_patient_confirms_the_address_from_the_banner(window, cast, session, post, size):
    session.execute(sa.update(User).where(User.id == cast.maya.user.id).values(email_verified_at=None))
    session.commit()
    at = window(cast.maya, size=size)
    at.go("/portal/").check().press("Send it again")
    at.sees("A mail is on its way to you.")
    at.go(post.link("maya@rose-street.example")).check().press("Yes, confirm it")
    at.sees("Your email address is confirmed.")
    assert "so that we know the address is yours" not in at.page.content()


def test_a_person_changes_the_address_and_then_leaves(window, cast, post, size):
    at = window(cast.maya, size=size)
    at.go("/account").check().press("Change the address", role="link")
    at.check().page.get_by_label("New email address").fill("maya@another.example")
    at.press("Send the link")
    at.sees("A link is on its way to the new address.")
    at.check().go(post.link("maya@another.example")).check().press("Use this address")
    at.sees("You sign in with the new address from now on.")
    at.go("/account/close").check().press("Close my account")
    at.sees("Tick the box if you are sure.")
    at.check().page.get_by_label("I have read this").check()
    at.press("Close my account")
    at.sees("Your account is closed")
    at.check().sign_in("maya@another.example", PASSWORD)
    at.sees("do not belong together")
