"""The supervisor and its children: what dies comes back, what is to stop stops whole."""

import os
import signal
import sys
import time
from pathlib import Path

import psutil
import pytest

from clinic.server.children import Child
from clinic.server.supervisor import StopAsked, Supervisor, stop_on_signals

SLEEPER = "import time; time.sleep(600)"
# Ignores a polite request and has a child of its own.
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
time.sleep(600)
"""


@pytest.fixture
def supervisor():
    supervisor = Supervisor()
    yield supervisor
    supervisor.stop()


def child(program: str) -> Child:
    return Child("test", [sys.executable, "-c", program], environment=os.environ, folder=Path.cwd())


def wait_until(question, seconds=15):
    deadline = time.monotonic() + seconds
    while not question() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert question()


@pytest.fixture
def heard():
    """Make this process hear a signal (or not), however the tests were started: under nohup a hang-up is ignored."""
    before = {}

    def listen(signum, handler=signal.SIG_DFL):
        before[signum] = signal.signal(signum, handler)

    yield listen
    for signum, handler in before.items():
        signal.signal(signum, handler)


class TestSupervisor:
    def test_a_child_that_dies_is_started_again(self, supervisor, capsys):
        supervisor.add(child(SLEEPER))
        first = supervisor.children[0].pid
        os.kill(first, signal.SIGKILL)

        def is_back():
            supervisor.look_around()
            return supervisor.children[0].pid not in (None, first)

        wait_until(is_back)
        assert "The test process ended (signal 9). It starts again in 1 s." in capsys.readouterr().out

    def test_a_child_that_keeps_dying_is_given_longer_pauses(self, supervisor):
        supervisor.add(child("raise SystemExit(3)"))
        news = []

        def told_twice():
            news.extend(filter(None, [supervisor.children[0].tend()]))
            return len(news) == 2

        wait_until(told_twice)
        assert "(exit code 3). It starts again in 1 s." in news[0]
        assert "in 2 s." in news[1]

    def test_a_stop_ends_also_who_does_not_want_to_and_their_children(self, supervisor, monkeypatch):
        monkeypatch.setattr("clinic.server.supervisor.SECONDS_TO_STOP", 0.5)
        supervisor.add(child(STUBBORN))
        process = psutil.Process(supervisor.children[0].pid)
        wait_until(process.children)
        family = [process, *process.children()]
        supervisor.stop()
        wait_until(lambda: not any(member.is_running() for member in family))

    @pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_every_way_to_ask_ends_the_watch(self, supervisor, signum, heard):
        heard(signum)
        before = signal.getsignal(signum)
        with stop_on_signals():
            os.kill(os.getpid(), signum)
            supervisor.watch()
        assert signal.getsignal(signum) == before

    def test_a_hang_up_that_nohup_keeps_from_us_is_not_heard(self, heard):
        heard(signal.SIGHUP, signal.SIG_IGN)
        with stop_on_signals():
            os.kill(os.getpid(), signal.SIGHUP)
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN

    def test_a_second_request_does_not_interrupt_the_stopping(self):
        with stop_on_signals():
            try:
                os.kill(os.getpid(), signal.SIGTERM)
                time.sleep(5)
            except StopAsked:
                os.kill(os.getpid(), signal.SIGTERM)
                os.kill(os.getpid(), signal.SIGINT)
