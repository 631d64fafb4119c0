"""Finding patients: by whatever a caller says first, only whom one may see, and with an index."""

import re
from datetime import date

import pytest
import sqlalchemy as sa
from psycopg import sql
from uuid_utils.compat import uuid7

from clinic.actions import patients as verbs
from clinic.queries import finding
from clinic.queries import patients as queries
from clinic.queries.own_patients import Own

TODAY = date(2026, 1, 15)


@pytest.fixture
def find(session, cast):
    """Ask as the desk of Rose Street; the names found."""

    def ask(text, locale="en_GB", **limits):
        question = queries.understand(text, locale, TODAY)
        if question.is_empty:
            return None
        return [row.full_name for row in finding.find(session, cast.rose.id, question, size=100, **limits)]

    return ask


@pytest.fixture
def jose(session, cast):
    """José O'Brien-Núñez, born on 31 December 1990, with a London number."""
    return verbs.register(
        session, by=cast.amara.actor, full_name="José O'Brien-Núñez", date_of_birth=date(1990, 12, 31),
        phone="+44 20 7946 0999",
    )  # fmt: skip


class TestSearch:
    @pytest.mark.parametrize(
        "typed",
        ["jos", "JOSÉ", "nun", "Núñez jo", "brien", "obrien", "o'brien", "jose o'brien-nunez", "  bri   jos "],
    )
    def test_the_beginning_of_any_word_finds_with_or_without_accents_in_any_order(self, find, jose, typed):
        assert find(typed) == [jose.full_name]

    def test_every_word_must_fit(self, find, jose):
        assert find("jose baker") == [] and find("ose") == []

    @pytest.mark.parametrize(
        ("typed", "locale"),
        [("31/12/1990", "en_GB"), ("12/31/1990", "en_US"), ("31.12.1990", "de_DE"), ("1990-12-31", "en_US"),
         ("31.12.1990", "en_US"), ("31/12/90", "en_GB"), ("31 12 1990", "en_GB"), ("jos 31/12/1990", "en_GB")],
    )  # fmt: skip
    def test_a_date_of_birth_is_read_in_the_clinics_format(self, find, jose, typed, locale):
        assert find(typed, locale) == [jose.full_name]

    def test_the_other_order_is_another_day(self, find, jose, session, cast):
        verbs.update(jose, by=cast.amara.actor, date_of_birth=date(1990, 4, 3))
        assert find("03/04/1990", "en_GB") == [jose.full_name] and find("03/04/1990", "en_US") == []

    def test_a_date_still_being_typed_asks_nothing_yet(self, find, jose):
        assert find("31/12") is None and find("31/12/") is None and find("31/12/1") is None

    @pytest.mark.parametrize(
        "typed",
        ["0999", "60999", "7946 0999", "020 7946 0999", "+44 20 7946 0999", "0044 20 7946 0999", "(020)7946-0999"],
    )
    def test_the_last_four_or_more_digits_of_a_phone_find(self, find, jose, typed):
        assert find(typed) == [jose.full_name]

    def test_three_digits_of_a_phone_or_its_middle_find_nobody(self, find, jose):
        assert find("999") == [] and find("7946") == []

    def test_a_record_number_finds_exactly_one_with_or_without_its_noughts(self, find, jose):
        assert find(jose.mrn) == [jose.full_name] and find(jose.mrn.lstrip("0")) == [jose.full_name]
        assert find(jose.mrn[:-1]) == []

    def test_the_merged_and_the_deleted_are_not_found_and_the_deceased_are(self, find, jose, session, cast):
        jose.deceased_at = cast.tomorrow_at(9, days=-3)
        session.flush()
        assert find("jose") == [jose.full_name]
        jose.merged_into_id = cast.tom.id
        session.flush()
        assert find("jose") == []
        jose.merged_into_id, jose.deleted_at = None, cast.tomorrow_at(9, days=-3)
        session.flush()
        assert find("jose") == []

    def test_nobody_of_another_clinic_is_found(self, find):
        assert find("sam") == []

    def test_a_doctor_finds_only_patients_they_have_or_had_a_visit_with(self, find, cast, session):
        assert find("tom", own=Own(cast.dr_osei.id)) == []
        cast.booked()
        assert find("tom", own=Own(cast.dr_osei.id)) == ["Tom Baker"]
        assert find("tom", own=Own(cast.dr_lind.id)) == []

    @pytest.mark.parametrize("typed", ["%", "_", "'", "\\", "\x00", "�", "😀", "#", "=", "*" * 200, "1" * 300])
    def test_odd_characters_find_nobody_and_break_nothing(self, find, typed):
        assert not find(typed)

    def test_flags_come_along(self, session, cast):
        verbs.add_tag(cast.tom, "flag", "HIGH_RISK", by=cast.amara.actor)
        verbs.add_tag(cast.tom, "tag", "Choir", by=cast.amara.actor)
        question = queries.understand("tom", "en_GB", TODAY)
        (row,) = finding.find(session, cast.rose.id, question, size=20)
        assert row.flags == ["HIGH_RISK"]


