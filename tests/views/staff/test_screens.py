"""Screens that nobody signs in to: an administrator makes a code, shown once, and takes it away."""

import re

import sqlalchemy as sa

from clinic.models.screens import Screen

DISPLAY = {"name": "Waiting room", "kind": "display"}


def test_the_code_stands_on_one_answer_and_only_its_hash_is_kept(session, ines):
    answer = ines.send("staff.screens.create", DISPLAY)
    code = re.search(r"[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}", answer.text).group()
    assert "/c/rose-street/display" in answer.text
    page = ines.open("staff.screens.index").text
    assert "Waiting room" in page and code not in page
    assert code.replace("-", "").encode() not in session.scalars(sa.select(Screen.code_hash)).one()


def test_a_revoked_screen_shows_nothing_and_is_revoked_once(session, ines, nobody):
    answer = ines.send("staff.screens.create", DISPLAY)
    path = re.search(r"/c/rose-street/display/\w+", answer.text).group()
    assert nobody.open(path).status_code == 200
    screen = session.scalars(sa.select(Screen)).one()
    assert ines.send("staff.screens.revoke", {}, screen_id=screen.id).status_code == 303
    assert nobody.open(path).status_code == 404
    assert ines.send("staff.screens.revoke", {}, screen_id=screen.id).status_code == 409


def test_what_is_missing_is_said(ines):
    answer = ines.send("staff.screens.create", {"name": ""})
    assert answer.status_code == 422 and "Say where the screen is." in answer.text


def test_only_an_administrator_of_the_clinic(session, ines, amara, osei, stranger):
    ines.send("staff.screens.create", DISPLAY)
    screen = session.scalars(sa.select(Screen)).one()
    for who in (amara, osei):
        assert who.open("staff.screens.index").status_code == 403
        assert who.send("staff.screens.create", DISPLAY).status_code == 403
        assert who.send("staff.screens.revoke", {}, screen_id=screen.id).status_code == 403
    assert stranger.send("staff.screens.revoke", {}, screen_id=screen.id).status_code == 403
