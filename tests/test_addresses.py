"""How routes' addresses are put together: late, and as ever."""

from uuid import UUID

import pytest
from werkzeug.routing import Map, Rule

from clinic.addresses import Route
from tests.databases import application_for_drawing

STATIC = "/static/<path:filename>"  # Flask's own, made before anything of ours
VISIT, ODD, PLAIN = "/visits/<uuid:visit>/<step>", "/<route>/<path:self>", "/plain"


def test_the_product_starts_without_working_any_out(monkeypatch):
    worked_out, own = set(), Rule._compile_builder
    monkeypatch.setattr(Rule, "_compile_builder", lambda rule, *more: worked_out.add(rule.rule) or own(rule, *more))
    assert len(list(application_for_drawing().url_map.iter_rules())) > 500
    assert worked_out <= {STATIC}


@pytest.mark.parametrize(
    ("asked", "values"),
    [
        (VISIT, {"visit": UUID(int=7), "step": "a b/c?&é"}), (VISIT, {"visit": UUID(int=7), "step": "x", "at": [1, 2]}),
        (ODD, {"route": "r", "self": "a/b//c"}), (PLAIN, {}), (PLAIN, {"next": "/staff/?day=1", "self": "me"}),
    ],
)  # fmt: skip
def test_they_are_what_they_would_be_otherwise(asked, values):
    theirs, ours = (Map([kind(each, endpoint=each) for each in (VISIT, ODD, PLAIN)]) for kind in (Rule, Route))
    for _once_more in range(2):
        assert ours.bind("localhost").build(asked, values) == theirs.bind("localhost").build(asked, values)
