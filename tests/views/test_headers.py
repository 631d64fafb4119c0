"""Every answer carries the security headers, whoever asks for what and whatever goes wrong."""

import os

import pytest
import sqlalchemy as sa

from clinic import errors
from clinic.headers import BrokenOff
from tests.access.askers import askers
from tests.faults.routes import STREAMS, address, asked, ids, own_ids, routes
from tests.visitor import Visitor

EXPECTED = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), "
        "microphone=(), midi=(), payment=(), usb=(), publickey-credentials-create=(self), "
        "publickey-credentials-get=(self)"
    ),
}
# A file that somebody made is no page of ours: nothing in it runs, wherever it is opened.
OF_A_FILE = "default-src 'none'; sandbox"
FILES = {"public.clinics.logo", "staff.audit.export"}
MAY_BE_KEPT = {"static", "bootstrap.static", "assets.htmx", "public.clinics.style", "public.clinics.logo"}
ROLES = ("ines", "amara", "osei", "maya", "stranger", None)
# Where promises are not proved in full, each route is asked for by one of these.
IN_TURN = ("medical_assistant", "support", "referrer")
FULL = "PROMISES" in os.environ


def bare(answer, kept=False, file=False):
    """What is missing or wrong on an answer."""
    expected = EXPECTED | ({"Content-Security-Policy": OF_A_FILE} if file else {})
    wrong = [name for name, value in expected.items() if answer.headers.getlist(name) != [value]]
    if not {"HX-Request", "Cookie"} <= set(answer.headers.get("Vary", "").replace(" ", "").split(",")):
        wrong.append("Vary")
    if answer.headers.getlist("Cache-Control") != ["no-store"] and not kept:
        wrong.append("Cache-Control")
    if not answer.headers.get("X-Request-Id"):
        wrong.append("X-Request-Id")
    if "Strict-Transport-Security" in answer.headers:
        wrong.append("HSTS without TLS")
    return wrong


@pytest.mark.promise(25, "every route as every role, with exact words")
def test_every_route_dresses_its_answer_for_every_role(app, cast, session, figure):
    known, count, wrong = ids(session, cast), 0, {}
    people = {who: who and getattr(cast, who) for who in ROLES}
    people |= {who: person for who, person in askers(cast).items() if who in IN_TURN}
    for who, person in people.items():
        visitor = Visitor(app, person)
        facts = known | (own_ids(cast) if who == "maya" else {})
        for turn, (rule, method) in enumerate(routes(app)):
            left_to_another = who in IN_TURN and not FULL and IN_TURN[turn % len(IN_TURN)] != who
            if rule.endpoint == "public.accounts.sign_out" or left_to_another:
                continue
            sent = {"data": {"csrf_token": visitor.csrf}} if method == "POST" else {}
            with asked(visitor, address(visitor, rule, facts), method=method, **sent) as answer:
                count += 1
                well = answer.status_code == 200
                found = bare(answer, kept=well and rule.endpoint in MAY_BE_KEPT, file=well and rule.endpoint in FILES)
                if found:
                    wrong[(who, method, rule.endpoint, answer.status_code)] = found
    assert not wrong
    figure(f"{count} answers to {len(people)} kinds of people, 0 without a header")


def test_a_stream_is_dressed_too(app, cast):
    visitor = Visitor(app, cast.amara)
    for endpoint in STREAMS:
        answer = asked(visitor, visitor.url(endpoint), buffered=False)
        assert answer.status_code == 200 and bare(answer) == []
        answer.close()


