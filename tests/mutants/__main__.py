"""`make mutants`: try every loosened rule and write docs/mutants-report.md; ends with 1 where one is not noticed."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from queue import SimpleQueue

from tests.mutants.catalogue import MUTANTS
from tests.mutants.mutant import asked, killer_of, scratch_copy
from tests.reports import table, write_report

COPIES = 2  # of the product, each trying one change at a time


def main(only=""):
    """Try those whose words or file have ``only`` in them, all without it; only all of them make a report."""
    started, tried = time.monotonic(), [each for each in MUTANTS if only in each.words or only in each.path]
    with ExitStack() as stack:
        copies = SimpleQueue()
        for _copy in range(COPIES):
            copies.put(stack.enter_context(scratch_copy()))
        if not _whole(sorted({test for each in tried for test in each.tests}), copies):
            return 1
        with ThreadPoolExecutor(COPIES) as pool:
            killers = dict(zip(tried, pool.map(lambda mutant: _tried(mutant, copies), tried), strict=True))
    if not only:
        write_report("mutants", report(killers, time.monotonic() - started))
    return 1 if None in killers.values() else 0


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
    return killer


def report(killers, seconds) -> str:
    """The page: how many there are, who noticed which."""
    alive = [each.words for each, killer in killers.items() if killer is None]
    verdict = "Not noticed: " + "; ".join(alive) if alive else "Every one was noticed."
    sections = [_section(path, killers) for path in dict.fromkeys(each.path for each in killers)]
    return "\n\n".join((HEAD.format(count=len(killers), verdict=verdict, minutes=seconds / 60), *sections))


def _section(path, killers):
    rows = [(each.words, f"`{killer}`" if killer else "**nothing**") for each, killer in killers.items()
            if each.path == path]  # fmt: skip
    return f"## {path}\n\n" + table(("A product in which", "fails"), rows)


HEAD = """# Rules that were loosened, and the tests that noticed

Written by `make mutants`. For each line one rule about who may do or see what was turned round or loosened in a scratch
copy of the product, in Python or in SQL, and the tests were run there until one failed. A rule that nobody misses is a
test that is missing. [Why these changes are written by hand](decisions/0040-rules-are-loosened-by-hand.md).

**{count} changes. {verdict}** It took {minutes:.0f} minutes."""

if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
