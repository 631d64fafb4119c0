"""Finding a diagnosis among the ICD-10 codes."""

import pytest

from clinic.queries import icd10


def codes_for(text, limit=12):
    return [each.code for each in icd10.search(text, limit)]


def test_a_code_is_found_with_and_without_its_dot_and_whatever_the_case():
    assert codes_for("E11.9")[0] == codes_for("e119")[0] == "E11.9"
    assert icd10.label("e119") == "Type 2 diabetes mellitus without complications" == icd10.label("E11.9")


def test_the_codes_below_one_come_with_it_in_order():
    found = codes_for("J45", 50)
    assert found[0] == "J45" and found == sorted(found) and all(each.startswith("J45") for each in found)


def test_words_are_found_by_their_beginnings_in_any_order():
    assert codes_for("diab type 2")[0] == codes_for("2 TYPE diabetes")[0] == "E11.9"
    assert "M54.50" in codes_for("back low")


def test_what_practices_see_every_day_comes_first():
    assert [codes_for(each)[0] for each in ("hypertension", "asthma", "migraine")] == ["I10", "J45.909", "G43.909"]


def test_other_names_lead_to_a_code_and_are_said_beside_it():
    found = icd10.search("high blood pressure")[0]
    assert (found.code, found.also) == ("I10", "high blood pressure")
    assert icd10.search("essential hypertension")[0].also is None


def test_a_seventh_character_is_understood_where_it_is_defined():
    assert icd10.label("S52.501A").endswith("right radius, initial encounter for closed fracture")
    assert codes_for("s52501a") == ["S52.501A"]
    # Shorter codes are filled up with X.
    assert "subsequent encounter" in icd10.label("T14.91XD")


@pytest.mark.parametrize("text", ["E11.9A", "Q99.99", "", "x", "S52.501Z", "not a code", "\u0661\u0662"])
def test_what_is_no_code_has_no_meaning(text):
    assert icd10.label(text) is None


@pytest.mark.parametrize("text", ["", "   ", "qqqqq", "zzz diabetes", "%_'\"<>", "a", "٣", "E11" * 200])
def test_what_nothing_answers_finds_nothing_and_hurts_nobody(text):
    assert len(icd10.search(text)) <= 12


def test_a_long_list_is_cut():
    assert len(codes_for("unspecified", 12)) == 12 and len(icd10.search("fracture", 10_000)) == icd10.MOST
