"""A mail server that fails again and again is left alone for a while, asked again by one, and mails then go out."""

import threading

import pytest
import sqlalchemy as sa

from clinic.actions.breakers import MOST_FAILURES, Resting
from clinic.db import db
from clinic.integrations.mail import MailNotSent
from clinic.models.accounts import User
from clinic.scope import Scope
from clinic.work.breakers import tried
from clinic.work.handlers import run
from tests.integrations.smtp import mail_server

REST_OVER = sa.text("UPDATE breakers SET rests_until = now() - interval '1 second'")


@pytest.fixture
def box(app, monkeypatch):
    """A mail server that the application is told of."""
    with mail_server() as (mailbox, port):
        monkeypatch.setitem(app.config, "MAIL_URL", f"smtp://127.0.0.1:{port}?starttls=no")
        monkeypatch.setitem(app.config, "MAIL_FROM", "clinic@rose-street.example")
        yield mailbox


@pytest.fixture
def mail(app, session, cast):
    """Mail something to Amara, as the worker would."""
    session.execute(sa.update(User).where(User.id == cast.amara.user.id).values(email_verified_at=None))
    session.commit()
    return lambda: run(app, "emails.verify", {"user_id": str(cast.amara.user.id), "clinic_id": str(cast.rose.id)})


def fail(mail, times=MOST_FAILURES):
    """Try to mail in vain."""
    for _time in range(times):
        with pytest.raises(MailNotSent):
            mail()


def test_after_five_failures_in_a_row_the_server_is_not_asked(box, mail):
    box.mood = "hang_up"
    fail(mail)
    asked = box.tries
    for _time in range(3):
        with pytest.raises(Resting):
            mail()
    assert box.tries == asked == MOST_FAILURES


def test_four_failures_and_a_mail_are_no_reason_to_leave_it_alone(box, mail):
    for _round in range(2):
        box.mood = "hang_up"
        fail(mail, MOST_FAILURES - 1)
        box.mood = "well"
        mail()
    assert len(box.messages) == 2


def test_a_mailbox_that_does_not_exist_says_nothing_about_the_server(box, mail):
    box.mood = "refuse"
    fail(mail, MOST_FAILURES + 2)
    assert box.tries == MOST_FAILURES + 2


def test_after_the_rest_one_mail_goes_and_then_all(box, mail, session):
    box.mood = "hang_up"
    fail(mail)
    session.execute(REST_OVER)
    session.commit()
    box.mood = "well"
    mail()
    mail()
    assert len(box.messages) == 2


def test_a_server_that_is_still_away_after_the_rest_is_left_alone_again(box, mail, session):
    box.mood = "hang_up"
    fail(mail)
    session.execute(REST_OVER)
    session.commit()
    fail(mail, 1)
    with pytest.raises(Resting):
        mail()
    assert box.tries == MOST_FAILURES + 1


def test_of_many_workers_one_asks_whether_the_server_is_back(app, box, mail, session):
    box.mood = "hang_up"
    fail(mail)
    session.execute(REST_OVER)
    session.commit()
    barrier, told, rests = threading.Barrier(8), [], threading.Semaphore(0)

    def worker():
        with app.app_context():
            own = db.session()
            own.enter(Scope.person())
            barrier.wait()
            try:
                with tried(own, "mail", away=MailNotSent):
                    told.append("asked")
                    # The answer is long in coming: until all others have been told to wait.
                    for _other in range(7):
                        assert rests.acquire(timeout=10)
                own.commit()
            except Resting:
                told.append("rests")
                own.rollback()
                rests.release()

    threads = [threading.Thread(target=worker) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["asked"] + ["rests"] * 7
