"""Proving again that it is oneself: asked before what matters, at a screen that was left alone."""

import json

import pytest
import sqlalchemy as sa

from clinic.models.accounts import UserSession
from clinic.models.audit import Decision
from tests.cast import PASSWORD
from tests.factors import with_app, with_passkey
from tests.views.public.signing_in import token_of, with_token
from tests.visitor import Visitor


def proved_lately(session):
    """Whether the one session's proof is younger than a minute."""
    session.rollback()
    return session.scalar(sa.select(UserSession.proved_at > sa.func.now() - sa.text("interval '1 minute'")))


class TestProve:
    def test_the_right_password_counts_as_proof_and_leads_on(self, amara, session):
        amara.left_alone()
        assert "Is it you?" in amara.open("public.proving.prove", next="/staff/day").text
        answer = amara.send("public.proving.prove", {"password": PASSWORD, "next": "/staff/day"})
        assert (answer.status_code, answer.location) == (303, "/staff/day")
        assert proved_lately(session)

    @pytest.mark.promise(18, "a new token when somebody proves again who they are; the former is worth nothing")
    def test_the_session_goes_on_under_a_new_token(self, amara, app):
        before = token_of(amara)
        amara.send("public.proving.prove", {"password": PASSWORD})
        assert token_of(amara) != before
        assert amara.open("/staff/day").status_code == 200
        assert with_token(app, before).open("/staff/day").status_code == 302

    def test_what_a_page_fetches_by_itself_meanwhile_does_not_sign_out(self, amara, app):
        crossing = with_token(app, token_of(amara))
        amara.send("public.proving.prove", {"password": PASSWORD})
        assert "Set-Cookie" not in crossing.open("/staff/day", live=True).headers

    @pytest.mark.promise(21, "the eleventh wrong password of somebody signed in waits")
    def test_wrong_passwords_are_throttled_and_right_ones_are_not_counted(self, amara):
        for _ in range(11):
            assert amara.send("public.proving.prove", {"password": PASSWORD}).status_code == 303
        wrong = [amara.send("public.proving.prove", {"password": "not this one"}).status_code for _ in range(11)]
        assert wrong == [422] * 10 + [429]

    def test_a_code_of_ones_app_is_as_good(self, session, cast, app):
        phone = with_app(session, cast.amara)
        amara = Visitor(app, cast.amara)
        amara.left_alone()
        assert "Code from your app" in amara.open("public.proving.prove").text
        assert amara.send("public.proving.code", {"code": "000000"}).status_code == 422
        assert amara.send("public.proving.code", {"code": phone.code(), "next": "/staff/day"}).location == "/staff/day"
        assert amara.open("public.factors.index").status_code == 200

    def test_a_passkey_is_as_good(self, amara, session, cast, app):
        session_id = session.scalar(sa.select(UserSession.id).where(UserSession.user_id == cast.amara.user.id))
        device = with_passkey(session, cast.amara, session_id)
        here = Visitor(app, cast.amara)
        here.left_alone()
        wrong = here.send("public.proving.passkey", {"answer": "{}"})
        assert wrong.status_code == 422 and "could not be checked" in wrong.text
        asked = json.loads(here.send("public.proving.options").text)
        assert (
            here.send("public.proving.passkey", {"answer": device.sign(asked), "next": "/staff/day"}).status_code == 303
        )
        assert here.open("public.factors.index").status_code == 200

    def test_a_wrong_password_proves_nothing_and_leaves_an_entry(self, amara, cast, session, whole_log):
        amara.left_alone()
        answer = amara.send("public.proving.prove", {"password": "not this one", "next": "/staff/day"})
        assert answer.status_code == 422
        assert "This is not your password." in answer.text
        assert 'value="/staff/day"' in answer.text
        assert not proved_lately(session)
        (entry,) = whole_log("proving.prove")
        assert (entry.decision, entry.actor_id) == (Decision.REFUSED, cast.amara.user.id)
        assert "not this one" not in str(entry)

    def test_nothing_typed_is_said_in_a_sentence(self, amara):
        answer = amara.send("public.proving.prove", {})
        assert answer.status_code == 422
        assert "Write your password." in answer.text

    @pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example", "/no/such/page"])
    def test_it_leads_nowhere_else(self, amara, address):
        answer = amara.send("public.proving.prove", {"password": PASSWORD, "next": address})
        assert answer.location == "/"

    def test_whoever_is_not_signed_in_signs_in(self, nobody):
        assert nobody.open("public.proving.prove").status_code == 302