class TestAlike:
    def names(self, session, cast, *facts, **more):
        return [row.full_name for row in session.execute(queries.alike(cast.rose.id, *facts, **more))]

    def test_the_same_name_and_birthday_in_another_spelling(self, session, cast, jose):
        assert self.names(session, cast, "jose o'brien nunez", date(1990, 12, 31), None) == [jose.full_name]
        assert self.names(session, cast, "jose o'brien nunez", date(1991, 12, 31), None) == []

    def test_the_same_name_where_a_birthday_is_not_known(self, session, cast, jose):
        assert self.names(session, cast, "José O'Brien-Núñez", None, None) == [jose.full_name]

    def test_the_same_phone_however_it_is_written(self, session, cast, jose):
        assert self.names(session, cast, "Somebody Else", None, "+442079460999") == [jose.full_name]

    def test_not_the_patient_themselves(self, session, cast, jose):
        assert self.names(session, cast, jose.full_name, None, jose.phone, but=jose.id) == []


class TestPlan:
    @pytest.fixture
    def crowd(self, session, cast, superuser):
        """Twenty thousand words of five thousand people, brought in by COPY."""
        session.commit()
        people = [(cast.rose.id, uuid7(), f"P{n:06d}", f"First{n % 977} Last{n}") for n in range(5000)]
        raw = superuser.raw_connection()
        with raw.cursor() as cursor:
            with cursor.copy("COPY patients (clinic_id, id, mrn, full_name) FROM STDIN") as rows:
                for person in people:
                    rows.write_row(person)
            with cursor.copy("COPY patient_words (clinic_id, word, patient_id) FROM STDIN") as rows:
                for clinic_id, person, mrn, name in people:
                    for word in (*name.lower().split(), "=" + mrn, f"#{hash(mrn) % 10**10:010d}"):
                        rows.write_row((clinic_id, word, person))
            cursor.execute("ANALYZE patients")
            cursor.execute("ANALYZE patient_words")
        raw.close()

    def test_a_prepared_statement_that_knows_no_prefix_uses_it_too(self, session, cast, crowd):
        question = queries.understand("last12", "en_GB", TODAY)
        asked = finding.statement(finding.shape_of(question), finding.Way(0, True), False).text
        facts = finding.facts_of(cast.rose.id, question) | {"most": 21, "skip": 0}
        names = list(facts)
        numbered = re.sub(r":(\w+)", lambda name: f"${names.index(name[1]) + 1}", asked)
        raw = session.connection().connection.driver_connection
        raw.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        raw.execute("PREPARE found AS " + numbered)
        called = sql.SQL("EXPLAIN EXECUTE found ({})").format(sql.SQL(", ").join(map(sql.Literal, facts.values())))
        plan = "\n".join(line for (line,) in raw.execute(called))
        raw.execute("DEALLOCATE found")
        assert "(word >= $" in plan and "Seq Scan on patient_words" not in plan, plan

    @pytest.mark.parametrize("typed", ["last12", "first12 last4", "9123", "P000123"])
    def test_the_search_uses_the_index_as_the_applications_role(self, session, cast, crowd, typed):
        assert session.scalar(sa.text("SELECT current_user")) == "clinic_app"
        question = queries.understand(typed, "en_GB", TODAY)
        way = finding.way(session, cast.rose.id, question)
        asked = finding.statement(finding.shape_of(question), way, False).text
        facts = finding.facts_of(cast.rose.id, question) | {"most": 21, "skip": 0}
        plan = "\n".join(session.execute(sa.text(f"EXPLAIN {asked}"), facts).scalars())
        assert "Seq Scan on patient_words" not in plan, plan
        conditions = [line for line in plan.splitlines() if "Index Cond" in line and "(word " in line]
        assert conditions and all("word >=" in line or "word =" in line for line in conditions), plan
