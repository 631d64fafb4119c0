"""The supervisor: keeps the database server and its users running, and stops them all together."""

import contextlib
import signal
import time
from collections.abc import Iterator

from clinic.server.children import Child
from clinic.server.embedded import EmbeddedServer

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SECONDS_TO_STOP = 10  # a little more than the web server gives the requests in hand
SECONDS_BETWEEN_LOOKS = 0.2


class StopAsked(BaseException):
    """Somebody asked us to stop. Like KeyboardInterrupt no `except Exception` may swallow it."""


@contextlib.contextmanager
def stop_on_signals() -> Iterator[None]:
    """Turn Ctrl-C, `kill` and a closed terminal into StopAsked, once; stopping itself is not interrupted."""

    def ask(_signum, _frame):
        for signum in STOP_SIGNALS:
            signal.signal(signum, signal.SIG_IGN)
        raise StopAsked

    before = {signum: signal.signal(signum, ask) for signum in STOP_SIGNALS if not _left_alone(signum)}
    try:
        yield
    except StopAsked:
        pass
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)


def _left_alone(signum: signal.Signals) -> bool:
    """Say whether it is a hang-up that `nohup` asked us not to hear."""
    return signum == signal.SIGHUP and signal.getsignal(signum) == signal.SIG_IGN


def say(sentence: str) -> None:
    """Print a line at once, also where the output is a file or a pipe."""
    print(sentence, flush=True)


class Supervisor:
    """Runs children on top of `server` (None: the database is somebody else's) until a signal asks it to stop."""

    def __init__(self, server: EmbeddedServer | None = None) -> None:
        self.server = server
        self.children: list[Child] = []

    def add(self, child: Child) -> None:
        """Start one more child and keep it running from now on."""
        self.children.append(child)
        child.start()

    def watch(self) -> None:
        """Look after everything for ever; only a signal ends it."""
        while True:
            self.look_around()
            time.sleep(SECONDS_BETWEEN_LOOKS)

    def look_around(self) -> None:
        """Start again whatever died since the last look, the database first."""
        if self.server and not self.server.running():
            say("The database server ended. It starts again.")
            self.server.relaunch()
        for child in self.children:
            if news := child.tend():
                say(news)

    def stop(self) -> None:
        """Stop the children all at once, then the database server that they used."""
        for child in self.children:
            child.ask_to_stop()
        deadline = time.monotonic() + SECONDS_TO_STOP
        for child in self.children:
            child.make_sure(deadline)
        if self.server:
            self.server.stop()
