"""What stands behind the question mark is a value, whatever it says: it sorts, filters and pages, and runs nowhere."""

import os
import time

import pytest

from tests.digests import digests
from tests.faults.bad_values import plausible
from tests.faults.routes import Noticing, address, asked, fitting, ids, names_read, own_ids, routes
from tests.visitor import Visitor

# Pages are asked for by these whatever they read today: a sort key that comes tomorrow is tried as well.
ALWAYS = ("sort", "order", "page", "filter", "limit")
INJECTIONS = [
    "'", "\"", "';--", "' OR '1'='1", "1 OR 1=1", "1) OR (1=1", "1; SELECT pg_sleep(3)", "'||pg_sleep(3)||'",
    "(SELECT pg_sleep(3))", "1 UNION SELECT NULL", "' UNION SELECT email FROM users--", "name; DROP TABLE visits",
    "name DESC, (SELECT 1/0)", "(CASE WHEN 1=1 THEN name ELSE id END)", "1,extractvalue(1,1)", "%27%20OR%201=1",
    "\\'; --", "$$; SELECT 1; $$", "/**/OR/**/1=1", "-1", "0x31", "1e9", "99999999999999999999", "NaN", "null",
    "id::int", "asc;--", "created_at' COLLATE \"C", "*", "%", "_", ":name", "%(name)s", "?", "{0}", "visits.secret",
    "__class__", "../..",
]  # fmt: skip
# What a page reads gets so many of them at a time, all where promises are proved in full; the next gets the next ones.
MANY, OF_A_SEARCH = (len(INJECTIONS),) * 2 if "PROMISES" in os.environ else (5, 3)
# What only looks for something and is sent as a form, so that no address has a name in it.
SEARCHES = ("find", "find_code", "look")
SECONDS = 2.5  # less than any of the sleeps above


@pytest.fixture
def noticing(app, monkeypatch):
    """The application writes down which fields its routes read."""
    kind = type("NoticingRequest", (app.request_class,), {"parameter_storage_class": Noticing})
    monkeypatch.setattr(app, "request_class", kind)


@pytest.mark.promise(17, "every parameter that a page or a search reads, and those it might")
@pytest.mark.parametrize("what", ["pages", "searches"])
def test_no_parameter_reaches_the_database_as_sql(app, cast, session, superuser, noticing, figure, what):
    known, own, count, wrong, turn = ids(session, cast), own_ids(cast), 0, {}, 0
    before, baseline = digests(superuser), plausible(cast)
    parameters, tried, many = 0, set(), MANY if what == "pages" else OF_A_SEARCH
    for rule, method in routes(app):
        wanted = method == "GET" if what == "pages" else method == "POST" and _only_looks(app, rule.endpoint)
        if not wanted or rule.endpoint.rpartition(".")[2] == "static" or rule.endpoint.startswith("assets"):
            continue
        tried.add(rule.endpoint)
        visitor = Visitor(app, fitting(app, cast, rule.endpoint))
        path = address(visitor, rule, known | (own if rule.endpoint.startswith("portal") else {}))
        read = names_read(app, cast, rule, method, path, baseline)
        for name in [*read, *(each for each in ALWAYS if each not in read)]:
            parameters += 1
            turn += 1
            for payload in _some(turn, many if name in read else 1):
                started = time.perf_counter()
                with asked(visitor, path, **_sent(visitor, method, {name: payload})) as answer:
                    count += 1
                    slow = time.perf_counter() - started > SECONDS
                    if answer.status_code >= 500 or slow or b"syntax error" in answer.data:
                        wrong[(rule.endpoint, name, payload)] = (answer.status_code, slow)
    assert not wrong
    assert what == "pages" or {"staff.patients.find", "staff.audit.find"} < tried
    assert digests(superuser) == before
    told = f"{parameters} parameters of {len(tried)} {what}, {count} tries"
    figure(f"{told}: 0 faults, 0 tables changed, 0 slower than {SECONDS} s")


def _only_looks(app, endpoint):
    """Whether a form of this route looks for something and changes nothing: sent twice it needs no key."""
    return endpoint.rpartition(".")[2] in SEARCHES and not app.extensions["needs"][endpoint].once


def _sent(visitor, method, fields):
    if method == "POST":
        return {"method": method, "data": fields | {"csrf_token": visitor.csrf}}
    return {"query_string": fields}


def _some(turn, many):
    return [INJECTIONS[(turn * many + place) % len(INJECTIONS)] for place in range(many)]
