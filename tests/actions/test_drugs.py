"""Lists of medicines: taken in as they are, found by the beginnings of words, and always in their newest state."""

import gzip
import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from clinic.actions import favourite_medicines
from clinic.actions.acting import Refused
from clinic.actions.drugs import Listed, take_in
from clinic.integrations.drug_lists import DrugList, NotAList
from clinic.models.audit import AuditEntry
from clinic.models.drugs import FavouriteMedicine
from clinic.queries.drugs import _found, favourites, lists, search
from tests.at_once import rush

REAL = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "terminology"
SOME = [
    Listed("1", "Amoxicillin"), Listed("2", "Amoxicillin trihydrate 500 MG Oral Capsule"), Listed("3", "Ampicillin"),
    Listed("4", "Acetylsalicylic acid", ("Aspirin", "ASA")), Listed("5", "Arnica montana", ("Arn",)),
]  # fmt: skip


@pytest.fixture
def loaded(session, cast):
    """The clinic with a few medicines."""
    take_in(session, cast.rose.id, "some", SOME, by=cast.ines.actor)
    session.commit()


def found(session, cast, text):
    return search(session, cast.rose.id, text)


class TestSearch:
    def test_by_the_beginnings_of_its_words(self, session, cast, loaded):
        capsule = ["Amoxicillin trihydrate 500 MG Oral Capsule"]
        wanted = {
            "amox": ["Amoxicillin", *capsule], "AMOX cap": capsule, "caps amox": capsule,
            "aspir": ["Acetylsalicylic acid"], "mont": ["Arnica montana"], "xyz": [], "a": [], "": [], "100%_": [],
        }  # fmt: skip
        assert {typed: found(session, cast, typed) for typed in wanted} == wanted

    def test_what_is_called_so_comes_before_what_is_also_known_so(self, session, cast, loaded):
        take_in(session, cast.rose.id, "more", [Listed("9", "Aspirin protect, a very long name")], by=cast.ines.actor)
        assert found(session, cast, "aspirin") == ["Aspirin protect, a very long name", "Acetylsalicylic acid"]

    def test_another_clinics_lists_are_not_seen(self, session, cast):
        from clinic.scope import Scope

        session.enter(Scope.staff(cast.harbour.id))
        take_in(session, cast.harbour.id, "some", SOME, by=cast.stranger.actor)
        session.commit()
        session.enter(cast.scope)
        assert found(session, cast, "amox") == [] and search(session, cast.harbour.id, "amox") == []

    def test_an_index_finds_it(self, session, cast, loaded):
        session.execute(sa.text("SET LOCAL enable_seqscan = off"))
        statement = _found(cast.rose.id, ("amox", "caps")).limit(20)
        written = statement.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
        plan = "\n".join(session.execute(sa.text(f"EXPLAIN {written}")).scalars())
        assert len(re.findall(r"Index Cond: .*word >= '(?:amox|caps)'", plan)) == 2, plan


class TestTakeIn:
    def test_the_same_list_again_changes_nothing(self, session, cast, loaded):
        counts = take_in(session, cast.rose.id, "some", SOME, by=cast.ines.actor)
        assert counts == {"created": 0, "updated": 0, "unchanged": 5, "retired": 0}

    def test_what_changed_changes_and_what_is_gone_is_offered_no_more(self, session, cast, loaded):
        newer = [Listed("1", "Amoxicilline"), *SOME[2:], Listed("7", "Belladonna")]
        counts = take_in(session, cast.rose.id, "some", newer, by=cast.ines.actor)
        assert counts == {"created": 1, "updated": 1, "unchanged": 3, "retired": 1}
        assert found(session, cast, "amox") == ["Amoxicilline"] and lists(session, cast.rose.id) == [("some", 5)]

    def test_what_comes_back_is_offered_again(self, session, cast, loaded):
        take_in(session, cast.rose.id, "some", SOME[1:], by=cast.ines.actor)
        take_in(session, cast.rose.id, "some", SOME, by=cast.ines.actor)
        assert "Amoxicillin" in found(session, cast, "amox")

    def test_one_entry_tells_of_all(self, session, cast, loaded):
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "drugs.take_in")).one()
        assert entry.details["created"] == 5


