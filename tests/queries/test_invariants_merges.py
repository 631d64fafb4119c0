"""`flask check` finds records that lead nowhere, visits that a merge left behind, and words of who was erased."""

import pytest
import sqlalchemy as sa

from clinic.actions import insurance, patient_merges
from clinic.actions.patients import register, update
from clinic.queries.checking import CLINICS_RULES
from clinic.queries.invariants import PARAMETERS
from clinic.queries.invariants_merges import MERGE_RULES

OF_TWICE = "(SELECT id FROM patients WHERE full_name = 'Tom Barker')"
PLANTED = {
    "a record became part of one that is part of another itself": (
        "UPDATE patients SET merged_into_id = (SELECT id FROM patients WHERE full_name = 'Maya Okafor')"
        " WHERE full_name = 'Tom Baker'"
    ),
    "a record became part of another, and the journal of merges does not know of it or says otherwise": (
        f"UPDATE patients SET merged_into_id = NULL WHERE id = {OF_TWICE}"
    ),
    "a visit to come stayed with a record that became part of another": (
        f"UPDATE visits SET patient_id = {OF_TWICE};"
        " UPDATE patient_merges SET merged_at = now() - interval '1 hour'"
    ),
    "the insurance or the history of an erased patient still says something of them": (
        "UPDATE patients SET erased_at = now() - interval '1 hour' WHERE full_name = 'Tom Baker'"
    ),
}  # fmt: skip


def found(session, cast):
    rules = ((rule.sentence, sa.text(rule.sql)) for rule in MERGE_RULES)
    asked = {"clinic_id": cast.rose.id, **PARAMETERS}
    return {sentence for sentence, sql in rules if session.connection().execute(sql, asked).all()}


@pytest.mark.breaks
@pytest.mark.parametrize("sentence", PLANTED)
def test_it_finds_what_is_planted_and_nothing_in_an_ordinary_merge(session, cast, superuser, sentence):
    twice = register(session, by=cast.amara.actor, full_name="Tom Barker")
    session.flush()
    insurance.add(cast.tom, by=cast.amara.actor, insurer_name="Bluebell Mutual", member_id="7")
    update(cast.tom, by=cast.amara.actor, phone="+44 20 7946 0999")
    cast.booked(patient=twice)
    patient_merges.merge(cast.tom, twice, "The same identity card", by=cast.ines.actor)
    session.commit()
    assert set(MERGE_RULES) <= set(CLINICS_RULES) and not found(session, cast)
    session.rollback()
    with superuser.connect() as connection:
        connection.execute(sa.text("SET session_replication_role = replica"))
        for statement in PLANTED[sentence].split(";"):
            connection.execute(sa.text(statement))
        connection.execute(sa.text("SET session_replication_role = origin"))
    assert found(session, cast) == {sentence}
