"""Every form that changes something carries its tokens, and htmx is set as strictly as it can be."""

import json
import re

import pytest

from clinic.config import HOME
from clinic.idempotency import FIELD

TEMPLATES = HOME / "templates"
NAMES = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))
FORM = re.compile(r"<form\b[^>]*\bmethod=\"post\"[^>]*>(.*?)</form>", re.S)
TOKENS = re.compile(rf'hidden\(\)|name="csrf_token".*name="{FIELD}"', re.S)
INCLUDED = re.compile(r'{% include "([^"]+)"')
# What is sent again by a page that repeats it: the key it had is among the fields it repeats.
REPEATS = {"public/sessions/sent_too_late.html"}
SETTINGS = {
    "historyCacheSize": 0, "refreshOnHistoryMiss": True, "historyRestoreAsHxRequest": False, "allowEval": False,
    "allowScriptTags": False, "includeIndicatorStyles": False, "selfRequestsOnly": True, "disableInheritance": True,
}  # fmt: skip


@pytest.mark.promise(35, "every form of every template carries a key")
def test_every_form_that_is_posted_carries_its_tokens(figure):
    bare, count = [], 0
    for name in NAMES:
        for inside in FORM.findall((TEMPLATES / name).read_text()):
            count += 1
            inside += "".join((TEMPLATES / each).read_text() for each in INCLUDED.findall(inside))
            if not TOKENS.search(inside) and name not in REPEATS:
                bare.append(name)
    assert not bare
    figure(f"{count} forms, 0 without")


def test_htmx_posts_only_from_inside_a_form_that_works_without_it():
    for name in NAMES:
        for tag in re.findall(r"<[a-z]+\b[^>]*\bhx-post=[^>]*>", (TEMPLATES / name).read_text()):
            assert re.match(r"<(form|button|input|select)\b", tag), (name, tag)


def test_htmx_keeps_no_history_runs_no_strings_and_asks_nobody_else():
    base = (TEMPLATES / "layouts" / "base.html").read_text()
    said = re.search(r"<meta name=\"htmx-config\" content='([^']+)'>", base).group(1)
    assert SETTINGS.items() <= json.loads(said).items()


def test_every_htmx_setting_stands_in_one_place():
    assert [name for name in NAMES if "htmx-config" in (TEMPLATES / name).read_text()] == ["layouts/base.html"]
    scripts = [path.read_text() for path in (HOME / "static").glob("*.js")]
    assert not [text for text in scripts if "htmx.config" in text]


@pytest.mark.parametrize("attribute", ["hx-on", "hx-vars", "js:", "hx-headers", "hx-ext", "hx-boost", "hx-history-elt"])
def test_no_template_uses_what_runs_strings_or_stands_on_inheritance(attribute):
    assert not [name for name in NAMES if attribute in (TEMPLATES / name).read_text()]


def test_an_element_that_asks_says_itself_where_the_answer_goes():
    for name in NAMES:
        for tag in re.findall(r"<[a-z]+\b[^>]*\bhx-(?:get|post)=[^>]*>", (TEMPLATES / name).read_text()):
            assert "hx-target=" in tag, (name, tag)
