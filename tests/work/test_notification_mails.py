"""Messages that go out as mails: a server that refuses, is away or took one whose worker died; and what got stuck."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from clinic.actions import notifications
from clinic.actions.breakers import REST_SECONDS
from clinic.db import now
from clinic.models.notifications import NotificationState, Why
from clinic.work.handing_over import next_try
from clinic.work.handlers import run
from tests.integrations.smtp import mail_server

S = NotificationState
SCHEDULED = sa.text("SELECT scheduled_at FROM procrastinate_jobs WHERE task_name = 'notifications.send'")


def test_a_service_is_asked_for_a_day_and_has_everything_five_minutes_after_it_is_back():
    waits = []
    while (wait := next_try(len(waits) + 1)) is not None:
        waits.append(wait)
    assert sum(waits, timedelta()) >= timedelta(days=1)
    # Whoever comes while it is left alone comes once more.
    assert max(waits) + timedelta(seconds=REST_SECONDS) <= timedelta(minutes=5)


class TestAMailServer:
    @pytest.fixture
    def box(self, app, telling, monkeypatch):
        """A mail server that the application is told of."""
        with mail_server() as (mailbox, port):
            monkeypatch.setitem(app.config, "MAIL_URL", f"smtp://127.0.0.1:{port}?starttls=no")
            monkeypatch.setitem(app.config, "MAIL_FROM", "clinic@rose-street.example")
            yield mailbox

    def test_that_takes_it_later_gets_it_again_by_the_same_name(self, telling, session, cast, tom, box):
        box.mood = "later"
        cast.booked()
        telling.work()
        line = telling.line()
        assert (line.state, line.why, line.attempts) == (S.WAITING, Why.AWAY, 1) and line.send_at > now()
        assert line.send_at in session.scalars(SCHEDULED).all()
        box.mood = "well"
        line.send_at = now()
        session.commit()
        run(telling.app, notifications.SEND, {"clinic_id": str(line.clinic_id), "notification_id": str(line.id)})
        (message,) = box.messages
        assert message["Message-ID"] == f"<{line.id}@rose-street.example>" and telling.line().state == S.SENT

    def test_that_refuses_it_makes_it_the_desks_work_at_once(self, telling, cast, tom, box):
        box.mood = "refuse"
        cast.booked()
        telling.work()
        line = telling.line()
        assert (line.state, line.why, box.tries) == (S.FAILED, Why.REFUSED, 1) and line.waits_for_the_desk

    def test_whose_worker_died_after_handing_it_over_gets_it_again_by_the_same_name(
        self, telling, session, cast, tom, box, monkeypatch
    ):
        class Killed(BaseException):
            pass

        def die(*args, **options):
            raise Killed

        cast.booked()
        with monkeypatch.context() as death:
            death.setattr(notifications, "handed_over", die)
            with pytest.raises(Killed):
                telling.work()
        session.rollback()
        line = telling.line()
        session.refresh(line)
        assert line.state == S.SENDING
        ids = {"clinic_id": str(line.clinic_id), "notification_id": str(line.id)}
        run(telling.app, notifications.SEND, ids)
        assert len(box.messages) == 1, "somebody else may still be at it"
        session.execute(sa.text("UPDATE notifications SET send_at = now() - interval '2 minutes'"))
        session.commit()
        run(telling.app, notifications.SEND, ids)
        first, again = box.messages
        assert first["Message-ID"] == again["Message-ID"]
        session.refresh(line)
        assert line.state == S.SENT

    def test_an_address_no_mail_can_carry_is_the_desks_work(self, telling, session, cast, tom, box):
        tom.email = "tom baker\r\nBcc: x@x.example"
        session.commit()
        cast.booked()
        telling.work()
        assert telling.line().state == S.FAILED and not box.messages


LATE = """UPDATE notifications SET send_at = now() - interval '2 hours', updated_at = now() - interval '2 hours'"""


def test_what_got_stuck_is_handed_to_the_desk(telling, superuser, cast, tom):
    cast.booked()
    run(telling.app, "notifications.rescue", {})
    assert telling.line().state == S.WAITING, "it is not late yet"
    with superuser.connect() as connection:
        # As though nobody had touched the line since; the trigger would say otherwise.
        connection.exec_driver_sql("SET session_replication_role = replica")
        connection.exec_driver_sql(LATE)
        connection.exec_driver_sql("SET session_replication_role = origin")
    run(telling.app, "notifications.rescue", {})
    telling.session.expire_all()
    assert telling.line().state == S.FAILED and telling.line().waits_for_the_desk
