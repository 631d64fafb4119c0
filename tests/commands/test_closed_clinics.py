"""Closing a clinic: everything stops at that moment, everything is kept, and one day it goes for good."""

import io
import json
import zipfile

import pytest
import sqlalchemy as sa

from clinic.actions import legal_holds
from clinic.actions.accounts import invitation, invite
from clinic.actions.booking import book
from clinic.actions.tokens import hash_token
from clinic.models.accounts import Role
from clinic.models.schedule import BookingRule
from clinic.work.handlers import run
from tests.visitor import Visitor

HOME = {
    "ines": "staff.home.index",
    "amara": "staff.day.index",
    "osei": "staff.my_day.index",
    "maya": "portal.home.index",
}


@pytest.fixture
def rows(superuser):
    """The first column of what a statement finds, past every rule."""

    def ask(statement):
        with superuser.connect() as connection:
            found = connection.exec_driver_sql(statement)
            return found.scalars().all() if found.returns_rows else []

    return ask


@pytest.fixture
def closed(flask, cast):
    """Rose Street, closed."""
    result = flask("clinics", "close", "rose-street")
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture
def long_closed(rows, closed):
    """Rose Street, closed eleven years ago."""
    rows("UPDATE clinics SET closed_at = now() - interval '11 years' WHERE slug = 'rose-street'")


class TestClose:
    @pytest.mark.parametrize("who", HOME)
    def test_who_is_signed_in_to_it_is_signed_out_at_once(self, app, flask, cast, who):
        visitor = Visitor(app, getattr(cast, who))
        assert visitor.open(HOME[who]).status_code in (200, 302)
        flask("clinics", "close", "rose-street")
        answer = visitor.open(HOME[who])
        assert answer.status_code == 302 and "/sign-in" in answer.headers["Location"]

    def test_somebody_of_another_clinic_notices_nothing(self, flask, cast, stranger, closed):
        assert stranger.open("staff.day.index").status_code == 200

    def test_nobody_gets_in_anew(self, closed, app, cast):
        again = Visitor(app, cast.amara)
        assert again.open("staff.day.index").status_code in (302, 303, 403, 404)

    def test_its_invitations_are_dead(self, flask, cast, session, nobody):
        new = {"email": "new@rose.example", "first_name": "Noor", "last_name": "Haddad", "role": Role.RECEPTIONIST}
        _, token = invite(session, by=cast.ines.actor, **new)
        session.commit()
        assert nobody.open("public.accounts.join", token=token).status_code == 200
        flask("clinics", "close", "rose-street")
        assert nobody.open("public.accounts.join", token=token).status_code in (404, 410)
        session.enter(cast.scope)
        assert invitation(session, hash_token(token)) is None

    def test_its_public_page_says_that_it_has_closed_and_another_clinics_is_there(self, closed, nobody):
        for endpoint in ("public.clinics.show", "public.clinics.sign_up"):
            page = nobody.open(endpoint, slug="rose-street")
            assert page.status_code == 410 and "This clinic has closed" in page.text
        assert nobody.open("public.clinics.show", slug="harbour").status_code == 200
        assert nobody.open("public.clinics.show", slug="never-was").status_code == 404
        assert "Rose Street" not in nobody.open("public.home.index").text

    def test_its_jobs_are_left_out(self, app, flask, cast, session, rows):
        cast.consultation.booking = BookingRule.REQUEST
        session.flush()
        visit_id = book(session, cast.wish(cast.tomorrow_at(10), patient=cast.maya_patient), by=cast.maya.actor)
        session.commit()
        rows("UPDATE visits SET answer_by = now() - interval '1 hour'")
        flask("clinics", "close", "rose-street")
        run(app, "visits.lapse", {"clinic_id": str(cast.rose.id), "visit_id": str(visit_id)})
        assert rows("SELECT status FROM visits") == ["requested"]

    def test_every_row_is_kept_and_nothing_is_broken(self, flask, cast, rows, maya):
        cast.booked()
        before = {table: rows(f"SELECT count(*) FROM {table}") for table in ("patients", "visits", "users", "slots")}
        result = flask("clinics", "close", "rose-street")
        assert "1 visits were still to come" in result.output
        assert before == {table: rows(f"SELECT count(*) FROM {table}") for table in before}
        check = flask("check")
        assert check.exit_code == 0, check.output

    def test_it_stands_in_the_audit_log(self, closed, rows):
        assert rows("SELECT actor_role FROM audit_entries WHERE action = 'clinics.close'") == ["operator"]

    def test_twice_is_refused_and_a_clinic_that_is_not_there_too(self, closed, flask):
        assert "closed already" in flask("clinics", "close", "rose-street").output
        assert "There is no clinic never-was" in flask("clinics", "close", "never-was").output


