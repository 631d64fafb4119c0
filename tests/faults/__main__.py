"""`make faults`: kills, cuts, lost databases, wrong clocks, and every bad value in every field; docs/faults-report.md.

Named modules (`python -m tests.faults test_clocks`) are run alone; the report then says which were not.
"""

import os
import sys
import time

from tests.faults.bad_values import ADDRESSES, BAD, HEADERS
from tests.reports import asked_of_pytest, ended, table, told_by, write_report

WHAT = {
    "test_killed_worker": "A web worker is killed at six moments of a booking",
    "test_database_gone": "The database is stopped at once and started again, or cuts its connections",
    "test_lost_commit": "The answer to COMMIT is lost",
    "test_mail_away": "The mail server drops, resets, stalls, refuses",
    "test_texts_away": "The service for text messages drops, resets, stalls, refuses, or is somebody else",
    "test_clocks": "One web server's clock is ten minutes off, or set back by an hour",
    "test_clock_changes": "Days of 23 and 25 hours",
    "test_killed_job": "The worker is killed between effect and acknowledgement; poison; a sweeper killed twice",
    "test_exhausted": "Nine of ten connections sleep; a process stands still in a transaction",
    "test_storm": "Three doctors' visits are moved in all directions at once",
    "test_audit_gone": "The audit log cannot be written",
    "test_deadlocks": "Transactions that wait for each other",
    "test_big_files": "Files of 500 MB; whoever takes or looks through one is killed; the storage goes away",
    "test_waiting": "More browsers than database connections, holds that run out, times that come back",
    "test_bad_input": "Bad values, addresses, headers, tokens and bodies",
    "test_anything": "Anything that hypothesis draws, in any field of any route; addresses, methods, headers",
    "test_foreign_ids": "Another clinic's ids",
    "test_nothing_typed_is_logged": "What was typed, looked for in every log of a broken request",
}
ELSEWHERE = {"test_waiting": "tests/races"}
# Which faults do not come as often as the others, or with nobody at work meanwhile.
OTHERWISE = (
    "The database answers nobody, or cuts its connections: once each and alone, as every answer is read.",
    "The mail server, the service for text messages: once in each mood, under load, since each is waited for as long as"
    " it may take to answer. Calendars outside are fetched from public addresses alone, so no server of a test stands"
    " in for one here: tests/work/test_busy_sources.py.",
    "A wrong clock: the load is on the server whose clock goes to and fro; of holds, sign-ins, codes and links the"
    " seconds are read, so nobody else is at work.",
    "Days of 23 and 25 hours: nothing breaks at a moment; each change of each zone once, every time of the day.",
    "A worker that dies, a sweeper: three times, since each waits until the lease of the dead one has run out.",
    "All connections busy: nobody else is at work, for whom there would be no connection; all ten of them three times,"
    " nine of them as often as everything else. A process that stands still: once, under load, for half a minute.",
    "A deadlock made by hand, and a lock held too long: once and alone, so that it is known who has to wait for whom.",
    "Files of 500 MB: once, since each fills half a gigabyte.",
)
HEAD = ("What", "Tests", "Failed", "Skipped", "Seconds")


def main():
    """Run the tests in full, write the report, and end with 1 where one failed."""
    started, chosen = time.monotonic(), [name for name in WHAT if name in sys.argv[1:] or len(sys.argv) == 1]
    places = [f"{ELSEWHERE.get(name, 'tests/faults')}/{name}.py" for name in chosen]
    # A module stays in one process: its tests share a stage.
    # All values in all fields, or a slow database as often as everything else, take their time.
    pace = ("-n", "2", "--dist", "loadfile", "-o", "timeout=1800")
    code, cases = asked_of_pytest(*pace, *places, FAULTS="full")
    write_report("faults", _report(chosen, cases, time.monotonic() - started))
    return code


def _of(name, cases):
    return [case for case in cases if f".{name}" in f".{case.get('classname')}"]


def _row(name, cases):
    own = _of(name, cases)
    ends = [sum(ended(case, *kinds) for case in own) for kinds in (("failure", "error"), ("skipped",))]
    return WHAT[name], len(own), *ends, f"{sum(float(case.get('time')) for case in own):.0f}"


def _seen(chosen, cases):
    """What each fault's tests told: the moment, and what everybody saw meanwhile."""
    for name in chosen:
        for case in _of(name, cases):
            if told := told_by(case, "seen", "figure"):
                test = case.get("name").removeprefix("test_").replace("_", " ")
                yield WHAT[name].partition(";")[0], test, "; ".join(told)


def _report(chosen, cases, seconds):
    rounds, clients = os.environ.get("FAULTS_ROUNDS", "20"), os.environ.get("FAULTS_CLIENTS", "50")
    failed = [case.get("name") for case in cases if ended(case, "failure", "error")]
    verdict = "Failed: " + "; ".join(failed) if failed else "Nothing failed: nothing lost, nothing doubled."
    left_out = [WHAT[name] for name in WHAT if name not in chosen]
    not_run = f"\n\nNot run this time: {'; '.join(left_out)}." if left_out else ""
    return f"""# Faults

Everything runs against real servers: gunicorn with two workers on a loopback port, PostgreSQL started for the occasion,
`flask worker` where jobs are meant. Faults come from outside, the product has no switches for them: a wire between it
and PostgreSQL that reads what passes and stops a transaction at one statement or loses an answer; a relay in front of
the mail server and the service for text messages; SIGKILL and SIGSTOP; a clock of its own for one web server; a right
taken from the application's role.

Each fault comes {rounds} times while {clients} browsers book, cancel and look, trying again with the same key whenever
they got no answer. Afterwards every wish is compared with the visits there are (what was told 303 is there once, what
was refused is not there) and all that `flask check` asks has to be empty. An answer of 500 or more is a failure, but
for 503 with Retry-After where there was no database, no connection or no log.

Some come otherwise, each for its reason:

{chr(10).join(f"- {each}" for each in OTHERWISE)}

Every route of the product, as somebody who may use it, gets each of {len(BAD)} bad values in each field it reads, one
at a time, and is asked for by every role and by nobody; {len(ADDRESSES)} addresses that lead nowhere and
{len(HEADERS)} broken headers besides.

**{verdict}** {len(cases)} tests took {seconds / 60:.1f} minutes.{not_run}

{table(HEAD, [_row(name, cases) for name in chosen])}

## What everybody saw meanwhile

{table(("Fault", "Test", "Told"), list(_seen(chosen, cases)))}
"""


if __name__ == "__main__":
    sys.exit(main())
