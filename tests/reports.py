"""What the long runs leave behind: a page in docs/ with its date and the machine it was measured on."""

import os
import platform
import re
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import psutil

from clinic.config import HOME


def write_report(name, text):
    """Write docs/<name>-report.md and print it."""
    page = f"{text.strip()}\n\n{_colophon(name)}\n"
    (HOME / "docs" / f"{name}-report.md").write_text(page)
    print(page)


def asked_of_pytest(*arguments, **settings):
    """Run pytest with these arguments and settings: (its exit code, the test cases as JUnit's elements)."""
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results.xml"
        # The first JUnit family has room for what tests tell beside their outcome.
        told = ["-q", "-o", "junit_family=xunit1", f"--junit-xml={results}"]
        command = [sys.executable, "-m", "pytest", *told, *arguments]
        code = subprocess.run(command, cwd=HOME, env=os.environ | settings, check=False).returncode
        return code, list(ElementTree.parse(results).iter("testcase"))


def told_by(case, *names):
    """What a test case told under these names, each thing once."""
    told = (each.get("value") for each in case.iter("property") if each.get("name") in names)
    return list(dict.fromkeys(told))


def ended(case, *kinds):
    """Whether the test case ended in one of these ways: failure, error, skipped."""
    return any(case.find(kind) is not None for kind in kinds)


def table(head, rows):
    """Rows as a Markdown table; numbers stand to the right."""
    columns = zip(*rows, strict=True)
    rule = ["---:" if all(re.match(r"[-\d.]", str(value)) for value in column) else "---" for column in columns]
    lines = [head, rule, *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def _colophon(name):
    moment = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"Measured {moment} by `make {name}` on {os.cpu_count()} cores of {_processor()}, {memory:.0f} GB of memory, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}. Server, database and the "
        "generator of the load share the machine."
    )


def _processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
