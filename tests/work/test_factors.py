"""Mails about second factors: to whose they are, with a way to act, and with no secret in them."""

import pytest
import sqlalchemy as sa

from clinic.actions import factors, recovery_codes
from clinic.integrations import mail
from clinic.models.accounts import User
from clinic.work.handlers import run
from tests.factors import with_app, with_codes


@pytest.fixture
def outbox(app, tmp_path, monkeypatch):
    """The folder in which the trial keeps its mails."""
    monkeypatch.setitem(app.config, "MAIL_URL", "")
    monkeypatch.setitem(app.config, "MAIL_FOLDER", str(tmp_path))
    return tmp_path


def do(app, session, name):
    """Do the newest job of this name, as the worker would."""
    newest = sa.text("SELECT args FROM procrastinate_jobs WHERE task_name = :name ORDER BY id DESC LIMIT 1")
    arguments = session.scalar(newest, {"name": name})
    session.rollback()
    run(app, name, arguments)


@pytest.mark.parametrize(
    ("name", "subject", "leads"),
    [("factors.tell", "Your second step of signing in was changed", "/password"),
     ("factors.tell_code_used", "One of your recovery codes was used", "/factors"),
     ("factors.tell_reset", "Your second step is being reset", "/factors")],
)  # fmt: skip
def test_the_person_is_told_and_can_act(app, session, cast, outbox, name, subject, leads):
    phone = with_app(session, cast.amara)
    (code, *_) = with_codes(session, cast.amara)
    if name == "factors.tell_reset":
        factors.ask_reset(session.get(User, cast.amara.user.id), by=cast.ines.actor)
    elif name == "factors.tell_code_used":
        recovery_codes.use(session, cast.amara.user.id, code, by=cast.amara.actor)
    session.commit()
    do(app, session, name)
    (letter,) = mail.kept(outbox, 10)
    assert (letter.to, letter.subject) == ("amara@rose-street.example", subject)
    assert "Rose Street Clinic" in letter.text and app.config["PUBLIC_URL"] + leads in letter.text
    assert phone.app.secret not in letter.text and code not in letter.text


def test_a_job_about_somebody_who_is_gone_ends_quietly(app, session, cast, outbox):
    with_app(session, cast.amara)
    session.execute(sa.update(User).where(User.id == cast.amara.user.id).values(deleted_at=sa.func.now()))
    session.commit()
    do(app, session, "factors.tell")
    assert not mail.kept(outbox, 10)
