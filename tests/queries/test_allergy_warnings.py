"""A medicine is held against what is recorded: by name, by another name of it, and by the stem of its class."""

from clinic.actions.drugs import Listed, take_in
from clinic.queries.allergy_warnings import Known, warnings


def warned(session, cast, allergy, *medicines):
    """Which of the medicines go against the allergy."""
    return set(warnings(session, cast.rose.id, Known((), allergy), medicines))


# Cases of one test each: what stands beside each other is read beside each other.
AGAINST = [
    ("Penicillin", "Penicillin V"), ("penicillins", "Amoxicillin 500 mg"), ("Penicillin G, rash", "Flucloxacillin"),
    ("Aspirin", "ASPIRIN 100"), ("Ibuprofen", "ibuprofen lysine"), ("Sulfonamides", "Sulfamethoxazole"),
    ("NSAIDs", "Diclofenac"), ("Codeine", "Paracetamol/Codeine"), ("Cephalosporins", "Cefalexin"),
    ("Arnica", "Arnica montana"), ("Allergy to tetracycline", "Doxycycline"), ("ACE inhibitors", "Ramipril"),
    ("Lidocaine", "Bupivacaine"), ("Beta-lactam", "Ampicillin"), ("Grass pollen, mild", "Grass pollen extract"),
]  # fmt: skip
NOT_AGAINST = [
    ("No known allergies", "Amoxicillin"), ("Peanuts", "Amoxicillin"), ("Penicillin", "Paracetamol"),
    ("Birch pollen", "Pollen of grass"), ("Diclofenac sodium", "Sodium chloride"), ("Latex", "Lactulose"),
]  # fmt: skip


def test_a_name_that_meets_the_allergy_is_warned_of_and_no_other(session, cast):
    assert [pair for pair in AGAINST if not warned(session, cast, *pair)] == []
    assert [pair for pair in NOT_AGAINST if warned(session, cast, *pair)] == []


def test_another_name_that_a_list_knows_counts(session, cast):
    assert not warned(session, cast, "Paracetamol", "Panadol")
    take_in(session, cast.rose.id, "brands", [Listed("P1", "Panadol", ("Paracetamol",))], by=cast.ines.actor)
    assert warned(session, cast, "Paracetamol", "Panadol", "Arnica") == {"Panadol"}


def test_without_allergies_nothing_is_asked(session, cast):
    assert warnings(session, cast.rose.id, Known((), None), ["Amoxicillin"]) == {}
