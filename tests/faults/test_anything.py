"""Anything at all, in any field of any form, on any route: an answer, nothing raw in it, and whole data afterwards.

hypothesis draws the route and what is typed, from the catalogue of bad input and out of thin air, always the same here;
`make faults` draws many more.
"""

import os
import pkgutil
from importlib import import_module

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wtforms import Field
from wtforms import Form as AnyForm

from clinic import forms
from tests.digests import digests
from tests.faults.bad_values import BAD, plausible
from tests.faults.catalogue import CLASSES, EVERYTHING, HEADERS, MARK, METHODS, PATHS
from tests.faults.routes import (
    FORM,
    Noticing,
    address,
    asked,
    encoded,
    filled,
    fitting,
    ids,
    names_read,
    own_ids,
    routes,
)
from tests.visitor import Visitor

FULL = os.environ.get("FAULTS") == "full"
TYPED = settings(
    max_examples=6000 if FULL else 160, deadline=None, derandomize=not FULL, database=None,
    suppress_health_check=list(HealthCheck), print_blob=True,
)  # fmt: skip
CATALOGUE = st.sampled_from((*EVERYTHING, *BAD))
VALUES = CATALOGUE | st.just(MARK) | st.text(max_size=60) | st.text(st.characters(codec=None), max_size=20)
# Read by views and macros without a form of its own, or the token that every form has.
# The walk has removed the hours before it comes to changing them, so it never sees their weekday read.
# Nor has it the code of a screen, without which nothing is typed on one.
NOT_TYPED = {"csrf_token", "weekday", "year"}


# The names that each route reads, by its number: the same whoever is in the database.
READ = {}


class Targets:
    """Every route with its address and the names it reads, looked at when it is drawn first."""

    def __init__(self, app, cast, session):
        self.app, self.cast = app, cast
        self.known, self.own, self.baseline = ids(session, cast), own_ids(cast), plausible(cast)
        # Nothing is ever proved by it: an account that was closed would not be asked any further.
        self.baseline["password"] = "not the password"
        self.routes = routes(app)

    def of(self, number):
        """(method, address, names) of the route with this number, and a browser of somebody who may use it."""
        rule, method = self.routes[number]
        visitor = Visitor(self.app, fitting(self.app, self.cast, rule.endpoint))
        path = address(visitor, rule, self.known | (self.own if rule.endpoint.startswith("portal") else {}))
        if number not in READ:
            READ[number] = names_read(self.app, self.cast, rule, method, path, self.baseline)
        return method, path, READ[number], visitor


@pytest.fixture
def targets(app, cast, session, monkeypatch):
    """The routes of the application, which writes down what it reads."""
    kind = type("NoticingRequest", (app.request_class,), {"parameter_storage_class": Noticing})
    monkeypatch.setattr(app, "request_class", kind)
    return Targets(app, cast, session)


def _type_anything(targets, numbers, most=TYPED):
    @most
    @given(number=st.sampled_from(numbers), data=st.data())
    def typed(number, data):
        method, path, names, visitor = targets.of(number)
        fields = filled(names, targets.baseline)
        # Few at a time: whatever else is wrong with a form keeps the rest of it from being read.
        wrong = data.draw(st.lists(st.sampled_from(names), max_size=3, unique=True)) if names else []
        fields |= {name: data.draw(VALUES) for name in wrong}
        _fine(visitor, path, method, fields, {})

    typed()


def _closes_an_account(route):
    rule, _method = route
    return rule.endpoint.startswith("public.closing.")


@pytest.mark.timeout(1800 if FULL else 300)
def test_whatever_is_typed_is_answered_and_never_comes_back_raw(targets):
    _type_anything(targets, [n for n, route in enumerate(targets.routes) if not _closes_an_account(route)])


# Who closed their account is still made to ask, on sign-ins that no account of theirs would have.
@pytest.mark.breaks
def test_whatever_is_typed_by_who_closes_their_account_is_answered_too(targets):
    closing = [n for n, route in enumerate(targets.routes) if _closes_an_account(route)]
    _type_anything(targets, closing, settings(TYPED, max_examples=100 if FULL else 4))


