"""No rule of `flask check` is only believed to find something: each has been broken on purpose, and was found."""

from clinic.queries.checking import ALL_RULES, MISSING_KEY
from tests.commands import test_check, test_check_everywhere
from tests.queries import (
    test_invariants,
    test_invariants_merges,
    test_invariants_papers,
    test_invariants_prescriptions,
)

BY_SENTENCE = (
    test_check.FAULTS, test_invariants.PLANTED, test_invariants_merges.PLANTED, test_invariants_papers.PLANTED,
    test_invariants_prescriptions.PLANTED,
)  # fmt: skip
# Broken in tests of their own, beside these tables.
ALONE = {
    MISSING_KEY.sentence,
    "a visit lies in a time when the doctor is away",
    "a hold ran out more than two minutes ago and was not removed: does the worker run?",
    "the audit log has no place for this month; the worker makes them",
}


def test_every_rule_is_broken_on_purpose_somewhere():
    planted = ALONE.union(*BY_SENTENCE)
    told = [each[-1] for table in (test_check_everywhere.ROWS, test_check_everywhere.GAPS) for each in table.values()]
    beginnings = tuple(line.partition(" [I")[0].rpartition(": ")[2] for line in told)
    for rule in ALL_RULES:
        assert rule.sentence in planted or rule.sentence.startswith(tuple(filter(None, beginnings))), rule.sentence
    assert planted <= {rule.sentence for rule in ALL_RULES}
