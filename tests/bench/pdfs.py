"""How many prescriptions a second become PDF on one core: `python -m tests.bench.pdfs`."""

import json
import os
import resource
import subprocess
import sys
import time
from subprocess import PIPE

from clinic.integrations.pdf import rendered

AIM = 30  # a second
SECONDS = 8
MEMORY_AFTER = 300  # letters, after which the memory should not grow any more

LETTER = {
    "title": "Prescription", "mark": None,
    "advice_title": "Advice", "advice": "Rest, and drink enough.\nCome back in a week.",
    "letterhead": {"name": "Rose Street Clinic", "address": ["18 Rose Street", "WC2E 9EA London"], "logo": None,
                   "reach": ["+44 20 7946 0000", "hello@rose-street.example"], "colour": "#0b5d5e"},
    "about": [["Patient", "Maya Okafor"], ["Born", "12/04/1990"], ["Record number", "000001"],
              ["Issued", "Saturday 21 November 2026"], ["Issued by", "Dr Kwame Osei"], ["Licence number", "GB-20417"]],
    "columns": ["No.", "Medicine", "Strength", "How much", "How often", "For how long"],
    "signature": ["Dr Kwame Osei", "Date and signature"], "footer": "Rose Street Clinic · prescription",
}  # fmt: skip


def letters():
    """Letters without end, each of its own: what is known of one must not help with the next."""
    number = 0
    while True:
        number += 1
        rows = [
            {"medicine": f"Amoxicillin {number}-{each}", "notes": ["with food"],
             "rest": [f"{each * 100} mg", "1 capsule", "three times a day", "7 days"]}
            for each in range(1, 4)
        ]  # fmt: skip
        yield {**LETTER, "rows": rows, "about": [["Patient", f"Maya Okafor {number}"], *LETTER["about"][1:]]}


def measure(seconds=SECONDS):
    """Letters a second on this process's one core, and by how many bytes its memory grew after the first 300."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    each = letters()
    rendered("prescription", next(each), "en_GB")
    made, began, grown = 0, time.perf_counter(), None
    while time.perf_counter() - began < seconds or made < 2 * MEMORY_AFTER:
        rendered("prescription", next(each), "en_GB")
        made += 1
        if made == MEMORY_AFTER:
            grown = _resident()
        if time.perf_counter() - began > 4 * seconds:
            break
    rate = made / (time.perf_counter() - began)
    return rate, _resident() - grown if grown else 0


def _resident():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def measured_apart():
    """The same out of a process of its own, which keeps to its core."""
    told = subprocess.run([sys.executable, "-m", "tests.bench.pdfs", "--json"], text=True, stdout=PIPE, check=False)
    return json.loads(told.stdout)


def main():
    """Print the figures; ends with 1 where the aim was missed."""
    rate, grown = measure()
    if "--json" in sys.argv:
        print(json.dumps([rate, grown]))
    else:
        print(f"{rate:.0f} prescriptions a second on one core (aim: {AIM}); memory grew {grown / 2**20:.1f} MB")
    return 0 if rate >= AIM else 1


if __name__ == "__main__":
    sys.exit(main())
