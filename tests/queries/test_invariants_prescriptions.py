"""`flask check` finds a prescription that cannot be; an erased record keeps what was prescribed and no word besides."""

import pytest
import sqlalchemy as sa

from clinic.actions import prescriptions
from clinic.actions.acting import Actor
from clinic.actions.prescriptions import Medicine
from clinic.queries.invariants_prescriptions import PRESCRIPTION_RULES
from clinic.work.keeping import finish
from tests.prescribing import AMOXICILLIN, ARNICA, prescribed

PLANTED = {
    "a prescription has no medicine": "DELETE FROM prescription_items WHERE medicine_name = 'Arnica montana'",
    "a prescription takes the place of another patient's": (
        "UPDATE prescriptions SET replaces_id = (SELECT p.id FROM prescriptions AS p JOIN patients AS a"
        " ON a.id = p.patient_id WHERE a.full_name = 'Maya Okafor')"
        " WHERE patient_id = (SELECT id FROM patients WHERE full_name = 'Tom Baker')"
    ),
    "a stop names a medicine of another prescription": (
        "UPDATE prescription_stops SET item_id = (SELECT id FROM prescription_items"
        " WHERE medicine_name = 'Arnica montana')"
    ),
    "something was prescribed to one patient at a visit of another's": (
        "UPDATE prescriptions AS p SET visit_id = (SELECT v.id FROM visits AS v WHERE v.patient_id <> p.patient_id"
        " LIMIT 1) WHERE patient_id = (SELECT id FROM patients WHERE full_name = 'Tom Baker')"
    ),
    "a prescription of an erased patient still holds what a doctor wrote of them": (
        "UPDATE patients SET erased_at = now() - interval '1 hour'"
    ),
}


def found(session, cast):
    rules = ((rule.sentence, sa.text(rule.sql)) for rule in PRESCRIPTION_RULES)
    asked = {"clinic_id": cast.rose.id}
    return {sentence for sentence, sql in rules if session.connection().execute(sql, asked).all()}


@pytest.mark.breaks
@pytest.mark.parametrize("sentence", PLANTED)
def test_it_finds_what_is_planted_and_nothing_in_ordinary_prescriptions(session, cast, superuser, sentence):
    prescribed(session, cast, ARNICA)
    mayas = prescribed(session, cast, AMOXICILLIN, patient=cast.maya_patient)
    prescriptions.stop(mayas, "A rash", by=cast.osei.actor, item=mayas.items[0])
    session.commit()
    assert not found(session, cast)
    session.rollback()
    with superuser.connect() as connection:
        connection.execute(sa.text("SET session_replication_role = replica"))
        connection.execute(sa.text(PLANTED[sentence]))
        connection.execute(sa.text("SET session_replication_role = origin"))
    assert found(session, cast) == {sentence}


def test_erasing_leaves_what_was_prescribed_and_no_word_of_the_person(session, cast):
    cast.tom.allergies = "Penicillin"
    bold = Medicine("Amoxicillin", "500 mg", notes="for Tom", allergy_reason="He bears it")
    issued = prescribed(session, cast, bold, advice="Rest, Tom")
    prescriptions.stop(issued, "Tom is well", by=cast.osei.actor)
    cast.tom.erased_at = sa.func.now()
    session.commit()
    finish(session, by=Actor.job(cast.rose.id, "erasures.finish"), patient_id=cast.tom.id)
    session.commit()
    row = session.execute(sa.text(
        "SELECT p.advice, i.medicine_name, i.potency, i.notes, i.allergy_warning, i.allergy_reason, s.reason"
        " FROM prescriptions AS p JOIN prescription_items AS i ON i.prescription_id = p.id"
        " JOIN prescription_stops AS s ON s.prescription_id = p.id"
    )).one()  # fmt: skip
    assert tuple(row) == (None, "Amoxicillin", "500 mg", None, None, None, "")


def test_a_legal_hold_keeps_every_word(session, cast):
    from clinic.actions import legal_holds

    issued = prescribed(session, cast, AMOXICILLIN, advice="Rest")
    legal_holds.place(cast.tom, "A letter of the court", by=cast.ines.actor)
    cast.tom.erased_at = sa.func.now()
    session.commit()
    finish(session, by=Actor.job(cast.rose.id, "erasures.finish"), patient_id=cast.tom.id)
    session.commit()
    session.refresh(issued)
    assert issued.advice == "Rest"
