"""Mail through the queue: after a failure it is tried again, once taken it is not, and nothing is locked meanwhile."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from clinic.actions import emails, user_tokens
from clinic.actions.tokens import hash_token
from clinic.integrations import mail
from clinic.integrations.mail import MailNotSent, MailRefused
from clinic.models.accounts import TokenPurpose, User, UserToken
from clinic.work.handlers import HANDLERS, run
from clinic.work.letters import letter
from clinic.work.running import build
from tests.integrations.smtp import mail_server

HOME = Path(__file__).resolve().parents[2]
AMARA = "amara@rose-street.example"


@pytest.fixture
def box(app, monkeypatch):
    """A mail server that the application is told of."""
    with mail_server() as (mailbox, port):
        monkeypatch.setitem(app.config, "MAIL_URL", f"smtp://127.0.0.1:{port}?starttls=no")
        monkeypatch.setitem(app.config, "MAIL_FROM", "clinic@rose-street.example")
        yield mailbox


@pytest.fixture
def verify(app, session, cast):
    """Do the job that lets Amara confirm her address, as the worker would."""
    session.execute(sa.update(User).where(User.id == cast.amara.user.id).values(email_verified_at=None))
    session.commit()

    def do():
        run(app, "emails.verify", {"user_id": str(cast.amara.user.id), "clinic_id": str(cast.rose.id)})

    return do


def tokens_of(messages):
    """The tokens of the links in the messages."""
    texts = [message.get_body(("plain",)).get_content() for message in messages]
    return [text.partition("/email/verify/")[2].split()[0] for text in texts]


class TestRetry:
    @pytest.mark.parametrize("mood", ["refuse", "later", "hang_up"])
    def test_what_the_server_did_not_take_is_tried_again_with_a_fresh_link(self, box, verify, session, mood):
        box.mood = mood
        with pytest.raises(MailNotSent):
            verify()
        box.mood = "well"
        verify()
        (token,) = tokens_of(box.messages)
        open_links = session.scalars(sa.select(UserToken).where(UserToken.used_at.is_(None))).all()
        assert [link.token_hash for link in open_links] == [hash_token(token)]

    def test_a_server_that_never_answers_is_given_up_and_tried_again(self, box, verify, monkeypatch):
        monkeypatch.setattr(mail, "SECONDS_TO_ANSWER", 0.3)
        box.mood = "stall"
        with pytest.raises(MailNotSent):
            verify()
        monkeypatch.setattr(mail, "SECONDS_TO_ANSWER", 10)
        box.mood = "well"
        verify()
        assert len(box.messages) == 1

    def test_a_job_that_comes_twice_leaves_one_link_that_works(self, box, verify, session):
        verify()
        verify()
        first, second = tokens_of(box.messages)
        found = [user_tokens.found(session, hash_token(token), TokenPurpose.VERIFY_EMAIL) for token in (first, second)]
        assert found[0] is None and found[1] is not None

    def test_without_a_server_and_without_a_folder_the_job_fails_and_waits(self, verify):
        with pytest.raises(MailNotSent, match="no MAIL_URL"):
            verify()

    def test_a_mail_is_tried_for_an_hour_and_soon_after_the_server_is_back(self, app):
        tasks = build(app).tasks
        letters = [name for name, handler in HANDLERS.items() if handler.attempts]
        assert {"emails.verify", "passwords.send_link", "accounts.invite"} <= set(letters)
        for name in letters:
            waits = waits_of(tasks[name], MailNotSent("away"))
            assert sum(waits) > 3600 and max(waits) <= 240

    def test_a_mailbox_that_does_not_exist_is_not_tried_for_an_hour(self, app):
        task = build(app).tasks["emails.verify"]
        assert len(waits_of(task, MailRefused("no such mailbox"))) == 1


def waits_of(task, error):
    """The seconds the worker waits after each failure, until it gives up."""
    waits = []
    while True:
        job = SimpleNamespace(attempts=len(waits))
        decision = task.retry_strategy.get_retry_decision(exception=error, job=job)
        if decision is None:
            return waits
        waits.append(round((decision.retry_at - datetime.now(UTC)).total_seconds()))


class TestNothingIsHeld:
    def test_while_the_server_is_spoken_to_no_transaction_is_open(self, app, box, verify, superuser, monkeypatch):
        seen = []
        send = mail.send

        def watched(server, message):
            with superuser.connect() as connection:
                seen.append(connection.execute(sa.text(
                    "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"
                )).scalar())  # fmt: skip
            send(server, message)

        monkeypatch.setattr(mail, "send", watched)
        verify()
        assert seen == [0] and len(box.messages) == 1


class TestLetter:
    def test_it_has_words_and_the_same_words_as_html_with_the_link(self, app):
        with app.app_context():
            link = "https://clinic.example/email/verify/abc"
            made = letter("verify_email", to=AMARA, clinic_name="Rose & Street", link=link, days=3)
        text, html = (made.get_body((kind,)).get_content() for kind in ("plain", "html"))
        assert link in text and f'<a href="{link}">' in html
        assert "at Rose & Street." in text and "Rose &amp; Street" in html
        assert made["Auto-Submitted"] == "auto-generated"
        assert "<script" not in html and "<img" not in html

    def test_a_name_can_be_neither_a_header_nor_a_paragraph(self, app):
        with app.app_context():
            name = "Rose\r\nBcc: thief@evil.example\n\nhttps://evil.example"
            made = letter("verify_email", to=AMARA, clinic_name=name, link="https://clinic.example/x", days=3)
        assert made["Bcc"] is None
        assert "\n\nhttps://evil" not in made.get_body(("plain",)).get_content()
        assert 'href="https://evil' not in made.get_body(("html",)).get_content()

    def test_every_template_of_a_mail_has_a_subject_and_words(self, app):
        names = sorted(path.stem for path in (HOME / "templates" / "mail").glob("*.txt"))
        facts = {"days": 3, "minutes": 30, "hours": 24, "role": "Doctor", "link": "https://clinic.example/x"}
        for name in names:
            with app.app_context():
                made = letter(name, to=AMARA, clinic_name="Rose Street", **facts)
            assert 5 < len(made["Subject"]) < 70 and "\n" not in made["Subject"]
            assert "None" not in made.get_body(("plain",)).get_content()


@pytest.mark.machine
class TestWorker:
    def test_the_worker_sends_what_a_busy_server_put_off_once(self, app, server, session, cast, superuser):
        session.execute(sa.update(User).where(User.id == cast.amara.user.id).values(email_verified_at=None))
        emails.ask_to_verify(
            session, session.get(User, cast.amara.user.id, populate_existing=True), by=cast.amara.actor
        )
        session.commit()
        with mail_server() as (box, port):
            box.mood = "later"
            environment = {
                **os.environ, **server.environment(), "SECRET_KEY": "only for tests", "MAIL_FROM": "a@clinic.example",
                "MAIL_URL": f"smtp://127.0.0.1:{port}?starttls=no", "PUBLIC_URL": "https://clinic.example",
            }  # fmt: skip
            worker = subprocess.Popen(
                [sys.executable, "-m", "flask", "--app", "app", "worker"], cwd=HOME, env=environment
            )
            try:
                _wait(lambda: box.tries == 1)
                box.mood = "well"
                _wait(lambda: len(box.received) == 1)
                worker.send_signal(signal.SIGTERM)
                assert worker.wait(10) == 0
            finally:
                worker.kill()
                worker.wait()
            assert len(box.received) == 1 and box.tries == 2


def _wait(is_so, seconds=30):
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.05)