class TestExport:
    def test_it_holds_every_row_of_the_clinic_and_none_of_another(self, flask, cast, rows, closed, tmp_path):
        file = tmp_path / "rose.zip"
        result = flask("clinics", "export", "rose-street", str(file))
        assert result.exit_code == 0, result.output
        assert file.stat().st_mode & 0o077 == 0
        with zipfile.ZipFile(io.BytesIO(file.read_bytes())) as opened:
            found = {name: json.loads(opened.read(name)) for name in opened.namelist()}
        where = f"WHERE clinic_id = '{cast.rose.id}'"
        for table in ("patients", "visit_types", "memberships", "patient_words", "availabilities"):
            assert len(found[f"{table}.json"]) == rows(f"SELECT count(*) FROM {table} {where}")[0]
        assert found["audit_entries.json"] and "Sam Stranger" not in json.dumps(found)
        assert "password" not in json.dumps(found["users.json"])

    def test_a_file_that_is_there_is_not_written_over(self, flask, cast, tmp_path):
        file = tmp_path / "rose.zip"
        file.write_text("mine")
        result = flask("clinics", "export", "rose-street", str(file))
        assert result.exit_code == 1 and file.read_text() == "mine"


class TestPurge:
    def test_a_clinic_that_is_open_is_refused(self, flask, cast):
        result = flask("clinics", "purge", "rose-street")
        assert result.exit_code == 1 and "is not closed" in result.output

    def test_before_its_time_it_is_refused_and_the_clinics_own_years_count(self, flask, cast, closed, rows):
        assert "are kept until" in flask("clinics", "purge", "rose-street").output
        rows("UPDATE clinics SET closed_at = now() - interval '11 years' WHERE slug = 'rose-street'")
        flask("clinics", "keep", "rose-street", "--years", "30")
        assert "are kept until" in flask("clinics", "purge", "rose-street").output

    def test_with_a_record_under_a_legal_hold_it_is_refused(self, flask, cast, session, rows, long_closed):
        session.enter(cast.scope)
        legal_holds.place(session.merge(cast.tom), "Letter of a court", by=cast.ines.actor)
        session.commit()
        result = flask("clinics", "purge", "rose-street")
        assert result.exit_code == 1 and "1 records of Rose Street Clinic are under a legal hold" in result.output
        assert rows("SELECT count(*) FROM patients") == [3]

    def test_after_its_time_every_row_goes_and_only_the_address_and_the_audit_log_stay(
        self, flask, cast, rows, session, superuser
    ):
        cast.booked()
        cast.booked(cast.tomorrow_at(12), patient=cast.maya_patient)
        flask("clinics", "close", "rose-street")
        rows("UPDATE clinics SET closed_at = now() - interval '11 years' WHERE slug = 'rose-street'")
        result = flask("clinics", "purge", "rose-street")
        assert result.exit_code == 0, result.output
        with superuser.connect() as connection:
            tables = connection.execute(
                sa.text(
                    """SELECT c.relname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
                        WHERE a.attname = 'clinic_id' AND c.relnamespace = 'public'::regnamespace
                          AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname NOT LIKE 'audit_%'"""
                )
            ).scalars()
            for table in tables.all():
                count = f"SELECT count(*) FROM {table} WHERE clinic_id = '{cast.rose.id}'"
                assert connection.exec_driver_sql(count).scalar() == 0, table
        assert rows("SELECT count(*) FROM patients") == [1], "the other clinic's"
        assert rows("SELECT slug FROM clinics WHERE deleted_at IS NOT NULL AND phone IS NULL") == ["rose-street"]
        assert rows("SELECT count(*) > 0 FROM audit_entries WHERE action = 'clinics.purge'") == [True]
        assert flask("check").exit_code == 0
        taken = flask(
            "clinics", "create", "--name", "X", "--slug", "rose-street", "--timezone", "Europe/London",
            "--admin-email", "x@y.example",
        )  # fmt: skip
        assert taken.exit_code == 1 and "already has the address" in taken.output