class TestWhateverGoesWrong:
    @pytest.fixture
    def served(self, app, monkeypatch):
        """The application as it is served: a fault is answered, not raised."""
        monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
        return app

    @pytest.mark.promise(25, "every kind of refusal and fault")
    def test_every_status_is_dressed(self, served, cast, monkeypatch, figure):
        amara, nobody = Visitor(served, cast.amara), Visitor(served, None)
        css = amara.url("static", filename="clinic.css")
        with asked(amara, css) as found:
            unchanged = {"If-None-Match": found.headers["ETag"]}
        post, part = {"method": "POST"}, {"HX-Request": "true"}
        answers = {
            200: asked(amara, "/staff/day"), 302: asked(nobody, "/staff/day"),
            304: asked(amara, css, headers=unchanged), 400: asked(amara, "/staff/booking", **post),
            401: asked(nobody, "/staff/day", headers=part), 403: asked(amara, "/staff/clinic"),
            404: asked(amara, "/nowhere"), 405: asked(amara, "/staff/day", method="PUT"),
            413: asked(amara, "/staff/booking", **post, data={"reason": "x" * 300_000}),
            422: asked(amara, "/staff/booking", **post, data={"csrf_token": amara.csrf}),
        }  # fmt: skip
        monkeypatch.setitem(served.view_functions, "staff.day.index", lambda: 1 // 0)
        answers[500] = asked(amara, "/staff/day")
        monkeypatch.setitem(served.view_functions, "staff.day.index", _lost)
        answers[503] = asked(amara, "/staff/day")
        assert {code: answer.status_code for code, answer in answers.items()} == {code: code for code in answers}
        assert not {code: bare(each, kept=code == 304) for code, each in answers.items() if bare(each, code == 304)}
        for answer in answers.values():
            answer.close()
        figure(f"{len(answers)} kinds")

    def test_a_page_of_errors_that_cannot_be_drawn_becomes_a_plain_sentence(self, served, amara, monkeypatch):
        monkeypatch.setattr(errors, "render_template", lambda *_args, **_facts: 1 // 0)
        answer = asked(amara, "/nowhere")
        assert answer.status_code == 404 and answer.mimetype == "text/plain" and bare(answer) == []
        assert answer.text == "This page is not here. The address may be mistyped, or the page is not yours to see.\n"

    def test_where_even_that_fails_a_last_sentence_is_left(self, served, amara, monkeypatch):
        monkeypatch.setattr(errors, "answer", lambda *_args, **_facts: 1 // 0)
        answer = asked(amara, "/nowhere")
        assert answer.status_code == 500 and bare(answer) == []
        assert answer.text == "Something broke on our side. Nothing was saved. Try again in a moment.\n"

    def test_what_fails_after_the_view_is_dressed_too(self, served, amara, monkeypatch):
        broken = [*served.after_request_funcs[None], lambda _response: 1 // 0]
        monkeypatch.setitem(served.after_request_funcs, None, broken)
        answer = asked(amara, "/staff/day")
        assert answer.status_code == 500 and bare(answer) == []

    def test_an_answer_that_breaks_off_says_why_to_nobody(self, served, amara, monkeypatch, capsys):
        def words():
            yield "Tom Baker"
            raise ValueError("Tom Baker")

        monkeypatch.setitem(served.view_functions, "staff.day.index", lambda: served.response_class(words()))
        answer = asked(amara, "/staff/day", buffered=False)
        with pytest.raises(BrokenOff) as broken:
            list(answer.response)
        answer.close()
        assert str(broken.value) == "" and broken.value.__cause__ is None
        assert "Tom Baker" not in capsys.readouterr().out


def _lost():
    raise sa.exc.TimeoutError


def test_over_tls_the_browser_is_told_to_come_back_by_tls_for_a_year(app, cast):
    for path in ("/staff/day", "/nowhere", "/static/clinic.css"):
        with asked(Visitor(app, None), path, base_url="https://clinic.example") as answer:
            assert answer.headers.getlist("Strict-Transport-Security") == ["max-age=31536000"]


def test_only_files_that_hold_nobodys_data_may_be_kept_and_not_their_errors(app, cast):
    nobody = Visitor(app, None)
    with asked(nobody, "/static/clinic.css") as answer:
        assert "max-age" in answer.headers["Cache-Control"]
    assert asked(nobody, "/static/nothing.css").headers["Cache-Control"] == "no-store"
