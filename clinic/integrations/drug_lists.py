"""Reading lists of medicines: CSV with a heading, plain or gzip, whichever of the usual names its columns have."""

import csv
import gzip
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from clinic.actions.drugs import Listed
from clinic.forms.fields import CONTROL

NAMES = ("name", "display", "medicine", "medicine_name", "drug", "term")
CODES = ("code", "rxcui", "drugbank_id", "abbreviation", "id")
SYNONYMS = ("synonyms", "synonym", "abbreviation")
LONGEST = 500
MOST = 500_000


class NotAList(ValueError):
    """The file is no list of medicines; the message says what is missing."""


class DrugList:
    """One file; read once, it tells what it left out and why."""

    def __init__(self, path: Path):
        self.path = path
        self.skipped = Counter()

    def read(self) -> Iterator[Listed]:
        """Every medicine in it, each code once; raises NotAList."""
        codes = set()
        with self._open() as file:
            heading = file.readline()
            file.seek(0)
            rows = csv.DictReader(file, delimiter=";" if heading.count(";") > heading.count(",") else ",")
            name, code, also = self._columns(rows)
            for number, row in enumerate(rows, start=1):
                if number > MOST:
                    raise NotAList(f"more than {MOST:,} lines")
                found = self._listed(row.get(name), row.get(code) if code else None, row.get(also) if also else None)
                if found and found.code in codes:
                    self.skipped["the same code a second time"] += 1
                elif found:
                    codes.add(found.code)
                    yield found

    def _open(self):
        with self.path.open("rb") as file:
            zipped = file.read(2) == b"\x1f\x8b"
        # A byte order mark, as spreadsheets write one, is no part of the first heading.
        return (gzip.open if zipped else open)(self.path, "rt", encoding="utf-8-sig", newline="")

    def _columns(self, rows):
        try:
            known = {(heading or "").strip().lower(): heading for heading in rows.fieldnames or ()}
        except UnicodeDecodeError:
            raise NotAList("it is not text in UTF-8") from None
        found = [next((known[each] for each in wanted if each in known), None) for wanted in (NAMES, CODES, SYNONYMS)]
        if found[0] is None:
            raise NotAList(f"no column is called {' or '.join(NAMES)}")
        return found

    def _listed(self, name, code, also):
        name, code = " ".join((name or "").split()), " ".join((code or "").split())
        if not name:
            self.skipped["no name"] += 1
        elif len(name) > LONGEST or len(code) > LONGEST:
            self.skipped[f"longer than {LONGEST} characters"] += 1
        elif CONTROL.search(name + code):
            self.skipped["characters that cannot be kept"] += 1
        else:
            others = (" ".join(each.split()) for each in (also or "").replace(";", "|").split("|"))
            kept = tuple(dict.fromkeys(each for each in others if each and each != name and not CONTROL.search(each)))
            return Listed(code or name, name, kept)
        return None
