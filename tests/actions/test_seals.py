"""The audit log's seals: one chain for each clinic, and whatever is done to the log afterwards is found."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from clinic.actions import seals as verbs
from clinic.actions.acting import Actor, audit
from clinic.db import ClinicSession, db
from clinic.models.audit import NO_CLINIC, AuditEntry, AuditSeal
from clinic.queries import seals
from clinic.queries.checking import findings
from clinic.scope import Scope
from clinic.work.handlers import run
from clinic.work.keeper import keeper_of_the_log

WRITERS, EACH, SEALERS = 40, 25, 4
AGE = """
UPDATE audit_entries SET created_at = now() - make_interval(mins => :minutes) + (random() * interval '1 second')
 WHERE id NOT IN (SELECT unnest(entry_ids) FROM audit_seals)"""
COPY = """
INSERT INTO audit_entries SELECT (jsonb_populate_record(e, jsonb_build_object('id', gen_random_uuid()))).*
  FROM audit_entries AS e WHERE {} LIMIT 1"""


@pytest.fixture
def keeper(app, cast):
    """The keeper's connection."""
    with keeper_of_the_log() as connection:
        yield connection


@pytest.fixture
def tamper(superuser):
    """Do something to the database past every rule."""

    def did(statement, **values):
        with superuser.connect() as connection:
            assert connection.execute(text(statement), values).rowcount > 0

    return did


@pytest.fixture
def write(session, cast, keeper, tamper):
    """Ten entries of Rose Street's, written that many minutes ago and sealed."""

    def written(minutes):
        for number in range(10):
            audit(session, f"test.act_{number}", by=cast.amara.actor, details={"b": number, "a": "ä"})
        session.commit()
        tamper(AGE, minutes=minutes)
        return verbs.seal(keeper)

    return written


@pytest.fixture
def sealed(session, cast, write):
    """Three seals of Rose Street's and one of what belongs to no clinic."""
    audit(session, "accounts.sign_in", by=Actor())
    for minutes in (60, 40, 20):
        write(minutes)


def said(keeper, anchors=()):
    """The sentences of what is wrong."""
    with keeper.transaction():
        found = (*seals.unsealed(keeper), *seals.verify(keeper, anchors))
    return [each.sentence for each in found if isinstance(each, seals.Trouble)]


def waiting(keeper):
    """How many entries are not sealed yet."""
    return sum(each.count for each in seals.unsealed(keeper) if isinstance(each, seals.Unsealed))


class TestSeal:
    def test_everything_older_than_a_minute_is_sealed_once_and_newer_entries_wait(self, session, cast, keeper, write):
        write(10)
        audit(session, "test.just_now", by=cast.amara.actor)
        session.commit()
        assert verbs.seal(keeper) == 0 and waiting(keeper) == 1
        covered = session.scalars(sa.select(sa.func.unnest(AuditSeal.entry_ids))).all()
        assert len(covered) == len(set(covered)) >= 10

    def test_every_clinic_has_a_chain_and_what_belongs_to_none_too(self, sealed, keeper, cast):
        assert set(seals.heads(keeper)) >= {str(cast.rose.id), str(cast.harbour.id), str(NO_CLINIC)}
        assert seals.heads(keeper)[str(cast.rose.id)]["number"] == 3

    def test_an_entry_that_was_committed_late_is_sealed_by_a_later_run(self, write, keeper, session, cast, tamper):
        write(10)
        audit(session, "test.late", by=cast.amara.actor)
        session.commit()
        tamper(AGE, minutes=15)
        assert verbs.seal(keeper) == 1 and said(keeper) == [] and waiting(keeper) == 0

    def test_the_job_seals_as_the_keeper(self, app, session, cast, keeper, tamper):
        tamper(AGE, minutes=5)
        run(app, "audit.seal", {})
        assert waiting(keeper) == 0 and said(keeper) == []
        run(app, "audit.seal_late", {})
        assert said(keeper) == []

    def test_the_application_can_neither_seal_nor_change_a_seal(self, sealed, session, cast):
        for statement in (
            "UPDATE audit_seals SET number = 9",
            "DELETE FROM audit_seals",
            "DELETE FROM audit_entries",
            "UPDATE audit_entries SET action = 'x'",
            "INSERT INTO audit_seals SELECT * FROM audit_seals",
        ):
            with pytest.raises(ProgrammingError, match="permission denied"):
                session.execute(text(statement))
            session.rollback()

    @pytest.mark.promise(31, "40 writers with 25 entries each, 4 sealers at once: no fork, every entry sealed once")
    def test_many_writers_and_several_sealers_at_once_make_no_fork(self, app, cast, keeper, figure):
        gate, stop = threading.Barrier(WRITERS + SEALERS), threading.Event()
        rose, actor = cast.rose.id, cast.amara.actor

        def writer():
            gate.wait()
            with app.app_context():
                for number in range(EACH):
                    with ClinicSession(db) as own:
                        own.scope = Scope.staff(rose)
                        audit(own, "test.race", by=actor, details={"n": number})
                        own.commit()

        def sealer():
            gate.wait()
            with app.app_context(), keeper_of_the_log() as own:
                while not stop.is_set():
                    verbs.seal(own, wait=timedelta())

        with ThreadPoolExecutor(WRITERS + SEALERS) as threads:
            sealers = [threads.submit(sealer) for _ in range(SEALERS)]
            for each in [threads.submit(writer) for _ in range(WRITERS)]:
                each.result()
            stop.set()
            for each in sealers:
                each.result()
        verbs.seal(keeper, wait=timedelta())
        rows = keeper.execute("SELECT number, previous_hash, hash FROM audit_seals WHERE clinic_id = %s", [rose])
        links = rows.fetchall()
        forks = len(links) - len({previous for _number, previous, _hash in links})
        covered = keeper.execute(
            "SELECT count(*), count(DISTINCT e) FROM audit_seals, unnest(entry_ids) AS e"
        ).fetchone()
        written = keeper.execute("SELECT count(*) FROM audit_entries WHERE action = 'test.race'").fetchone()[0]
        assert forks == 0 and written == WRITERS * EACH and covered[0] == covered[1] >= written
        assert waiting(keeper) == 0 and said(keeper) == []
        figure(f"{written} entries by {WRITERS} writers, {SEALERS} sealers, {len(links)} seals, {forks} forks")


