"""Whatever is sent to whatever address by whomever: an answer, never a fault.

Every route is asked for with bad values in each field it reads, one at a time. `make faults` tries all of them in
every field; here each field gets some, others in every field.
"""

import os

import pytest
from itsdangerous import URLSafeTimedSerializer

from tests.databases import application_for_drawing
from tests.faults.bad_values import ADDRESSES, BAD, HEADERS, plausible
from tests.faults.routes import Noticing, address, asked, filled, fitting, ids, names_read, own_ids, routes, send
from tests.visitor import CSRF, Visitor

FULL = os.environ.get("FAULTS") == "full"
SOME = 1  # how many bad values each field gets when not all are tried
SUBJECTS = sorted({rule.endpoint.rpartition(".")[0] for rule, _method in routes(application_for_drawing())})
ROLES = ("ines", "amara", "osei", "maya", "stranger", None)


@pytest.fixture
def noticing(app, monkeypatch):
    """The application writes down which fields its routes read."""
    kind = type("NoticingRequest", (app.request_class,), {"parameter_storage_class": Noticing})
    monkeypatch.setattr(app, "request_class", kind)


# Who closed their account is still made to ask, on sign-ins that no account of theirs would have.
CLOSING = [pytest.param(each, marks=[pytest.mark.breaks] if each == "public.closing" else []) for each in SUBJECTS]


@pytest.mark.parametrize("subject", CLOSING)
def test_a_bad_value_in_any_field_is_never_a_fault(app, cast, session, noticing, subject):
    broken, turn, known, own = {}, 0, ids(session, cast), own_ids(cast)
    for rule, method in routes(app):
        if rule.endpoint.rpartition(".")[0] != subject:
            continue
        path = address(Visitor(app, None), rule, known | (own if subject.startswith("portal") else {}))
        baseline = plausible(cast)
        names = names_read(app, cast, rule, method, path, baseline)
        visitor = Visitor(app, fitting(app, cast, rule.endpoint))
        for name in names:
            turn += 1
            for value in BAD if FULL else [BAD[(turn * SOME + place) % len(BAD)] for place in range(SOME)]:
                fields = filled(names, baseline) | {name: value, "csrf_token": visitor.csrf}
                status, text = send(visitor, method, path, fields)
                if status >= 500:
                    broken[f"{method} {rule.endpoint} {name}={value[:40]!r}"] = f"{status} {text[:200]}"
    assert not broken, "\n".join(f"{what}: {told}" for what, told in broken.items())


@pytest.mark.parametrize("who", ROLES)
def test_no_role_meets_a_fault_on_any_route(app, cast, session, who):
    known = ids(session, cast)
    visitor, broken = Visitor(app, who and getattr(cast, who)), {}
    for rule, method in routes(app):
        if rule.endpoint == "public.accounts.sign_out":
            continue
        for facts in (known, {}):
            status, text = send(visitor, method, address(visitor, rule, facts), {"csrf_token": visitor.csrf})
            if status >= 500:
                broken[f"{method} {rule.endpoint}"] = f"{status} {text[:200]}"
    assert not broken, "\n".join(f"{what}: {told}" for what, told in broken.items())


@pytest.mark.parametrize("who", ["amara", "maya", None])
def test_an_address_that_leads_nowhere_is_never_a_fault(app, cast, who):
    visitor = Visitor(app, who and getattr(cast, who))
    told = {path[:60]: send(visitor, "GET", path, {}) for path in ADDRESSES}
    assert not {path: answer for path, answer in told.items() if answer[0] >= 500}
    assert told["/nowhere"][0] == 404


@pytest.mark.parametrize("headers", HEADERS, ids=lambda headers: next(iter(headers)))
def test_a_broken_header_is_never_a_fault(app, cast, headers):
    visitor = Visitor(app, cast.amara)
    for path in ("/", "/staff/day", "/sign-in", "/c/rose-street", "/static/clinic.css"):
        answer = asked(visitor, path, headers=headers)
        answer.close()
        assert answer.status_code < 500, path


class TestForgery:
    def test_no_form_is_taken_without_its_token_nor_with_somebody_elses(self, app, cast, session):
        known, taken = ids(session, cast), []
        for rule, method in routes(app):
            if method == "GET":
                continue
            visitor = Visitor(app, fitting(app, cast, rule.endpoint))
            path = address(visitor, rule, known)
            others = (URLSafeTimedSerializer(key, salt="wtf-csrf-token") for key in (app.secret_key, "another key"))
            made_up = [signer.dumps(raw) for signer, raw in zip(others, ("11" * 32, CSRF), strict=True)]
            for token in (None, "", "made-up", *made_up):
                status, _text = send(visitor, method, path, {} if token is None else {"csrf_token": token})
                # What another service calls bears its signature and no token.
                signed = getattr(app.extensions["needs"].get(rule.endpoint), "signed", None)
                if status != (401 if signed else 400):
                    taken.append((rule.endpoint, token, status))
        assert not taken


class TestTooMuch:
    def test_a_form_larger_than_any_is_refused_as_such(self, app, cast):
        visitor = Visitor(app, cast.amara)
        for size, status in ((250_000, 422), (300_000, 413), (5_000_000, 413)):
            fields = {"csrf_token": visitor.csrf, "reason": "x" * size}
            assert send(visitor, "POST", "/staff/booking", fields)[0] == status

    @pytest.mark.parametrize(
        ("kind", "body"),
        [
            ("multipart/form-data", b"--"), ("multipart/form-data; boundary=x", b"--x\r\nnothing"),
            ("multipart/form-data; boundary=" + "x" * 5000, b"x"), ("application/json", b"{"), ("", b"\xff\xfe"),
            ("application/x-www-form-urlencoded; charset=utf-99", b"a=%ff"), ("text/xml", b"<"),
        ],
    )  # fmt: skip
    def test_a_body_that_is_no_form_is_never_a_fault(self, app, cast, kind, body):
        visitor = Visitor(app, cast.amara)
        for path in ("/staff/booking", "/sign-in", "/staff/patients"):
            answer = asked(visitor, path, method="POST", data=body, content_type=kind)
            assert 400 <= answer.status_code < 500

    def test_another_method_is_refused_as_such(self, app, cast):
        visitor = Visitor(app, cast.amara)
        for method in ("PUT", "DELETE", "PATCH", "TRACE"):
            answer = asked(visitor, "/staff/day", method=method)
            assert answer.status_code in (400, 405)
