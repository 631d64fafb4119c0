"""Who is next in line is found by the line's own index, however many have waited before."""

import os
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from clinic.queries.requests import WAITING
from clinic.queries.waitlist import LINE, SAVED, THINKS_UNTIL, Freed, _wanted

# `ENTRIES=1000000` asks the same of a million.
ENTRIES = int(os.environ.get("ENTRIES", "20000"))
FILL = sa.text(
    """INSERT INTO waitlist_entries (clinic_id, id, patient_id, visit_type_id, earliest_on, latest_on, priority,
                                     joined_at, status, source, ended_at)
       SELECT :clinic_id, gen_random_uuid(), :patient_id, :visit_type_id, current_date, current_date + 30, n % 3,
              now() - n * interval '1 minute', 'fulfilled', 'portal', now()
         FROM generate_series(1, :many) AS n"""
)


@pytest.fixture
def crowded(session, cast, superuser):
    """A list on which very many have waited, and Maya does."""
    toms_id, mayas_id = cast.tom.id, cast.maya_patient.id
    ids = {"clinic_id": cast.rose.id, "visit_type_id": cast.consultation.id}
    # Not one transaction with what takes so long.
    session.commit()
    with superuser.connect() as connection:
        connection.execute(FILL, {**ids, "patient_id": toms_id, "many": ENTRIES})
        connection.execute(sa.text(
            "UPDATE waitlist_entries SET status = 'waiting', ended_at = NULL, patient_id = :patient_id WHERE id ="
            " (SELECT id FROM waitlist_entries LIMIT 1)"), {"patient_id": mayas_id})  # fmt: skip
        connection.execute(sa.text("ANALYZE waitlist_entries"))
    return session


def plan_of(session, statement, values):
    rows = session.connection().execute(sa.text(f"EXPLAIN (ANALYZE, TIMING OFF) {statement.text}"), values)
    return "\n".join(row[0] for row in rows)


def test_the_next_in_line_is_found_by_the_index_of_the_line(crowded, cast):
    starts_at = cast.tomorrow_at(10)
    freed = Freed(cast.rose.id, cast.dr_osei.id, starts_at, starts_at + timedelta(minutes=20))
    wanted = _wanted(crowded, freed, cast.rose.timezone)
    thinking = plan_of(crowded, THINKS_UNTIL, {**wanted, "ends_at": freed.ends_at})
    assert not re.search(r"Seq Scan on waitlist_entries", thinking), thinking
    plan = plan_of(crowded, LINE, {**wanted, "most": 50})
    assert "ix_waitlist_entries_line" in plan and not re.search(r"Seq Scan on waitlist_entries", plan), plan
    assert float(re.search(r"Execution Time: ([\d.]+)", plan).group(1)) < 500, plan


def test_the_question_whether_somebody_waits_and_what_was_saved_read_no_more_than_they_must(crowded, cast):
    assert crowded.scalar(sa.text("SELECT somebody_waits()")) is True
    facts = {"clinic_id": cast.rose.id, "week": cast.tomorrow_at(0), "month": cast.tomorrow_at(0)}
    for statement, values, index in (
        (SAVED, facts, "ix_slot_offers_refilled"),
        (WAITING, {"clinic_id": cast.rose.id}, "ix_visit_requests_answer_by"),
    ):
        crowded.execute(sa.text("SET LOCAL enable_seqscan = off"))
        assert index in plan_of(crowded, statement, values)