def test_every_class_of_the_catalogue_is_answered_in_every_field_of_the_longest_forms(targets):
    lengths = {}
    for number, (rule, method) in enumerate(targets.routes):
        if method == "POST" and rule.endpoint.rpartition(".")[2] in ("create", "update", "sign_up", "invite", "save"):
            lengths[number] = len(targets.of(number)[2])
    longest = sorted(lengths, key=lengths.get)[-40 if FULL else -4 :]
    for number in longest:
        for turn, values in enumerate(CLASSES.values()):
            method, path, names, visitor = targets.of(number)
            fields = filled(names, targets.baseline)
            fields |= {name: values[(turn + place) % len(values)] for place, name in enumerate(names)}
            _fine(visitor, path, method, fields, {})


def test_the_forms_of_the_catalogue_are_those_that_routes_read(targets):
    """Walking clinic/forms: no form has a field that no route reads, so that none is left out above."""
    # Looked at anew: in the middle of anything at all it was noticed among rows that anything had changed.
    READ.clear()
    for number in range(len(targets.routes)):
        targets.of(number)
    read = {name.rpartition("-")[2] for names in READ.values() for name in names}
    assert not {f"{kind.__name__}.{name}" for kind, name in _fields() if name not in read | NOT_TYPED}


def test_whatever_a_request_says_of_itself_is_answered(app, cast):
    for headers in HEADERS:
        for who, path in ((cast.amara, "/staff/day"), (cast.maya, "/portal/"), (None, "/c/rose-street")):
            for method in ("GET", "POST"):
                _fine(Visitor(app, who), path, method, {}, headers)


def test_a_method_that_no_form_uses_changes_nothing(app, cast, superuser):
    paths = ("/staff/day", f"/staff/visits/{cast.booked().id}/confirm", "/sign-in", "/static/clinic.css")
    before = digests(superuser)
    for method in METHODS:
        told = {path: asked(Visitor(app, cast.amara), path, method=method).status_code for path in paths}
        assert set(told.values()) <= {200, 400, 405}, (method, told)
    assert digests(superuser) == before


def test_no_header_makes_another_method_of_a_request(app, cast):
    path = f"/staff/visits/{cast.booked().id}/confirm"
    for name in ("X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"):
        assert asked(Visitor(app, cast.amara), f"{path}?_method=POST", headers={name: "POST"}).status_code == 405


def test_head_is_answered_wherever_get_is(targets):
    for number, (_rule, method) in enumerate(targets.routes):
        if method == "GET":
            _method, path, _names, visitor = targets.of(number)
            _fine(visitor, path, "HEAD", {}, {})


def test_whatever_an_address_says_is_answered(app, cast):
    for who in (cast.amara, cast.maya, None):
        for path in PATHS:
            _fine(Visitor(app, who), path, "GET", {}, {})


def _fields():
    """Every field of every form there is, found by walking clinic/forms."""
    for module in pkgutil.iter_modules(forms.__path__):
        for kind in vars(import_module(f"clinic.forms.{module.name}")).values():
            if isinstance(kind, type) and issubclass(kind, AnyForm) and kind.__module__.startswith("clinic.forms"):
                for name in dir(kind):
                    declared = getattr(getattr(kind, name), "field_class", None)
                    if isinstance(declared, type) and issubclass(declared, Field):
                        yield kind, name


def _fine(visitor, path, method, fields, headers):
    """Ask, and see that it is an answer in which nothing typed stands raw."""
    text = encoded({**fields, "csrf_token": visitor.csrf} if method == "POST" else fields)
    options = {"data": text, "content_type": FORM} if method == "POST" else {"query_string": text} if text else {}
    what = f"{method} {path[:80]} { ({name: str(value)[:60] for name, value in fields.items()})!r} {str(headers)[:80]}"
    with asked(visitor, path, method=method, headers=headers, **options) as answer:
        assert answer.status_code < 500, f"{answer.status_code} {what}"
        said = answer.get_data()
        raw = answer.mimetype == "text/html" and any(piece in said for piece in (b"<zq", b"zq\"'"))
        assert not raw, f"raw: {what}"
        assert MARK not in str(answer.headers), f"in a header: {what}"
