"""What became of every asking: the frozen page docs/access-matrix.csv, read and drawn."""

import csv
from dataclasses import dataclass

from clinic.config import HOME

PAGE = HOME / "docs" / "access-matrix.csv"
COLUMNS = ("endpoint", "method", "role", "own", "same_clinic", "other_clinic")
NOBODYS = "-"  # the address names nothing that could be anybody's


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """One route and one role: what it gets for its own, for another's of its clinic, and for another clinic's."""

    endpoint: str
    method: str
    role: str
    own: str
    same_clinic: str = NOBODYS
    other_clinic: str = NOBODYS


def outcome(answer):
    """What an answer means for who asked: let in (yes), sent to sign in or to prove themselves, 403 or 404."""
    there = answer.headers.get("Location") or answer.headers.get("HX-Redirect") or ""
    if answer.status_code == 401 or "/sign-in" in there:
        return "sign-in"
    if "/prove" in there:
        return "prove"
    if answer.status_code >= 500:
        return f"FAULT {answer.status_code}"
    return str(answer.status_code) if answer.status_code in (403, 404, 405) else "yes"


def frozen():
    """The page as it was looked at and committed."""
    with PAGE.open(newline="") as file:
        return [Line(**row) for row in csv.DictReader(file)]


def freeze(lines):
    """Write the page; whoever commits it has looked at what changed."""
    with PAGE.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([getattr(line, name) for name in COLUMNS] for line in sorted(lines))
