"""Rows as CSV that people open in a spreadsheet: piece by piece, with no cell that the spreadsheet would work out."""

import csv
import io
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

MEDIA_TYPE = "text/csv; charset=utf-8"
# Without it Excel reads UTF-8 as the letters of the machine's country.
BYTE_ORDER_MARK = "\ufeff".encode()
PIECE = 32 * 1024
# The four signs a formula begins with, and the other widths and sizes of them that some programs take for the same.
SIGNS = "=+\\-@＝＋－＠﹦﹢﹣﹫⁼⁺⁻₌₊₋−"
# What a program passes over before it looks for them: spaces, quotes and what nobody sees.
PASSED_OVER = (
    r'["\x00-\x08\x0b\x0c\x0e-\x20\x7f-\xa0\u00ad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u2069\u3000\ufeff]*+'
)
# Where a cell may begin: at its beginning, and where a program that goes by other separators than ours sees one begin.
FORMULA = re.compile(rf"(^|(?<=[;|\t\r\n]))(?='*{PASSED_OVER}[{SIGNS}])|^(?='*{PASSED_OVER}[\t\r\n])")
NUMBERS = (int, float, Decimal)


def csv_rows(header: Sequence[str], rows: Iterable[Sequence]) -> Iterator[bytes]:
    """The header and the rows as RFC 4180 in UTF-8, a piece at a time; None is an empty cell, numbers stay numbers."""
    text = io.StringIO(newline="")
    line = csv.writer(text, quoting=csv.QUOTE_MINIMAL, lineterminator="\r\n")
    text.write(BYTE_ORDER_MARK.decode())
    line.writerow([inert(name) for name in header])
    for row in rows:
        line.writerow([inert(value) for value in row])
        if text.tell() >= PIECE:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def inert(value) -> str:
    """A value as the text of a cell that is never worked out; text that begins as a formula does gets an apostrophe.

    A number of ours is one, with its sign; a number somebody typed is text.
    """
    if value is None:
        return ""
    if isinstance(value, NUMBERS) and math.isfinite(value):
        return str(value)
    return FORMULA.sub("'", str(value))
