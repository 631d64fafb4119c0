"""The product as it is really served: gunicorn with threads on a free loopback port, over a scratch database."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import psutil

from clinic.config import HOME

SECRET_KEY = "only for tests"
SECRET_KEYS = "tests:dGVzdHMga2VlcCB0aGVpciBzZWNyZXRzIGhlcmUhISE="
SECONDS_TO_START = 30


class LiveServer:
    """One gunicorn with one application; ``start`` it, talk to ``url``, ``stop`` it.

    ``application`` may name a WSGI module of a test's own; ``settings`` are environment variables of the product.
    """

    def __init__(self, addresses, *, application="app:app", workers=1, threads=32, **settings):
        keys = {"SECRET_KEY": SECRET_KEY, "SECRET_KEYS": SECRET_KEYS}
        self.environment = {**os.environ, **addresses, **keys, **settings}
        self.database = database_name(addresses)
        self.application, self.workers, self.threads = application, workers, threads
        self.log = None
        self.process = None
        self.port = None

    def start(self):
        """Start serving and return once the first page answers."""
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", self.port or 0))
            listener.listen(1024)
            self.port = listener.getsockname()[1]
            self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115 it lives as long as the process
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "--no-control-socket", "--worker-class", "gthread",
                 "--bind", f"fd://{listener.fileno()}", "--workers", str(self.workers), "--threads", str(self.threads),
                 # The load generators keep their connections; a real server sits behind a proxy that does the same.
                 "--keep-alive", "60", "--graceful-timeout", "5", "--log-level", "error", self.application],
                cwd=HOME, env=self.environment, pass_fds=[listener.fileno()], stdout=self.log, stderr=self.log,
            )  # fmt: skip
        self._wait_for_the_first_page()
        return self

    def stop(self):
        """Stop serving, whatever is going on."""
        if self.process is None:
            return
        family = self.family()
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            for each in family:
                if each.is_running():
                    each.kill()
            self.process.wait(10)
        self.process = None
        self.log.close()

    @property
    def url(self):
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def family(self):
        """The server's processes: the one that watches, then its workers."""
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def worker_pids(self):
        """The processes that answer requests."""
        return [each.pid for each in self.family()[1:]]

    def peak_memory(self):
        """Bytes the processes had resident at their peaks, added up."""
        return sum(peak_of(each.pid) for each in self.family())

    def logged(self):
        """Everything the server has written to its log."""
        self.log.seek(0)
        return self.log.read()

    def _wait_for_the_first_page(self):
        deadline = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended at once:\n{self.logged()}")
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=5) as knock:
                    knock.sendall(b"GET /static/clinic.css HTTP/1.0\r\n\r\n")
                    if knock.recv(8).startswith(b"HTTP/"):
                        return
            except OSError:
                pass
            time.sleep(0.05)
        raise RuntimeError(f"the server did not answer:\n{self.logged()}")


def peak_of(pid):
    """Bytes that the process had resident at its peak."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


@contextmanager
def served(addresses, **options):
    """A running LiveServer over a database that is there already; stopped at the end."""
    live = LiveServer(addresses, **options)
    try:
        yield live.start()
    finally:
        live.stop()
        live.log.close()


def database_name(addresses):
    """The name of the database the addresses lead to."""
    return addresses["DATABASE_URL"].partition("@/")[2].partition("?")[0]
