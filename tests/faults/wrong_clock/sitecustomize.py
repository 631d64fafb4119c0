"""Loaded by Python itself where the clock is faked: the faking library cannot do Python's sleep, but it can wait."""

import threading
import time


def sleep(seconds):
    """As time.sleep."""
    threading.Event().wait(max(0, seconds))


time.sleep = sleep
