"""Finding patients as somebody types: everybody who fits, by whichever way, and no row too many among very many."""

from datetime import date

import pytest
import sqlalchemy as sa

from clinic.actions import patients as verbs
from clinic.models.patients import Patient
from clinic.queries import finding
from clinic.queries.own_patients import Own
from clinic.queries.patients import understand
from tests.queries.test_patients import TODAY

NAMES = ["Ana Anders", "Ana Berg", "Anders Berg", "Anton Anker", "Berta Anand", "Bo Berg", "Carla Ruiz"]
TYPED = ["an", "a", "be", "an be", "be an", "ana an", "ana", "anders", "carla an", "ruiz", "an 12/04/1990", "zz"]


def fitting(session, typed):
    """Who answers what was typed, looked at one by one."""

    def fits(name, born, each):
        return each == f"{born:%d/%m/%Y}" if "/" in each else any(w.startswith(each) for w in name.lower().split())

    everybody = session.execute(sa.select(Patient.full_name, Patient.date_of_birth)).all()
    return [name for name, born in everybody if all(fits(name, born, each) for each in typed.split())]


@pytest.fixture
def people(session, cast):
    """Some with the same words, in the same and in another order."""
    for name in NAMES:
        verbs.register(session, by=cast.amara.actor, full_name=name, date_of_birth=date(1990, 4, 12))
    session.flush()


@pytest.fixture
def find(session, cast):
    """A page of those who answer what was typed, by name."""

    def asked(typed, size=20, skip=0, own=None):
        question = understand(typed, "en_GB", TODAY)
        rows = finding.find(session, cast.rose.id, question, own=own, size=size, skip=skip)
        return [row.full_name for row in rows]

    return asked


class TestFind:
    @pytest.mark.parametrize("few", [1, 3, 300])
    def test_each_way_finds_the_same_people_each_once(self, session, cast, people, find, monkeypatch, few):
        monkeypatch.setattr(finding, "FEW", few)
        for typed in TYPED:
            assert sorted(find(typed)) == sorted(fitting(session, typed)), typed

    def test_few_come_by_name_and_very_many_by_the_word_that_was_found(self, people, find, monkeypatch):
        assert find("an") == sorted(name for name in NAMES if "An" in name)
        monkeypatch.setattr(finding, "FEW", 2)
        assert find("an")[0] == "Ana Anders" and find("an")[-1] == "Anton Anker"

    @pytest.mark.parametrize("few", [1, 300])
    def test_pages_follow_each_other(self, people, find, monkeypatch, few):
        monkeypatch.setattr(finding, "FEW", few)
        leafed = [name for skip in (0, 2, 4) for name in find("an", size=2, skip=skip)[:2]]
        assert sorted(leafed) == sorted(find("an")) and len(find("an", size=2)) == 3

    def test_the_rarest_word_leads(self, session, cast, people, monkeypatch):
        monkeypatch.setattr(finding, "FEW", 3)
        way = finding.way(session, cast.rose.id, understand("an carla", "en_GB", TODAY))
        assert way == finding.Way(1, True)

    def test_a_doctor_finds_their_own_by_every_way(self, cast, people, find, monkeypatch):
        cast.booked()
        for few in (1, 300):
            monkeypatch.setattr(finding, "FEW", few)
            assert find("t", own=Own(cast.dr_osei.id)) == ["Tom Baker"] and find("t", own=Own(cast.dr_lind.id)) == []
            assert find("t b", own=Own(cast.dr_osei.id)) == ["Tom Baker"] and find("t", own=Own(None)) == []
            assert find("t", own=Own(None, frozenset({cast.tom.id}))) == ["Tom Baker"]
            both = Own(cast.dr_osei.id, frozenset({cast.tom.id, cast.maya_patient.id}))
            assert find("t", own=both) == ["Tom Baker"] and find("o", own=both) == ["Maya Okafor"]


class TestPlan:
    def test_very_many_are_walked_through_by_the_index_and_need_no_sorting(self, session, cast):
        question = understand("an", "en_GB", TODAY)
        asked = finding.statement(finding.shape_of(question), finding.Way(0, False), False)
        facts = finding.facts_of(cast.rose.id, question) | {"most": 21, "skip": 0}
        # In a table as small as a test's, sorting would be cheaper.
        session.execute(sa.text("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off"))
        rows = session.execute(sa.text(f"EXPLAIN (COSTS OFF) {asked.text}"), facts)
        plan = "\n".join(row[0] for row in rows)
        assert "Recursive Union" in plan and "using pk_patient_words on patient_words" in plan, plan
        assert "Sort Key: w" not in plan and "Seq Scan on patient_words" not in plan, plan
