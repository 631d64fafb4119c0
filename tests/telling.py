"""Telling in tests: a clinic without quiet hours unless a test wants them, and its jobs done as they are due."""

from contextvars import Context
from datetime import timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from clinic.db import now
from clinic.integrations import mail, sms
from clinic.models.notifications import Notification
from clinic.models.organizations import Clinic
from clinic.work.handlers import run

DUE = """SELECT id, task_name, args FROM procrastinate_jobs WHERE status = 'todo' AND task_name = ANY (:names)
           AND (scheduled_at IS NULL OR scheduled_at <= now()) ORDER BY id"""


class Telling:
    """What is told at Rose Street: the worker who does it, and the folder of the trial in which it is kept."""

    def __init__(self, app, session, cast, superuser, folder):
        self.app, self.session, self.cast, self.superuser, self.folder = app, session, cast, superuser, folder
        self.rules(quiet_from="00:00", quiet_until="00:00")

    def rules(self, clinic=None, **said):
        """Set the rules of telling of Rose Street, or of the clinic."""
        self.session.execute(
            sa.update(Clinic).where(Clinic.id == (clinic or self.cast.rose).id).values(settings={"telling": said}),
            execution_options={"synchronize_session": False},
        )
        self.session.commit()
        self.session.expire_all()

    def at_night(self):
        """Make it night at the clinic, whatever the hour of the test."""
        here = now().astimezone(ZoneInfo(self.cast.rose.timezone))
        ends = here + timedelta(hours=2)
        self.rules(quiet_from=f"{here - timedelta(hours=2):%H:%M}", quiet_until=f"{ends:%H:%M}")
        return ends.replace(second=0, microsecond=0)

    def work(self, *names):
        """Do what waits and is due, as the worker would, until nothing of it is left."""
        names = names or ("notifications.send", "texts.understand")
        while found := self._due(names):
            for number, name, arguments in found:
                Context().run(run, self.app, name, arguments)
                self._ask("DELETE FROM procrastinate_jobs WHERE id = :id", id=number)
        self.session.rollback()
        self.session.expire_all()

    def later(self):
        """Let what was put off have its moment now."""
        self._ask("UPDATE notifications SET send_at = now() WHERE state = 'waiting'")
        self._ask("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'")
        self.work()

    def lines(self, patient=None, **facts):
        """The ledger of a patient (Tom, if nobody is named), the oldest line first."""
        patient = patient or self.cast.tom
        found = self.session.scalars(
            sa.select(Notification).where(Notification.patient_id == patient.id).filter_by(**facts)
            .order_by(Notification.created_at, Notification.id).execution_options(populate_existing=True)
        )  # fmt: skip
        return found.all()

    def line(self, patient=None, **facts):
        """The only line there is."""
        (found,) = self.lines(patient, **facts)
        return found

    @property
    def mails(self):
        """What was mailed, the oldest first."""
        return mail.kept(self.folder, 100)[::-1]

    @property
    def texts(self):
        """What was sent as text messages, the oldest first."""
        return sms.kept(self.folder, 100)[::-1]

    def _due(self, names):
        with self.superuser.connect() as connection:
            return connection.execute(sa.text(DUE), {"names": list(names)}).all()

    def _ask(self, sql, **values):
        with self.superuser.connect() as connection:
            return connection.execute(sa.text(sql), values)
