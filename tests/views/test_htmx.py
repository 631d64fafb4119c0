"""What htmx is answered: a part in place of a part, and a page in place of the page."""

import pytest
from flask import Flask, render_template_string

from clinic import htmx


@pytest.fixture
def asked(monkeypatch):
    """The answer to a form that was refused, as this page or part: ``asked(text, htmx=True)``."""
    app = Flask(__name__)
    htmx.init_app(app)
    monkeypatch.setattr(htmx, "render_template", lambda text, **context: render_template_string(text, **context))

    def sent(text, **headers):
        with app.test_request_context("/", method="POST", headers={"HX-Request": "true"} if headers else {}):
            return htmx.again(text, status=409)

    return sent


class TestAgain:
    def test_a_page_takes_the_place_of_the_whole_page_and_is_never_put_inside_it(self, asked):
        answer = asked("<!doctype html>\n<html><body>Again</body></html>", htmx=True)
        assert answer.status_code == 409
        assert answer.headers["HX-Retarget"] == "body" and answer.headers["HX-Reswap"] == "innerHTML show:window:top"

    @pytest.mark.parametrize("text", ['<div id="part">Again</div>', "  <p>Again</p>"])
    def test_a_part_takes_the_place_that_asked_for_it(self, asked, text):
        assert "HX-Retarget" not in asked(text, htmx=True).headers

    def test_a_browser_is_told_nothing_of_it(self, asked):
        assert "HX-Retarget" not in asked("<!doctype html>\n<html></html>").headers
