"""`make races`: every race with two hundred browsers, and the two controls; writes docs/races-report.md."""

import sys
import time
from collections import defaultdict

from tests.databases import scratch_server
from tests.races.controls import CONTROLS
from tests.races.judge import judge
from tests.races.scenarios import RACES, one_open_time
from tests.races.stage import staged_on
from tests.races.tellers import Tellers
from tests.reports import asked_of_pytest, ended, table, told_by, write_report

CLIENTS = 200
ROUNDS = 100
CONTROL_ROUNDS = 10
TELLERS, SECONDS = 30, 60
# Played as tests, each as often as ROUNDS says.
PLAYED_ROUNDS = 50
PLAYED = {
    "tests/races/test_waitlist.py": "Freed times and the waiting list",
    "tests/races/test_requests.py": "Requests and groups",
    "tests/actions/test_offer_races.py": "Offers and their answers",
    "tests/actions/test_consultations_at_once.py": "Notes",
}
SERVER = {"workers": 2, "threads": 32}
HEAD = ("Race", "Browsers", "Rounds", "Booked", "Refused with the nearest times", "Anything else", "p50 ms", "p95 ms")


def main():
    """Run everything, write the report, and end with 1 where anything was wrong."""
    started, verdicts = time.monotonic(), []
    with scratch_server() as server:
        with staged_on(server, CLIENTS, **SERVER) as (stage, live, url):
            for name, race in RACES.items():
                verdicts.append(judge(name, race, stage, live, url, rounds=ROUNDS, clients=CLIENTS))
                print(*_row(verdicts[-1]), flush=True)
            tellers = Tellers(stage, live, url, clients=TELLERS)
            history = tellers.play(SECONDS)
        controls = [_control(server, *each) for each in CONTROLS.items()]
    played = _played()
    wrong = [f"{each.name}: {sentence}" for each in verdicts for sentence in each.wrong]
    wrong += [f"{name}: {sentence}" for name, _found, sentence in controls if sentence]
    wrong += [f"the history: {odd}" for _place, odd in history.anomalies()] + tellers.odd
    wrong += [name for name, _figure, went_well in played if not went_well]
    write_report("races", _report(verdicts, controls, played, wrong, len(history), time.monotonic() - started))
    return 1 if wrong else 0


def _played():
    """What was played, what its rounds counted, and whether each went well."""
    _code, cases = asked_of_pytest("--timeout=900", *PLAYED, ROUNDS=str(PLAYED_ROUNDS))
    # Some tests play all rounds themselves and count; of the others each round is a case of its own.
    rounds = defaultdict(list)
    for case in cases:
        rounds[case.get("classname"), case.get("name").partition("[")[0]].append(case)
    return [_found(*test, played) for test, played in rounds.items()]


def _found(module, test, played):
    subject = PLAYED[f"{module.replace('.', '/')}.py"]
    counted = [told for case in played for told in told_by(case, "figure")] or [f"{len(played)} rounds"]
    went_well = not any(ended(case, "failure", "error") for case in played)
    return f"{subject}: {test.removeprefix('test_').replace('_', ' ')}", "; ".join(counted), went_well


def _control(server, name, control):
    with staged_on(server, CLIENTS, without=control.without, application=control.application, **SERVER) as ready:
        stage, live, url = ready
        verdict = judge(name, one_open_time, stage, live, url, rounds=CONTROL_ROUNDS, clients=CLIENTS)
    failed = bool(verdict.wrong) != control.must_fail
    return name, verdict, ("it did not double-book" if control.must_fail else str(verdict.wrong)) if failed else ""


def _row(verdict):
    told = verdict.told
    others = {status: times for status, times in told.items() if status not in (303, 409)}
    ms = [round(verdict.quantile(share) * 1000) for share in (0.5, 0.95)]
    return verdict.name, verdict.clients, verdict.rounds, told[303], told[409], others or 0, *ms


def _report(verdicts, controls, played, wrong, acts, seconds):
    controlled = [
        (name, verdict.rounds, verdict.told[303], "; ".join(verdict.wrong[-2:]) or "nothing wrong")
        for name, verdict, _sentence in controls
    ]
    return f"""# Races

Many people want the same time at the same moment. Every browser has its connection open before the barrier lifts; the
server is gunicorn with 2 workers of 32 threads, 16 database connections each. After every round the pages of all who
were refused are read for the three nearest open times, and after every race the database is asked for anything that
should not be: overlaps, wrong counts of seats, visits without a time, history or audit entry.

**{"Wrong: " + "; ".join(wrong) if wrong else "Everything was as it has to be."}** It took {seconds / 60:.1f} minutes.

{table(HEAD, [_row(each) for each in verdicts])}

## With jobs, answers and notes among them

Times and places of groups that became free, offered to the waiting list while patients and the desk want them;
requests answered and confirmed by many at once; offers answered twice, too late, or while the time is booked; one note
written and signed by two. {PLAYED_ROUNDS} rounds of each.

{table(("Race", "Counted", "Went well"), [(*told, "yes" if went_well else "**no**") for *told, went_well in played])}

## A history

{TELLERS} browsers held, booked, moved, cancelled and looked at 20 times for {SECONDS} seconds: {acts} acts, each with
its beginning, its end and what was told. For each time one order was looked for that explains them all, each act having
happened at once between its beginning and its end.

## The controls

The first race again, in scratch databases from which something was taken away. Without the lock and without what the
database checks it must double-book, or this whole page would prove nothing.

{table(("Control", "Rounds", "Booked", "Found"), controlled)}
"""


if __name__ == "__main__":
    sys.exit(main())
