"""A rule that was turned round or loosened does not pass: a few of them here, all of them by `make mutants`."""

import pytest

from clinic.config import HOME
from tests.mutants import catalogue, routes
from tests.mutants.__main__ import NOTHING, known
from tests.mutants.mutant import Mutant, NoMutant, killer_of, scratch_copy

# One with its tests where no database is needed, so that they are quick; the others are in the report.
QUICK = (
    "roles count on both faces",
    "roles count on the other face only",
    "a support window for one thing is one for everything",
)


@pytest.mark.promise(11, "rules that were turned round or loosened, a few of them in every run")
def test_a_loosened_rule_is_noticed(figure):
    tried = [each for each in routes.MUTANTS if each.words in QUICK]
    with scratch_copy() as copy:
        killers = [killer_of(each, copy, wide=False) for each in tried]
    assert len(killers) == len(QUICK) and all(killers)
    noticed = sum(said.startswith("`tests/") for said in known().values())
    figure(f"{noticed} of {len(catalogue.MUTANTS)} loosened rules tried and every one noticed")


@pytest.mark.promise(11, "the report names every loosened rule there is, and none that nothing noticed")
def test_the_report_names_every_one_and_none_that_went_unnoticed():
    told = known()
    assert {each.words for each in catalogue.MUTANTS} <= set(told), "run `make mutants`"
    assert NOTHING not in told.values()


def test_what_is_loosened_is_there_exactly_once():
    for each in catalogue.MUTANTS:
        assert each.changed((HOME / each.path).read_text()), each.words
    words = [each.words for each in catalogue.MUTANTS]
    assert len(words) == len(set(words)) >= 40


def test_a_change_of_what_is_not_there_is_no_mutant():
    with pytest.raises(NoMutant):
        Mutant("nothing", "app.py", "no such text", "", ()).changed((HOME / "app.py").read_text())
