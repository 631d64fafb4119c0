"""A process that is to run as long as the supervisor does."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from clinic.server.parent import dies_with_parent

FIRST_PAUSE = 1  # seconds before a child that died is started again; doubled each time it dies young
LONGEST_PAUSE = 30
GROWN_UP = 60  # seconds after which a child is no longer young


class Child:
    """One command, started again whenever it ends, until it is told to stop."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: Path,
        keep_open: Sequence[int] = (),
    ) -> None:
        self.name = name
        self.command = list(command)
        self.environment = dict(environment)
        self.folder = folder
        self.keep_open = keep_open
        self._process: subprocess.Popen | None = None
        self._pause = FIRST_PAUSE
        self._started = 0.0
        self._again_at: float | None = None

    @property
    def pid(self) -> int | None:
        """The number of the running process, or None."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the process in a session of its own, so that Ctrl-C reaches it through the supervisor only."""
        self._started = time.monotonic()
        self._again_at = None
        self._process = subprocess.Popen(
            self.command,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            pass_fds=self.keep_open,
            start_new_session=True,
            preexec_fn=dies_with_parent(signal.SIGTERM),
        )

    def tend(self) -> str | None:
        """Start the process again if it died and its pause is over; return a sentence when there is news."""
        now = time.monotonic()
        if self._again_at is not None and now >= self._again_at:
            self.start()
        if self._process is None or self._process.poll() is None:
            return None
        code = self._process.returncode
        self._end_group()
        if now - self._started > GROWN_UP:
            self._pause = FIRST_PAUSE
        self._again_at, pause = now + self._pause, self._pause
        self._pause = min(self._pause * 2, LONGEST_PAUSE)
        return f"The {self.name} process ended ({_how(code)}). It starts again in {pause} s."

    def ask_to_stop(self) -> None:
        """Ask the process to finish what it does and end."""
        self._again_at = None
        if self._process and self._process.poll() is None:
            self._process.terminate()

    def make_sure(self, deadline: float) -> None:
        """Wait until `deadline` (of time.monotonic) for the process to end, then end it and all that it started."""
        if self._process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(max(0, deadline - time.monotonic()))
            self._end_group()

    def _end_group(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
