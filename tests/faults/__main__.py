"""`make faults`: kills, lost databases, deadlocks, and every bad value in every field; writes docs/faults-report.md."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from xml.etree import ElementTree

from clinic.config import HOME
from tests.faults.bad_values import ADDRESSES, BAD, HEADERS
from tests.reports import table, write_report

WHAT = {
    "test_killed_worker": "The web server is killed in the middle of a booking",
    "test_database_gone": "The database is stopped and started again, or cuts its connections",
    "test_deadlocks": "Transactions that wait for each other",
    "test_waiting": "More browsers than database connections, holds that run out, times that come back",
    "test_bad_input": "Bad values, addresses, headers, tokens and bodies",
    "test_foreign_ids": "Another clinic's ids",
}
PLACES = ("tests/faults", "tests/races/test_waiting.py")


def main():
    """Run the tests of this folder in full, write the report, and end with 1 where one failed."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-n", "2", f"--junit-xml={results}", *PLACES]
        code = subprocess.run(command, cwd=HOME, env=os.environ | {"FAULTS": "full"}, check=False).returncode
        cases = list(ElementTree.parse(results).iter("testcase"))
    write_report("faults", _report(cases, time.monotonic() - started))
    return code


def _report(cases, seconds):
    rows, failed = [], []
    for module, what in WHAT.items():
        own = [case for case in cases if f".{module}" in f".{case.get('classname')}"]
        bad = [case.get("name") for case in own if case.find("failure") is not None or case.find("error") is not None]
        rows.append((what, len(own), len(bad), f"{sum(float(case.get('time')) for case in own):.0f}"))
        failed += bad
    verdict = "Failed: " + "; ".join(failed) if failed else "Nothing failed."
    return f"""# Faults

Everything runs against real servers: gunicorn on a loopback port, PostgreSQL started for the occasion. A worker is
killed (SIGKILL) while it waits for the doctor's lock and after each table a booking writes, a trigger keeping it there;
the database is stopped without being asked to finish and started again; a deadlock is made by hand. Every route of the
product, as somebody who may use it, gets each of {len(BAD)} bad values in each field it reads, one at a time, and is
asked for by every role and by nobody; {len(ADDRESSES)} addresses that lead nowhere and {len(HEADERS)} broken headers
besides. An answer of 500 or more is a failure, but for 503 with Retry-After where the database cannot be reached.

**{verdict}** It took {seconds / 60:.1f} minutes.

{table(("What", "Tests", "Failed", "Seconds"), rows)}
"""


if __name__ == "__main__":
    sys.exit(main())