class TestReading:
    def read(self, path, text, **more):
        path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode("utf-8-sig"))
        reading = DrugList(path)
        return list(reading.read()), dict(reading.skipped)

    def test_the_usual_headings_are_understood(self, tmp_path):
        rows, _skipped = self.read(tmp_path / "a.csv", "rxcui,display\n1,Ibuprofen 400 MG\n")
        assert rows == [Listed("1", "Ibuprofen 400 MG")]
        text = "drugbank_id,name,synonyms\nDB1,Aspirin,ASA | Aspirin |Ecotrin\n"
        rows, _skipped = self.read(tmp_path / "b.csv.gz", text)
        assert rows == [Listed("DB1", "Aspirin", ("ASA", "Ecotrin"))]
        rows, _skipped = self.read(tmp_path / "c.csv", "Name;Abbreviation\nArnica;Arn\n")
        assert rows == [Listed("Arn", "Arnica", ("Arn",))]

    def test_what_cannot_be_taken_is_counted_with_why(self, tmp_path):
        text = f"code,name\n1,Ibuprofen\n1,Again\n2,\n3,{'x' * 501}\n4,a\u202eb\n"
        rows, skipped = self.read(tmp_path / "a.csv", text)
        assert [each.name for each in rows] == ["Ibuprofen"]
        assert sorted(skipped.values()) == [1, 1, 1, 1]

    @pytest.mark.parametrize("text", ["", "what,ever\n1,2\n"])
    def test_a_file_without_names_is_no_list(self, tmp_path, text):
        with pytest.raises(NotAList):
            self.read(tmp_path / "a.csv", text)

    @pytest.mark.skipif(not REAL.exists(), reason="the real lists are not on this machine")
    def test_a_real_list_of_fourteen_thousand_is_found_as_one_types(self, session, cast):
        reading = DrugList(REAL / "homeopathic-remedies.csv")
        counts = take_in(session, cast.rose.id, "remedies", reading.read(), by=cast.ines.actor)
        assert counts["created"] > 600 and "Arnica Montana" in found(session, cast, "arn mon")


class TestFavourites:
    def test_kept_once_with_the_latest_directions(self, session, cast):
        for dosage in ("4 pills", "2 pills"):
            favourite_medicines.keep(
                cast.dr_osei, by=cast.osei.actor, medicine_name="Arnica", potency="30C", dosage=dosage
            )
        favourite_medicines.keep(cast.dr_osei, by=cast.osei.actor, medicine_name="Arnica", potency="200C")
        mine = favourites(session, cast.dr_osei.id)
        assert [(each.potency, each.dosage) for each in mine] == [("200C", None), ("30C", "2 pills")]
        assert favourites(session, cast.dr_lind.id) == []

    def test_a_hundred_are_enough(self, session, cast):
        whose = {"clinic_id": cast.rose.id, "provider_id": cast.dr_osei.id}
        session.add_all(FavouriteMedicine(**whose, medicine_name=f"M{n}") for n in range(100))
        session.flush()
        with pytest.raises(Refused, match="100 favourites"):
            favourite_medicines.keep(cast.dr_osei, by=cast.osei.actor, medicine_name="Arnica")

    def test_kept_twice_at_once_it_is_one(self, app, session, cast):
        def keep(session):
            doctor = session.get(type(cast.dr_osei), (cast.rose.id, cast.dr_osei.id))
            favourite_medicines.keep(doctor, by=cast.osei.actor, medicine_name="Arnica")

        assert rush(app, cast, keep, keep) == ["done", "done"]
        session.rollback()
        assert len(favourites(session, cast.dr_osei.id)) == 1