FIRST_OF_SECOND = """id = (SELECT entry_ids[3] FROM audit_seals WHERE number = 2 AND clinic_id = :rose)"""
# What somebody past every rule may do to the log, and what tells of it.
TAMPERED = {
    "an edit": (f"UPDATE audit_entries SET actor_id = NULL WHERE {FIRST_OF_SECOND}", "was changed"),
    "an edit of details": (
        f"""UPDATE audit_entries SET metadata = '{{"a": "a", "b": 2}}' WHERE {FIRST_OF_SECOND}""", "was changed"),
    "a later time": (
        f"UPDATE audit_entries SET created_at = created_at + interval '1 microsecond' WHERE {FIRST_OF_SECOND}", "was"),
    "a deletion in the middle": (f"DELETE FROM audit_entries WHERE {FIRST_OF_SECOND}", "are gone"),
    "a seal deleted in the middle": (
        "DELETE FROM audit_seals WHERE number = 2 AND clinic_id = :rose", "before number 3 are missing"),
    "an insertion": (COPY.format(FIRST_OF_SECOND), "appeared among others"),
    "a reordering": (
        """UPDATE audit_seals SET entry_ids = entry_ids[2:10] || entry_ids[1] WHERE number = 2
              AND clinic_id = :rose""", "was changed"),
    "an entry put into a seal": (
        """UPDATE audit_seals SET entry_ids = entry_ids || (SELECT entry_ids[1] FROM audit_seals WHERE number = 3
              AND clinic_id = :rose) WHERE number = 2 AND clinic_id = :rose""", "gone"),
}  # fmt: skip


class TestVerify:
    def test_a_clean_log_verifies(self, sealed, keeper):
        assert said(keeper) == [] and said(keeper, [seals.heads(keeper)]) == []

    @pytest.mark.breaks
    @pytest.mark.promise(31, "edit, deletion, insertion, reordering by a superuser: each found")
    @pytest.mark.parametrize("how", TAMPERED)
    def test_what_was_done_to_the_log_is_found(self, how, sealed, keeper, tamper, cast, figure):
        statement, sign = TAMPERED[how]
        tamper(statement, **({"rose": cast.rose.id} if ":rose" in statement else {}))
        assert any(sign in sentence for sentence in said(keeper)), said(keeper)
        figure(f"{how}: found")

    def test_an_entry_put_in_stays_found_after_it_was_sealed(self, sealed, keeper, tamper, cast):
        tamper(COPY.format(FIRST_OF_SECOND), rose=cast.rose.id)
        assert verbs.seal(keeper, everything=True) == 1
        assert any("long after its time" in sentence for sentence in said(keeper))

    @pytest.mark.promise(31, "a cut-off end: found with an anchor kept elsewhere")
    def test_a_cut_off_end_is_found_with_an_anchor(self, sealed, keeper, tamper, cast, figure):
        anchor = seals.heads(keeper)
        last = "(SELECT unnest(entry_ids) FROM audit_seals WHERE number = 3 AND clinic_id = :rose)"
        tamper(f"DELETE FROM audit_entries WHERE id IN {last}", rose=cast.rose.id)
        tamper("DELETE FROM audit_seals WHERE number = 3 AND clinic_id = :rose", rose=cast.rose.id)
        assert said(keeper) == []
        assert said(keeper, [anchor]) == ["seal 3 was anchored and is gone"]
        figure("a cut-off end: found")

    @pytest.mark.promise(31, "everything worked out anew: found with an anchor kept elsewhere")
    def test_a_log_that_was_rewritten_whole_is_found_with_an_anchor(self, sealed, keeper, tamper, figure):
        anchor = seals.heads(keeper)
        tamper("DELETE FROM audit_seals")
        tamper("UPDATE audit_entries SET actor_id = NULL WHERE action = 'test.act_3'")
        verbs.seal(keeper, everything=True)
        assert said(keeper) == []
        assert any("is not the one that was anchored" in sentence for sentence in said(keeper, [anchor]))
        figure("a log rewritten whole: found")

    def test_a_chain_that_vanished_whole_is_found_with_an_anchor(self, sealed, keeper, tamper, cast):
        anchor = seals.heads(keeper)
        tamper("DELETE FROM audit_seals WHERE clinic_id = :rose", rose=cast.rose.id)
        tamper("DELETE FROM audit_entries WHERE clinic_id = :rose", rose=cast.rose.id)
        assert said(keeper) == [] and said(keeper, [anchor]) == ["seal 3 was anchored and is gone"]

    def test_flask_check_finds_no_fault_in_sealed_chains(self, app, sealed):
        with app.app_context(), db.engine.connect() as connection:
            assert [str(each) for each in findings(connection) if each.rule.number == "I11"] == []

    def test_every_column_of_an_entry_is_under_its_seal(self):
        assert all(f"e.{column.name}" in seals.ENTRY for column in AuditEntry.__table__.columns)
