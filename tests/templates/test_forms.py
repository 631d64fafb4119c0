"""A field says what it is, what is wrong with it, and to whom: also to a person who hears the page."""

from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask, render_template_string
from flask_babel import Babel
from flask_wtf import CSRFProtect, FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

ROOT = Path(__file__).parents[2]


class BookingForm(FlaskForm):
    """A form of each kind of question."""

    name = StringField("Full name", [InputRequired("Write your name")], description="As on the passport")
    first = RadioField(
        "First visit?", [InputRequired("Say yes or no")], choices=[SelectChoice("y", "Yes"), SelectChoice("n", "No")]
    )
    kind = SelectField("Visit type", choices=[SelectChoice("a", "Check-up")])
    remind = BooleanField("Remind me")


class Page(HTMLParser):
    """The elements of a piece of HTML, as (tag, attributes)."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.html = [], html
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        """Keep every element met."""
        self.elements.append((tag, dict(attrs)))

    def one(self, tag, **wanted):
        """The only element of that tag with those attributes."""
        found = [facts for name, facts in self.elements if name == tag and wanted.items() <= facts.items()]
        assert len(found) == 1, (tag, wanted, self.html)
        return found[0]


@pytest.fixture
def web():
    """The smallest application that can draw the macros."""
    app = Flask(__name__, template_folder=str(ROOT / "templates"))
    app.config["SECRET_KEY"] = "only for tests"
    Babel(app)
    CSRFProtect(app)
    app.jinja_env.globals["idempotency_key"] = lambda: "the-key"
    with app.test_request_context():
        yield app


def draw(call, **context):
    """The HTML of one call of a form macro."""
    macros = "hidden, field, error_summary, submit, post_button"
    return Page(
        render_template_string('{% from "macros/forms.html" import ' + macros + " %}{{ " + call + " }}", **context)
    )


def refused(**typed):
    """A form as it comes back when something is missing."""
    form = BookingForm(MultiDict(typed), meta={"csrf": False})
    form.validate()
    return form


class TestField:
    def test_the_hint_and_the_error_are_tied_to_the_input(self, web):
        page = draw("field(form.name)", form=refused())
        control = page.one("input", id="name")
        assert control["aria-describedby"] == "name-hint name-error"
        assert control["aria-invalid"] == "true"
        page.one("div", id="name-hint")
        page.one("div", id="name-error")
        page.one("label", **{"for": "name"})

    def test_a_field_without_trouble_claims_none(self, web):
        control = draw("field(form.name)", form=refused(name="Ana")).one("input", id="name")
        assert "aria-invalid" not in control
        assert control["aria-describedby"] == "name-hint"
        assert control["value"] == "Ana"

    def test_a_choice_of_one_is_a_group_with_its_question(self, web):
        page = draw("field(form.first)", form=refused())
        assert page.one("fieldset")["aria-describedby"] == "first-error"
        page.one("legend")
        page.one("label", **{"for": "first-0"})

    def test_other_words_go_on_the_control(self, web):
        page = draw("field(form.name, autocomplete='name', hx_get='/find', optional=True)", form=refused(name="Ana"))
        control = page.one("input", id="name")
        assert (control["autocomplete"], control["hx-get"]) == ("name", "/find")
        assert "(optional)" in page.html

    def test_what_somebody_typed_is_never_markup(self, web):
        page = draw("field(form.name)", form=refused(name='"><script>alert(1)</script>'))
        assert not [tag for tag, _ in page.elements if tag == "script"]

    @pytest.mark.parametrize("name", ["kind", "remind"])
    def test_every_kind_has_its_label(self, web, name):
        draw(f"field(form.{name})", form=refused()).one("label", **{"for": name})


class TestErrorSummary:
    def test_it_links_to_each_thing_to_correct(self, web):
        page = draw("error_summary(form)", form=refused(kind="a"))
        assert page.one("div", role="alert")["tabindex"] == "-1"
        assert [facts["href"] for tag, facts in page.elements if tag == "a"] == ["#name", "#first-0"]

    def test_what_it_says_of_several_fields_names_each_of_them(self, web):
        form = refused(kind="a")
        form.name.errors, form.first.errors = ["Please answer."], ["Please answer."]
        page = draw("error_summary(form)", form=form).html
        assert "Full name: Please answer." in page and "First visit? Please answer." in page
        assert "Full name:" not in draw("error_summary(form)", form=refused(kind="a")).html

    def test_it_is_not_there_when_all_is_well(self, web):
        assert not draw("error_summary(form)", form=refused(name="Ana", first="y", kind="a")).elements


class TestPostButton:
    def test_it_is_a_whole_form_that_works_without_script(self, web):
        page = draw(
            "post_button('/visits/1/start', 'Start', suffix='Ana', fields={'version': 3}, hx_target='#visit-1')"
        )
        form = page.one("form")
        assert (form["method"], form["action"], form["hx-post"]) == ("post", "/visits/1/start", "/visits/1/start")
        assert page.one("input", name="csrf_token")["value"]
        assert page.one("input", name="idempotency_key")["value"] == "the-key"
        assert page.one("input", name="version")["value"] == "3"
        assert page.one("button")["type"] == "submit"

    def test_without_a_target_it_stays_a_plain_form(self, web):
        assert "hx-post" not in draw("post_button('/sign-out', 'Sign out')").one("form")
