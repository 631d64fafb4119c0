"""Registering patients, changing and tagging them: findable at once, on record, without a trace of words in the log."""

from datetime import date

import pytest
import sqlalchemy as sa

from clinic.actions import patients
from clinic.actions.acting import Refused
from clinic.models.audit import AuditEntry
from clinic.models.patients import Patient, PatientTag, PatientWord, TagKind
from clinic.models.words import name_words, number_word, phone_ending, typed_phone, typed_words


@pytest.fixture
def words(session):
    """The words a patient is found by."""

    def of(patient):
        found = sa.select(PatientWord.__table__.c.word).where(PatientWord.__table__.c.patient_id == patient.id)
        return set(session.connection().execute(found).scalars())

    return of


class TestRegister:
    def test_each_new_patient_has_the_next_record_number_and_words(self, session, cast, words):
        first = patients.register(session, by=cast.amara.actor, full_name="Zoë Quill", phone="+44 20 7946 0555")
        second = patients.register(session, by=cast.amara.actor, full_name="Cher")
        assert int(second.mrn) == int(first.mrn) + 1
        assert words(first) == {"zoe", "quill", "#555064970244", number_word(first.mrn)}
        assert (second.first_name, second.last_name) == ("Cher", None)

    @pytest.mark.parametrize(
        ("first", "last"),
        [
            ("Nele", "von Berg"), ("Nele Marie", "von der Leyen"), ("Vincent", "van Gogh"), ("Anna", "de la Cruz"),
            ("Leonardo", "Di Caprio"), ("Anna Maria", "Lopez"), ("Al", "Green"),
        ],
    )  # fmt: skip
    def test_small_words_belong_to_the_last_name(self, session, cast, first, last):
        patient = patients.register(session, by=cast.amara.actor, full_name=f"{first}  {last} ")
        assert (patient.first_name, patient.last_name) == (first, last)
        patients.update(patient, by=cast.amara.actor, full_name="Cher von")
        assert (patient.first_name, patient.last_name) == ("Cher", "von")

    def test_it_is_remembered_without_what_was_written(self, session, cast):
        zoe = patients.register(session, by=cast.amara.actor, full_name="Zoë Quill", date_of_birth=date(1990, 1, 2))
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.resource_id == zoe.id)).one()
        assert entry.action == "patients.register" and entry.actor_id == cast.amara.user.id
        assert "Quill" not in str(entry.changes) and "1990" not in str(entry.changes)


class TestUpdate:
    def test_the_old_words_no_longer_find(self, session, cast, words):
        patients.update(cast.tom, by=cast.amara.actor, full_name="Tomás Panadero", phone="+44 20 7946 0777")
        assert {"tomas", "panadero"} <= words(cast.tom) and "baker" not in words(cast.tom)

    def test_names_told_apart_by_another_system_stay_while_the_whole_name_does(self, session, cast):
        cast.tom.first_name, cast.tom.last_name = "Tom van", "der Baker"
        session.flush()
        patients.update(cast.tom, by=cast.amara.actor, full_name=cast.tom.full_name, city="London")
        assert cast.tom.first_name == "Tom van" and cast.tom.city == "London"

    def test_nobody_of_another_clinic_is_written(self, session, cast):
        assert session.get(Patient, (cast.harbour.id, cast.sam.id)) is None


class TestTags:
    def test_a_tag_is_pinned_once_and_taken_off(self, session, cast):
        patients.add_tag(cast.tom, TagKind.FLAG, "HIGH_RISK", by=cast.amara.actor)
        with pytest.raises(Refused):
            patients.add_tag(cast.tom, TagKind.FLAG, "high_risk", by=cast.amara.actor)
        assert cast.tom.flags == ["HIGH_RISK"]
        patients.remove_tag(cast.tom, cast.tom.tags[0], by=cast.amara.actor)
        assert session.scalars(sa.select(PatientTag)).all() == []
        taken = sa.select(AuditEntry).where(AuditEntry.action == "patients.remove_tag")
        assert session.scalars(taken).one().resource_id == cast.tom.id


class TestWords:
    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("José Núñez", ["jose", "nunez"]), ("Søren Kierkegård", ["soren", "kierkegard"]),
            ("Groß", ["gross"]), ("Łukasz", ["lukasz"]), ("O'Brien", ["o", "brien", "obrien"]),
            ("O’Brien", ["o", "brien", "obrien"]), ("Anne-Marie", ["anne", "marie", "annemarie"]),
            ("J.R. Smith", ["j", "r", "smith", "jr"]), ("Nguyễn Văn", ["nguyen", "van"]), ("王小明", ["王小明"]),
            ("Ольга", ["ольга"]), ("محمد", ["محمد"]), ("ＴＯＭ", ["tom"]), ("  ", []), ("\x00", []),
        ],
    )  # fmt: skip
    def test_a_name_in_any_script_becomes_plain_words(self, name, words):
        assert name_words(name) == words

    def test_vowel_signs_do_not_tear_a_word_apart(self):
        assert len(typed_words("मोहन")) == 1 and len(typed_words("สมชาย")) == 1

    def test_a_phone_is_found_by_its_end_with_or_without_the_trunk_nought(self):
        stored = phone_ending("+44 20 7946 0123")
        for typed in ("0123", "79460123", "02079460123", "442079460123", "00442079460123"):
            assert stored.startswith(typed_phone(typed)), typed
        assert phone_ending("12") is None
