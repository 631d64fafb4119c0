"""`flask worker` as a process of its own, for tests that kill it."""

import subprocess
import sys
from contextlib import contextmanager

from clinic.config import HOME


@contextmanager
def worker(live, **settings):
    """A worker beside a running server; told to stop at the end, so that it leaves no job in its hands."""
    command = [sys.executable, "-m", "flask", "--app", "app", "worker"]
    process = subprocess.Popen(
        command, cwd=HOME, env={**live.environment, **settings}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
