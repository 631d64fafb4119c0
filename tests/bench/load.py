"""Clients that do one thing again and again for some seconds, each in a process of its own."""

import multiprocessing
import time
from dataclasses import dataclass

SPAWN = multiprocessing.get_context("spawn")
WARM_UP = 1.0  # seconds in which nothing is counted


@dataclass
class Measured:
    """How many a second, and how long one took."""

    clients: int
    rps: float
    p50: float
    p95: float


def measure(make, clients, seconds) -> Measured:
    """Let ``clients`` processes each call what ``make(place, clients)`` gives, until the time is over.

    ``make`` must be picklable; what it returns is called without arguments, once for every measured deed.
    """
    barrier, out = SPAWN.Barrier(clients), SPAWN.Queue()
    processes = [
        SPAWN.Process(target=_work, args=(make, place, clients, seconds, barrier, out)) for place in range(clients)
    ]
    for each in processes:
        each.start()
    answers = [out.get(timeout=seconds + 60) for _ in processes]
    for each in processes:
        each.join()
    broken = [answer for answer in answers if isinstance(answer, str)]
    if broken:
        raise RuntimeError(broken[0])
    took = sorted(moment for answer in answers for moment in answer)
    if not took:
        raise RuntimeError("nothing was finished in the time given")
    return Measured(clients, len(took) / seconds, _share(took, 0.5), _share(took, 0.95))


def _work(make, place, clients, seconds, barrier, out):
    try:
        deed = make(place, clients)
        deed()
        barrier.wait(60)
        warm = time.perf_counter() + WARM_UP
        while time.perf_counter() < warm:
            deed()
        out.put(_timed(deed, seconds))
    except Exception as error:
        barrier.abort()
        out.put(f"client {place}: {error!r}")


def _timed(deed, seconds):
    took, begin = [], time.perf_counter()
    before = begin
    while before - begin < seconds:
        deed()
        after = time.perf_counter()
        took.append(after - before)
        before = after
    return took


def _share(took, share):
    return took[min(int(len(took) * share), len(took) - 1)]
