"""Proving again that it is oneself: asked before what matters, at a screen that was left alone."""

import pytest
import sqlalchemy as sa

from clinic.models.accounts import UserSession
from clinic.models.audit import Decision
from tests.cast import PASSWORD


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
