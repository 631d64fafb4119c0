"""The bell: after a commit, everyone looking at the clinic hears that something changed, and fetches it themselves.

What is sent is the clinic's id and a topic, never data; permissions are checked by the fetch.
"""

import json
import queue
import threading
import time
from contextlib import suppress
from datetime import datetime, timedelta

import psycopg
import structlog
from sqlalchemy import event, text

from clinic.db import ClinicSession, now

CHANNEL = "clinic_bell"
EVERYTHING = "*"  # the topic of whoever does not know what rang
SLACK = timedelta(milliseconds=50)  # by which the clocks of two processes may differ
NOTIFY = text("SELECT pg_notify(:channel, :payload)")
log = structlog.get_logger()


def ring(session, clinic_id, topic: str):
    """Ring for the topic when the session's transaction commits; PostgreSQL sends nothing for one that rolls back."""
    session.info.setdefault("bells", set()).add((str(clinic_id), topic))


@event.listens_for(ClinicSession, "before_commit")
def _send(session):
    for clinic_id, topic in session.info.pop("bells", ()):
        payload = json.dumps({"clinic": clinic_id, "topic": topic})
        session.connection().execute(NOTIFY, {"channel": CHANNEL, "payload": payload})


@event.listens_for(ClinicSession, "after_rollback")
def _forget(session):
    session.info.pop("bells", None)


class Bell:
    """One listening connection a process, and a small queue for each open page."""

    def __init__(self, database_url: str, most_streams: int):
        self.database_url = database_url
        self.most_streams = most_streams
        self.lock = threading.Lock()
        self.listeners: dict[str, set[queue.Queue]] = {}
        self.rung: dict[tuple[str, str], datetime] = {}
        self.listening_since: datetime | None = None
        self.thread = None

    def open(self, clinic_id, seen: datetime | None = None):
        """A queue that gets every topic rung for the clinic; None where this process has streams enough.

        ``seen`` is when the page was asked for: what has rung since then is in the queue already.
        """
        with self.lock:
            if sum(map(len, self.listeners.values())) >= self.most_streams:
                return None
            ears = queue.Queue(maxsize=100)
            self.listeners.setdefault(str(clinic_id), set()).add(ears)
            for topic in self._missed(str(clinic_id), seen):
                self._drop_in(ears, topic)
            if self.thread is None:
                self.thread = threading.Thread(target=self._listen, name="bell", daemon=True)
                self.thread.start()
        return ears

    def close(self, clinic_id, ears):
        """Forget a queue whose page has gone."""
        with self.lock:
            self.listeners.get(str(clinic_id), set()).discard(ears)

    def _missed(self, clinic_id, seen):
        """The topics that rang between a page and its stream; before this process listens, its first word tells all."""
        if seen is None or self.listening_since is None:
            return []
        if seen < self.listening_since:
            return [EVERYTHING]
        return [topic for (clinic, topic), at in self.rung.items() if clinic == clinic_id and at > seen - SLACK]

    def _listen(self):
        while True:
            try:
                with psycopg.connect(self.database_url, autocommit=True) as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    # What rang while nobody listened is unknown, so every page looks again.
                    self.listening_since = now()
                    self._tell_all(EVERYTHING)
                    for notice in connection.notifies():
                        self._hear(notice.payload)
            except psycopg.Error as error:
                log.warning("bell lost its connection", kind=type(error).__name__)
                time.sleep(1)

    def _hear(self, payload):
        rung = json.loads(payload)
        with self.lock:
            self.rung[rung["clinic"], rung["topic"]] = now()
            ears = list(self.listeners.get(rung["clinic"], ()))
        for listener in ears:
            self._drop_in(listener, rung["topic"])

    def _tell_all(self, topic):
        with self.lock:
            ears = [listener for listeners in self.listeners.values() for listener in listeners]
        for listener in ears:
            self._drop_in(listener, topic)

    @staticmethod
    def _drop_in(listener, topic):
        # A page with a hundred rings waiting would learn nothing from one more.
        with suppress(queue.Full):
            listener.put_nowait(topic)


def stream(bell: Bell, clinic_id, ears):
    """Server-sent events for one page: a topic when it rings, a comment every 15 s so that a dead page is noticed."""
    try:
        yield "retry: 3000\n\n"
        while True:
            try:
                topic = ears.get(timeout=15)
                yield f"data: {json.dumps({'topic': topic})}\n\n"
            except queue.Empty:
                yield ": still here\n\n"
    finally:
        bell.close(clinic_id, ears)
