"""A patient's timeline: everything in its order, a page at a time, as quick at five thousand entries as at fifty."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from clinic.models.visits import CancelReason, Visit, VisitKind, VisitSource, VisitStatus
from clinic.queries import timeline as queries
from clinic.queries.entries import COLUMNS, Source

FIRST = datetime(2015, 1, 1, 9, tzinfo=UTC)
KINDS = [source.kind for source in queries.SOURCES]


def former(cast, patient, starts_at, **more):
    """A visit as an import leaves it: over, with a doctor and without a time that is kept."""
    facts = {"status": VisitStatus.COMPLETED, "provider_id": cast.dr_osei.id, **more}
    return Visit(
        id=uuid7(), clinic_id=cast.rose.id, patient_id=patient.id, kind=VisitKind.SCHEDULED, starts_at=starts_at,
        timezone="Europe/London", source=VisitSource.FHIR, visit_type_id=cast.consultation.id, **facts,
    )  # fmt: skip


@pytest.fixture
def page(session, cast):
    """A page of Tom's timeline."""

    def asked(kinds=KINDS, records=None, **more):
        return queries.page(session, cast.rose.id, records or [cast.tom.id], kinds=kinds, **more)

    return asked


class TestPage:
    def test_the_newest_comes_first_with_its_title_its_state_and_its_doctor(self, page, cast, session):
        session.add_all(former(cast, cast.tom, FIRST + timedelta(days=n)) for n in range(3))
        session.flush()
        rows = page()
        assert [row.at for row in rows] == [FIRST + timedelta(days=n) for n in (2, 1, 0)]
        first = rows[0]
        assert (first.kind, first.title, first.state) == ("visit", "Consultation", "completed")
        assert first.doctor == "Dr Kwame Osei" and first.visit_id == first.id

    def test_pages_follow_each_other_without_a_gap_or_a_double_even_within_one_moment(self, page, cast, session):
        session.add_all(former(cast, cast.tom, FIRST + timedelta(days=n // 4)) for n in range(23))
        session.flush()
        seen, before = [], None
        while rows := page(before=before, size=5):
            seen += rows[:5]
            before = queries.Place(seen[-1].at, seen[-1].id)
        assert len(seen) == 23 == len({row.id for row in seen})
        assert [(row.at, row.id) for row in seen] == sorted(((row.at, row.id) for row in seen), reverse=True)

    def test_what_was_entered_by_mistake_and_what_is_somebody_elses_is_not_there(self, page, cast, session):
        mistake = {
            "status": VisitStatus.CANCELLED,
            "cancel_reason": CancelReason.ENTERED_IN_ERROR,
        }
        session.add_all((former(cast, cast.tom, FIRST, **mistake), former(cast, cast.maya_patient, FIRST)))
        session.flush()
        assert page() == []

    def test_without_titles_it_says_that_something_is_there_and_no_more(self, page, cast, session):
        session.add(former(cast, cast.tom, FIRST))
        session.flush()
        (row,) = page(titled=False)
        assert row.title is None and row.state == "completed" and row.at == FIRST

    def test_kinds_that_nobody_asked_for_stay_away(self, page, cast, session):
        session.add(former(cast, cast.tom, FIRST))
        session.flush()
        assert page(kinds=[]) == [] and page(kinds=["visit"]) and not page(kinds=set(KINDS) - {"visit"})

    def test_a_record_that_went_into_this_one_is_read_along(self, page, cast, session):
        session.add_all((former(cast, cast.tom, FIRST), former(cast, cast.maya_patient, FIRST + timedelta(days=1))))
        session.merge(cast.maya_patient).merged_into_id = cast.tom.id
        session.flush()
        records = queries.records_of(session, cast.rose.id, cast.tom.id)
        assert set(records) == {cast.tom.id, cast.maya_patient.id}
        assert len(page(records=records)) == 2


class TestSources:
    def test_each_kind_is_there_once_and_has_its_columns_and_words(self):
        assert len(set(KINDS)) == len(KINDS)
        for source in queries.SOURCES:
            assert tuple(source.select.selected_columns.keys()) == COLUMNS
            assert source.label and source.plural and source.label != source.plural

    def test_a_select_with_other_columns_is_no_source(self):
        with pytest.raises(TypeError, match="gives"):
            Source("odd", "Odd", "Odds", sa.select(sa.literal("odd").label("kind")))

    # Visits, and notes by way of them, have several indexes; theirs is looked at below, where there are some.
    @pytest.mark.parametrize("kind", sorted(set(KINDS) - {"visit", "notes"}))
    def test_each_kind_is_found_by_an_index_on_its_patient(self, session, cast, kind):
        # Without rows there is nothing to choose an index by, but that no other finds the place of a page.
        session.execute(sa.text("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off"))
        plan = _plan(session, cast, [kind], queries.Place(FIRST, cast.tom.id))
        assert re.search(r"Index Cond: .*patient_id = whose.id", plan), plan


class TestFiveThousand:
    def test_a_page_reads_no_more_of_five_thousand_entries_than_it_shows(self, session, cast, superuser):
        """By its plan: every kind is read along an index of the patient's, and no further than the page goes."""
        rows = [
            {"id": uuid7(), "clinic_id": cast.rose.id, "patient_id": patient.id, "kind": "scheduled",
             "status": "completed", "visit_mode": "in_person", "starts_at": FIRST + timedelta(hours=n),
             "timezone": "Europe/London", "source": "fhir"}
            for n in range(5000) for patient in (cast.tom, cast.maya_patient)
        ]  # fmt: skip
        session.execute(sa.insert(Visit.__table__), rows)
        session.commit()
        with superuser.connect() as connection:
            connection.execute(sa.text("ANALYZE visits"))
        session.execute(sa.text("SET LOCAL enable_seqscan = off"))
        middle = queries.Place(rows[5000]["starts_at"], rows[5000]["id"])
        plan = _plan(session, cast, ["visit"], middle)
        assert "ix_visits_patient_id_starts_at" in plan, plan
        reads = [node for node in plan.splitlines() if "on visits" in node]
        assert reads and all(int(node.split("rows=")[-1].split()[0].split(".")[0]) <= 60 for node in reads), plan


def _plan(session, cast, kinds, before):
    asked = queries._statement(tuple(kinds), True, True).compile(dialect=session.get_bind().dialect)
    facts = {"clinic_id": cast.rose.id, "patient_ids": [cast.tom.id], "most": 51}
    values = asked.construct_params(facts | {"before_at": before.at, "before_id": before.id})
    explain = f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) {asked}"
    rows = session.connection().exec_driver_sql(explain, values)
    return "\n".join(row[0] for row in rows)
