"""`make security`: runs the tests that prove a promise or break something, and writes docs/security-report.md.

As a pytest plugin (`-p tests.security_report`) it hands on what each test is about to where the report is written.
"""

import sys
from collections import defaultdict

from clinic.config import HOME
from tests.promises import FAULTS, PROMISES
from tests.reports import asked_of_pytest, ended, told_by

REPORT = HOME / "docs" / "security-report.md"
RACES = HOME / "docs" / "races-report.md"
HEAD = """# What is promised, and what proved it

Written by `make security`, which runs every test that proves a promise; each row names the test and tells what it
counted. What stands behind a promise is in [SECURITY.md](../SECURITY.md), the faults in full in
[faults-report.md](faults-report.md), and the races in full in [races-report.md](races-report.md).
"""
FAULTS_HEAD = """
## What is broken on purpose

Each once here, and twenty times under load by `make faults`. Whatever is broken, nothing is lost and nothing doubled.
"""

RACES_HEAD = """
## The races in full

Promises 1 to 5 are tried above with some dozens of browsers for a few rounds. This is what `make races` measured.
"""
LEFT_OUT_HEAD = """
## What is deliberately left out, and why

As [SECURITY.md](../SECURITY.md) tells it.
"""


def pytest_collection_modifyitems(config, items):
    """Keep the tests that prove something, and write on each what it proves."""
    proving = []
    for item in items:
        marks = [("promise", f"{mark.args[0]}|{mark.args[1]}") for mark in item.iter_markers("promise")]
        marks += [("fault", number) for number, (_words, modules) in FAULTS.items() if _module(item) in modules]
        item.user_properties += marks
        if marks:
            proving.append(item)
    config.hook.pytest_deselected(items=[item for item in items if item not in proving])
    items[:] = proving


def _module(item):
    return item.module.__name__.removeprefix("tests.")


def main():
    """Run the tests, write the report; ends with 1 where a promise is not kept or nothing proves it."""
    _code, cases = asked_of_pytest("-n", "2", "-p", "tests.security_report", PROMISES="full")
    proofs = read(cases)
    REPORT.write_text(page(proofs))
    wanted = (*PROMISES, *FAULTS)
    unkept = [number for number in wanted if not proofs.get(number) or not all(each.kept for each in proofs[number])]
    print(f"{len(wanted) - len(unkept)} of {len(wanted)} are kept or survived; not or not yet: {unkept or 'none'}")
    return 1 if unkept else 0


class Proof:
    """One test and what it proves: where it stands, what it counted, whether every case of it passed."""

    def __init__(self, name):
        self.name, self.words = name, []
        self.figures, self.cases, self.kept = [], 0, True

    def add(self, case, words):
        """Count one case of the test."""
        self.words += [words] if words not in self.words else []
        self.figures += [figure for figure in told_by(case, "figure", "seen") if figure not in self.figures]
        self.cases += 1
        # A fault that takes long is left to `make faults`; a promise that was not tried is none.
        bad = ("failure", "error", "skipped") if words else ("failure", "error")
        self.kept &= not ended(case, *bad)

    @property
    def counted(self):
        """What the test tells, or how many cases of it there are."""
        return "; ".join(self.figures) or (f"{self.cases} cases" if self.cases > 1 else "")


def read(cases):
    """The proofs of each promise and each fault, from the test cases of a run."""
    found = defaultdict(dict)
    for case in cases:
        name = f"{case.get('classname')}.{case.get('name').partition('[')[0]}"
        for each in case.iter("property"):
            number, _, words = each.get("value").partition("|")
            if each.get("name") == "promise":
                found[int(number)].setdefault(name, Proof(name)).add(case, words)
            elif each.get("name") == "fault":
                found[number].setdefault(name, Proof(name)).add(case, "")
    return {number: sorted(tests.values(), key=lambda proof: proof.name) for number, tests in found.items()}


def page(proofs):
    """The report: a row for each promise and each test that proves it."""
    lines = [HEAD, "| no. | promise | proved by | of what | counted | kept |", "| ---: | --- | --- | --- | --- | :-: |"]
    for number, promise in PROMISES.items():
        if not proofs.get(number):
            lines.append(f"| {number} | {promise} | nothing yet | | | no |")
        for place, proof in enumerate(proofs.get(number, ())):
            first = (number, promise) if place == 0 else ("", "")
            told = (_shown(proof.name), "; ".join(proof.words), proof.counted, "yes" if proof.kept else "**no**")
            lines.append("| " + " | ".join(str(each).replace("|", "·") for each in (*first, *told)) + " |")
    return "\n".join([*lines, *_faults(proofs), *_races(), *_left_out()]) + "\n"


def _faults(proofs):
    yield from (FAULTS_HEAD, "| no. | fault | test | counted | survived |", "| ---: | --- | --- | --- | :-: |")
    for number, (words, _modules) in FAULTS.items():
        for place, proof in enumerate(proofs.get(number, ())):
            first = (number, words) if place == 0 else ("", "")
            told = (_shown(proof.name), proof.counted, "yes" if proof.kept else "**no**")
            yield "| " + " | ".join(each.replace("|", "·") for each in (*first, *told)) + " |"


def _races():
    """What the page of races says: how many browsers in how many rounds, and its history; and when that was."""
    told = RACES.read_text()
    measured = next(line for line in told.splitlines() if line.startswith("Measured "))
    tables = "| Race |" + told.partition("| Race |")[2].partition("\n## The controls")[0]
    yield from (RACES_HEAD, tables.replace("\n## ", "\n### ").strip(), "", measured)


def _left_out():
    """The section of SECURITY.md that tells what is out of scope."""
    told = (HOME / "SECURITY.md").read_text().partition("## Deliberately left out")[2]
    yield from (LEFT_OUT_HEAD, told.partition("\n")[2].partition("\n## ")[0].strip())


def _shown(name):
    module, _, test = name.rpartition(".")
    return f"`{module.removeprefix('tests.')}`: {test.removeprefix('test_').replace('_', ' ')}"


if __name__ == "__main__":
    sys.exit(main())
