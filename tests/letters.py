"""The worker and the postman of the tests: does the jobs that wait, and reads what was mailed."""

import json
import re
from contextvars import Context
from pathlib import Path

import sqlalchemy as sa

from clinic.integrations import mail
from clinic.work.handlers import HANDLERS, run

LINK = re.compile(r"^https?://\S+$", re.M)


class Post:
    """Every mail the product would send, kept in a folder."""

    def __init__(self, app, engine, folder):
        self.app, self.engine, self.folder = app, engine, Path(folder)

    def waiting(self):
        """The jobs that were put and not done yet, oldest first, as (id, name, arguments)."""
        with self.engine.connect() as connection:
            rows = connection.execute(
                sa.text("SELECT id, task_name, args::text FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id")
            )
            return [(row[0], row[1], json.loads(row[2])) for row in rows if row[1] in HANDLERS]

    def deliver(self):
        """Do every job that waits, as the worker would; returns the mails of it, oldest first."""
        before = {each.id for each in mail.kept(self.folder, 500)}
        for number, name, arguments in self.waiting():
            Context().run(run, self.app, name, arguments)
            with self.engine.begin() as connection:
                connection.execute(sa.text("DELETE FROM procrastinate_jobs WHERE id = :id"), {"id": number})
        return [each for each in reversed(mail.kept(self.folder, 500)) if each.id not in before]

    def link(self, to=None):
        """Deliver, and return the path of the link in the newest mail (to somebody)."""
        self.deliver()
        newest = next(each for each in mail.kept(self.folder, 500) if to in (None, each.to))
        (address,) = LINK.findall(newest.text)
        return address.removeprefix(self.app.config["PUBLIC_URL"])
