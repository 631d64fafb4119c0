"""A relay on loopback between a client and a server, for a network that fails: slow, mute, cut or reset."""

import contextlib
import socket
import struct
import threading
import time


class Relay:
    """Passes bytes between whoever connects and ``connect()``; what is asked of it holds for every connection.

    ``mood`` is how the network is: well, slow (``delay`` seconds before each answer), mute (the connection stands and
    nothing passes), reset (RST at once), or drop (closed at once).
    """

    def __init__(self, connect):
        self.connect = connect
        self.mood, self.delay = "well", 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        self.lines = set()

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_exception):
        self.listener.close()
        self.cut()

    def cut(self):
        """End every connection there is."""
        for line in list(self.lines):
            line.close()

    def _accept(self):
        while True:
            try:
                client, _address = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        if self.mood == "reset":
            # Lingering for no time at all: the kernel says RST instead of good-bye.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if self.mood in ("reset", "drop"):
            client.close()
            return
        try:
            line = self.line(client, self.connect())
        except OSError:
            client.close()
            return
        self.lines.add(line)
        line.pass_on()
        self.lines.discard(line)

    def line(self, client, server):
        """One connection through the relay."""
        return Line(self, client, server)


class Line:
    """One client's connection and the one to the server that belongs to it."""

    def __init__(self, relay, client, server):
        self.relay, self.client, self.server = relay, client, server

    def pass_on(self):
        """Pass everything on, both ways, until one side ends."""
        answers = threading.Thread(target=self._pass, args=(self.server, self.from_server), daemon=True)
        answers.start()
        self._pass(self.client, self.from_client)
        answers.join()

    def from_client(self, data):
        """Bytes from the client."""
        while self.relay.mood == "mute":
            time.sleep(0.02)
        self.server.sendall(data)

    def from_server(self, data):
        """Bytes from the server."""
        if self.relay.mood == "slow":
            time.sleep(self.relay.delay)
        while self.relay.mood == "mute":
            time.sleep(0.02)
        self.client.sendall(data)

    def close(self):
        """End both sides at once."""
        for each in (self.client, self.server):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _pass(self, side, to_other):
        try:
            while data := side.recv(65536):
                to_other(data)
        except OSError:
            pass
        finally:
            self.close()


class AnswerKept(Relay):
    """A relay that keeps the answer to one request to itself: it was given and nobody got it."""

    def __init__(self, connect):
        super().__init__(connect)
        self.caught = threading.Event()

    def line(self, client, server):
        """A connection whose answers are noticed and go nowhere."""
        return _AnswerKept(self, client, server)


class _AnswerKept(Line):
    def from_server(self, data):
        self.relay.caught.set()
