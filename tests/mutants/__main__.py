"""`make mutants`: try every loosened rule and write docs/mutants-report.md; ends with 1 where one is not noticed.

`python -m tests.mutants <words>` tries those with the words in them or in their file, `python -m tests.mutants untried`
those that were never tried; of others the page keeps what it says.
"""

import re
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from queue import SimpleQueue

from clinic.config import HOME
from tests.mutants.catalogue import MUTANTS
from tests.mutants.mutant import asked, killer_of, scratch_copy
from tests.reports import table, write_report

COPIES = 2  # of the product, each trying one change at a time
PAGE = HOME / "docs" / "mutants-report.md"
LINE = re.compile(r"^\| (.+) \| (.+) \|$", re.MULTILINE)
NOTHING, UNTRIED = "**nothing**", "not tried yet"


def main(only=""):
    """Try those whose words or file have ``only`` in them, all without it; the page keeps what it says of others."""
    before = known()
    tried = [each for each in MUTANTS if _wanted(each, only, before)]
    with ExitStack() as stack:
        copies = SimpleQueue()
        for _copy in range(COPIES):
            copies.put(stack.enter_context(scratch_copy()))
        if not _whole(sorted({test for each in tried for test in each.tests}), copies):
            return 1
        with ThreadPoolExecutor(COPIES) as pool:
            found = dict(zip((each.words for each in tried), pool.map(lambda m: _tried(m, copies), tried), strict=True))
    write_report("mutants", report(before | found))
    return 1 if NOTHING in found.values() else 0


def _wanted(mutant, only, before):
    if only == "untried":
        return before.get(mutant.words, UNTRIED) == UNTRIED
    return only in mutant.words or only in mutant.path


def known() -> dict:
    """What the page says already: {words: what noticed it}."""
    return dict(LINE.findall(PAGE.read_text())) if PAGE.exists() else {}


def _whole(tests, copies):
    """Whether the tests pass where nothing was changed: else they would tell nothing."""
    copy = copies.get()
    failed, told = asked(copy, tests)
    copies.put(copy)
    if failed:
        print(f"{failed} fails without any change:\n{told[-3000:]}", file=sys.stderr)
    return not failed


def _tried(mutant, copies):
    copy = copies.get()
    try:
        killer = killer_of(mutant, copy)
    except RuntimeError as error:
        print(f"could not be tried: {mutant.words}\n{error}", file=sys.stderr)
        killer = None
    finally:
        copies.put(copy)
    print(f"{killer or '!!! NOBODY'}  <-  {mutant.words}", flush=True)
    return f"`{killer}`" if killer else NOTHING


def report(found) -> str:
    """The page: how many there are, what noticed which."""
    said = {each: found.get(each.words, UNTRIED) for each in MUTANTS}
    alive = [each.words for each, noticed in said.items() if noticed == NOTHING]
    untried = sum(noticed == UNTRIED for noticed in said.values())
    verdict = f"{len(said) - len(alive) - untried} noticed, {untried} not tried yet."
    verdict += " Not noticed: " + "; ".join(alive) if alive else " None went unnoticed."
    sections = [_section(path, said) for path in dict.fromkeys(each.path for each in MUTANTS)]
    return "\n\n".join((HEAD.format(count=len(said), verdict=verdict), *sections))


def _section(path, said):
    rows = [(each.words, noticed) for each, noticed in said.items() if each.path == path]
    return f"## {path}\n\n" + table(("A product in which", "fails"), rows)


HEAD = """# Rules that were loosened, and the tests that noticed

Written by `make mutants`. For each line one rule about who may do or see what was turned round or loosened in a scratch
copy of the product, in Python or in SQL, and the tests were run there until one failed. A rule that nobody misses is a
test that is missing. [Why these changes are written by hand](decisions/0041-rules-are-loosened-by-hand.md).

**{count} changes: {verdict}**"""

if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
