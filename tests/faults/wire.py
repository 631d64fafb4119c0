"""A relay between the application and PostgreSQL that reads what passes, and stops a transaction at one statement.

It knows of PostgreSQL's protocol what that needs: which text a prepared statement has, what is bound to it, and COMMIT.
"""

import socket
import struct
import threading
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import psutil

from tests.faults.relay import Line, Relay

STARTUP = 196608


@dataclass(eq=False)
class Stop:
    """Where a transaction is to stop: at a statement, before it is sent or after it was done, and never heard of it.

    Whose transaction is known by a value bound to any of its statements.
    """

    statement: str
    before: bool
    mark: tuple
    caught: threading.Event = field(default_factory=threading.Event)
    line: Line | None = None

    def wait(self, seconds=20):
        """Wait until a transaction stands there."""
        assert self.caught.wait(seconds), f"no transaction came to {self.statement!r}"

    def whose(self):
        """The process whose transaction it is."""
        ends = self.line.client.getpeername(), self.line.client.getsockname()
        return next(each.pid for each in psutil.net_connections("tcp") if (each.laddr, each.raddr) == ends)

    def cut(self):
        """Cut its connection, on both sides."""
        self.line.close()


class Wire(Relay):
    """The relay in front of a database server."""

    def __init__(self, server):
        self.path = f"{server.socket_folder}/.s.PGSQL.5432"
        super().__init__(self._connect)
        self.stop = None

    def _connect(self):
        line = socket.socket(socket.AF_UNIX)
        try:
            line.connect(self.path)
        except OSError:
            line.close()
            raise
        return line

    def through(self, addresses):
        """The addresses with the application's own leading through the wire."""
        url = urlsplit(addresses["DATABASE_URL"])
        assert "host" in parse_qs(url.query)
        query = f"host=127.0.0.1&port={self.port}&sslmode=disable&gssencmode=disable"
        return addresses | {"DATABASE_URL": url._replace(query=query).geturl()}

    def stop_at(self, statement, mark, *, before=False) -> Stop:
        """Let the transaction stop in which the id ``mark`` is bound, at the statement that contains these words."""
        self.stop = Stop(statement, before, (mark.bytes, str(mark).encode(), mark.hex.encode()))
        return self.stop

    def line(self, client, server):
        """A connection that is read along."""
        return _Read(self, client, server)


class _Read(Line):
    def __init__(self, relay, client, server):
        super().__init__(relay, client, server)
        self.waiting, self.started = b"", False
        self.texts = {}
        self.marked = self.withheld = False
        self.stopped = None

    def from_client(self, data):
        self.waiting += data
        while (length := self._length()) and len(self.waiting) >= length:
            message, self.waiting = self.waiting[:length], self.waiting[length:]
            if self._stops(message) and self._stand():
                continue
            self.server.sendall(message)

    def from_server(self, data):
        if self.withheld:
            # All of an answer ends with ReadyForQuery, five bytes of length and one of state.
            if data[-6:-5] == b"Z":
                self._tell()
            return
        self.client.sendall(data)

    def _length(self):
        """How long the next message is; 0 where that is not known yet."""
        head = 1 if self.started else 0
        if len(self.waiting) < head + 4:
            return 0
        return head + struct.unpack_from("!i", self.waiting, head)[0]

    def _stops(self, message):
        """Read a message along; True where it is the one to stop at."""
        if not self.started:
            self.started = struct.unpack_from("!i", message, 4)[0] == STARTUP
            return False
        kind, body = message[:1], message[5:]
        if kind == b"P":
            name, text = body.split(b"\0", 2)[:2]
            self.texts[name] = text.decode()
            return False
        if kind not in (b"B", b"Q"):
            return False
        text = body[:-1].decode() if kind == b"Q" else self.texts.get(body.split(b"\0", 2)[1], "")
        stop = self.relay.stop
        if stop is None or stop.caught.is_set():
            self.marked = False
            return False
        self.marked = self.marked or any(each in body for each in stop.mark)
        here = self.marked and stop.statement in text
        if text in ("COMMIT", "ROLLBACK"):
            self.marked = False
        return here

    def _stand(self):
        """Stop here; True where the message is not even sent."""
        self.stopped = self.relay.stop
        self.withheld = True
        if self.stopped.before:
            self._tell()
        return self.stopped.before

    def _tell(self):
        self.stopped.line = self
        self.stopped.caught.set()
