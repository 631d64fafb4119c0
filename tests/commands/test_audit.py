"""`flask audit`: seal, anchor, verify."""

import json

import pytest
from sqlalchemy import text

from clinic.actions.acting import Actor, audit
from clinic.scope import Scope


@pytest.fixture
def written(session, cast, superuser):
    """Some entries of two clinics and of none, ten minutes old."""
    for by in (cast.amara.actor, cast.stranger.actor, Actor()):
        session.enter(Scope.staff(by.clinic_id) if by.clinic_id else Scope.person())
        audit(session, "test.act", by=by)
        session.commit()
    with superuser.connect() as connection:
        connection.execute(text("UPDATE audit_entries SET created_at = now() - interval '10 minutes'"))


class TestAudit:
    def test_what_waits_is_told_then_sealed_then_verified(self, flask, written):
        before = flask("audit", "verify")
        assert before.exit_code == 0 and "are not sealed yet, the oldest 10 minutes old" in before.output
        assert "entries sealed" in flask("audit", "seal").output
        after = flask("audit", "verify")
        assert after.exit_code == 0 and "not sealed" not in after.output and "3 chains of 3 seals" in after.output

    def test_an_anchor_is_one_line_and_a_file_of_them_is_compared(self, flask, written, tmp_path):
        flask("audit", "seal")
        line = flask("audit", "anchor").output
        assert len(line.splitlines()) == 1 and len(json.loads(line)["chains"]) == 3
        kept = tmp_path / "anchors"
        kept.write_text(line * 2)
        told = flask("audit", "verify", "--anchor", str(kept))
        assert told.exit_code == 0 and "compared with 2 anchors: 0 troubles" in told.output

    def test_trouble_ends_with_1_and_says_where(self, flask, written, superuser, cast):
        flask("audit", "seal")
        with superuser.connect() as connection:
            connection.execute(text("UPDATE audit_entries SET action = 'x' WHERE clinic_id = :id"),
                               {"id": cast.harbour.id})  # fmt: skip
        told = flask("audit", "verify")
        assert told.exit_code == 1 and f"trouble: clinic {cast.harbour.id}: seal 1" in told.output

    def test_a_file_that_is_none_is_said(self, flask, cast, tmp_path):
        (tmp_path / "letter").write_text("Dear all")
        told = flask("audit", "verify", "--anchor", str(tmp_path / "letter"))
        assert told.exit_code == 2 and "no file of anchors" in told.output
