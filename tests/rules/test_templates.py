"""Every template compiles, a page extends a layout and has a title, a part has one root that begins with its id."""

import re
from html.parser import HTMLParser

import pytest

from clinic.config import HOME

TEMPLATES = HOME / "templates"
NAMES = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))
PAGES = [name for name in NAMES if not name.startswith(("layouts/", "macros/")) and "/_" not in name]
PARTS = [name for name in NAMES if "/_" in name and not name.startswith(("shared/", "errors/"))]
JINJA = re.compile(r"{#.*?#}|{%.*?%}", re.S)


def _plain(name):
    return JINJA.sub("", (TEMPLATES / name).read_text()).strip()


# The others are pieces of a part, included by it.
WITH_AN_ID = [name for name in PARTS if re.match(r'<[a-z]+ id="', _plain(name))]


@pytest.mark.parametrize("name", NAMES)
def test_it_compiles(app, name):
    app.jinja_env.get_template(name)


@pytest.mark.parametrize("name", [each for each in PAGES if not each.startswith(("errors/", "print/", "emails/"))])
def test_a_page_extends_a_layout_and_has_a_title(name):
    text = (TEMPLATES / name).read_text()
    assert "{% extends" in text
    parent = re.search(r'{% extends "([^"]+)"', text)
    assert "{% block title %}" in text or (parent and not parent.group(1).startswith("layouts/"))


@pytest.mark.parametrize("name", PARTS)
def test_a_part_extends_nothing(name):
    assert "{% extends" not in (TEMPLATES / name).read_text()


@pytest.mark.parametrize("name", WITH_AN_ID)
def test_a_part_that_begins_with_an_id_has_one_root(name):
    assert _roots(_plain(name)) == 1


class _Depth(HTMLParser):
    VOID = {"input", "br", "hr", "img", "meta", "link", "path", "circle", "rect", "wbr"}

    def __init__(self):
        super().__init__()
        self.depth = self.roots = 0

    def handle_starttag(self, tag, attributes):
        if tag not in self.VOID:
            self.roots += self.depth == 0
            self.depth += 1

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            self.depth -= 1


def _roots(text):
    depth = _Depth()
    depth.feed(text)
    return depth.roots
