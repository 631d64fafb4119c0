"""What the long runs leave behind: a page in docs/ with its date and the machine it was measured on."""

import os
import platform
import re
from datetime import UTC, datetime
from pathlib import Path

import psutil

from clinic.config import HOME


def write_report(name, text):
    """Write docs/<name>-report.md and print it."""
    page = f"{text.strip()}\n\n{_colophon(name)}\n"
    (HOME / "docs" / f"{name}-report.md").write_text(page)
    print(page)


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
