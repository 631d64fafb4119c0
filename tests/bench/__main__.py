"""`make bench`: hot pages, searches and bookings beside their limits, over a month's visits and a million."""

import pickle
import sys
import tempfile
from contextlib import contextmanager
from statistics import median

from tests.bench import demo, pdfs
from tests.bench.ground import Ground
from tests.bench.load import measure
from tests.bench.pages import same
from tests.bench.profile import profiled
from tests.bench.record import search_plans
from tests.bench.report import BOOKING, TYPING, report
from tests.bench.statements import Repeating
from tests.bench.wishes import Asking
from tests.browser import Browser
from tests.databases import scratch_database, scratch_server
from tests.live_server import served
from tests.reports import write_report

CLIENTS = (1, 8)
SECONDS = 4
TURNS = 3
SERVER = {"workers": 2, "threads": 64}
MILLION = 1_000_000  # of visits, and of patients


def main():
    """Measure, write, and end with 1 where an aim was missed."""
    with scratch_server() as server, scratch_database(server) as few, scratch_database(server) as many:
        with scratch_database(server) as empty:
            sown = demo.measured(empty)
        month = Ground(server, few)
        of_month, profiles = _everything(month), profiled(month)
        print("a million visits and patients ...", flush=True)
        years = Ground(server, many)
        years.grow(MILLION, MILLION)
        of_years, growth = _everything(years), _growth(month, years)
        plans, letters = search_plans(years), pdfs.measured_apart()
        text, missed = report(of_month, of_years, growth, profiles, years, plans, letters, sown)
    write_report("bench", text)
    return 1 if missed else 0


def _everything(ground):
    """{what: {clients: {"product" | "sql" | "bare": Measured}}}, and under ("memory", what) the server's peak."""
    found = {}
    for asked in ground.pages():
        page, html = ground.taken_apart(asked)
        limit = Repeating(ground.addresses["DATABASE_URL"], page.statements)
        with _bare(ground, page) as bare, served(ground.addresses, **SERVER) as live:
            if not same(Browser(bare.url).open(page.path).text, html):
                print(f"the bare view's page of {asked.name} differs from the product's", file=sys.stderr)
            for clients in CLIENTS:
                found.setdefault(asked.name, {})[clients] = {
                    "product": _measured(Asking(live.url, asked.path, asked.keys), clients, asked.name),
                    "bare": _measured(Asking(bare.url, page.path, None), clients, "  bare"),
                    "sql": _measured(limit, clients, "  its SQL"),
                }
            found["memory", asked.name] = live.peak_memory()
    with served(ground.addresses, **SERVER) as live:
        for clients in CLIENTS:
            found.setdefault(BOOKING, {})[clients] = {
                "product": _measured(ground.bookings(live.url), clients, BOOKING),
                "sql": _measured(ground.booking_statements(), clients, "  its SQL"),
            }
        found["memory", BOOKING] = live.peak_memory()
    with served(ground.addresses, **SERVER) as live:
        for clients in CLIENTS:
            found.setdefault(TYPING, {})[clients] = {"product": _measured(ground.typing(live.url), clients, TYPING)}
        found["memory", TYPING] = live.peak_memory()
    return found


def _growth(month, years):
    """{what: how many times fewer a second with years of visits than with a month}: measured by turns, the medians."""
    found = {}
    with served(month.addresses, **SERVER) as before, served(years.addresses, **SERVER) as after:
        deeds = {
            asked.name: (lambda asked=asked: Asking(before.url, asked.path, asked.keys),
                         lambda other=other: Asking(after.url, other.path, other.keys))
            for asked, other in zip(month.pages(), years.pages(), strict=True)
        }  # fmt: skip
        deeds[BOOKING] = lambda: month.bookings(before.url), lambda: years.bookings(after.url)
        deeds[TYPING] = lambda: month.typing(before.url), lambda: years.typing(after.url)
        for name, both in deeds.items():
            turns = [[_measured(make(), CLIENTS[-1], f"{name}, by turns").rps for make in both] for _n in range(TURNS)]
            found[name] = tuple(median(each) for each in zip(*turns, strict=True))
    return found


def _measured(deed, clients, name):
    measured = measure(deed, clients, SECONDS)
    print(f"{name}, {clients}: {measured.rps:.0f}/s, p50 {measured.p50 * 1000:.1f} ms", flush=True)
    return measured


@contextmanager
def _bare(ground, page):
    with tempfile.NamedTemporaryFile() as file:
        file.write(pickle.dumps([page]))
        file.flush()
        with served(ground.addresses, application="tests.bench.bare:app", BARE_PAGES=file.name, **SERVER) as live:
            yield live


if __name__ == "__main__":
    sys.exit(main())
