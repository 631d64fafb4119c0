"""Passwords may be pasted and filled in by a manager: every field says what belongs in it, and nothing hinders."""

import re

import pytest

from clinic.config import HOME
from clinic.forms.factors import CodeForm
from tests.views.public.signing_in import sign_in
from tests.visitor import Visitor

TEMPLATES = HOME / "templates"
ALL = sorted(TEMPLATES.rglob("*.html"))
# `field(form.password, …)`, `field(form.old_password, …)`, `field(form.again, …)`
FIELD = re.compile(r"\bfield\((\w+\.(?:\w*password\w*|again))\b([^)]*)\)")
INPUT = re.compile(r"<input[^>]*>")


def test_every_password_field_tells_a_manager_whether_it_is_the_present_or_a_new_one():
    found = {}
    for path in ALL:
        for name, options in FIELD.findall(path.read_text()):
            found[f"{path.name}: {name}"] = re.findall(r"autocomplete='([^']*)'", options)
    assert len(found) >= 6
    wanted = {name: ["current-password" if "old" in name else "new-password"] for name in found}
    for name in found:
        if name.startswith(("sign_in", "prove")):
            wanted[name] = ["current-password"]
    assert found == wanted


def test_no_script_and_no_attribute_keeps_anybody_from_pasting():
    texts = [path.read_text() for path in (*ALL, *(HOME / "static").glob("*.js"))]
    assert not [text for text in texts if re.search(r"onpaste|[\"']paste[\"']|preventDefault\(\).*paste", text)]


@pytest.mark.parametrize("page", ["public.accounts.sign_in", "public.passwords.forgotten", "public.clinics.sign_up"])
def test_the_address_beside_a_password_is_a_username(nobody, page):
    values = {"slug": "rose-street"} if "clinics" in page else {}
    inputs = INPUT.findall(nobody.open(page, **values).text)
    (email,) = [each for each in inputs if 'type="email"' in each]
    assert 'autocomplete="username"' in email and "readonly" not in email


def test_where_a_new_password_is_chosen_the_manager_learns_whose_it_is(nobody, amara, post):
    nobody.send("public.passwords.forgotten", {"email": "amara@rose-street.example"})
    for browser, address in ((nobody, post.link()), (amara, "/password")):
        inputs = INPUT.findall(browser.open(address).text)
        (email,) = [each for each in inputs if 'autocomplete="username"' in each]
        assert 'value="amara@rose-street.example"' in email and "readonly" in email


def test_passwords_may_be_long_and_hold_any_character(nobody, app, post):
    password = "ich möchte 🐎 und 李 — " * 8
    nobody.send("public.passwords.forgotten", {"email": "amara@rose-street.example"})
    link = post.link()
    (field,) = [each for each in INPUT.findall(nobody.open(link).text) if 'type="password"' in each]
    assert "maxlength" not in field
    assert nobody.send(link, {"password": password}).status_code == 303
    assert sign_in(Visitor(app, None), password=password).status_code == 303


def test_a_code_of_a_second_step_is_offered_by_the_telephone(app):
    with app.test_request_context():
        assert 'autocomplete="one-time-code"' in str(CodeForm().code)
