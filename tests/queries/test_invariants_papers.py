"""`flask check` finds a paper that is not where it belongs."""

import pytest
import sqlalchemy as sa

from clinic.queries.invariants_papers import PAPER_RULES
from tests.papers import note, referral

PLANTED = {
    "a paper of one patient names another's visit": "UPDATE referrals SET visit_id = (SELECT id FROM visits)",
    "the code of an excuse note does not lead to its clinic": (
        "UPDATE excuse_notes SET check_code = translate(left(check_code, 4), '0123456789ABCDEF', '123456789ABCDEF0')"
        " || right(check_code, 12)"
    ),
    "a paper of an erased patient still says something, or waits for an answer": (
        "UPDATE patients SET erased_at = now() - interval '1 hour'"
    ),
}


def found(session, cast):
    rules = ((rule.sentence, sa.text(rule.sql)) for rule in PAPER_RULES)
    asked = {"clinic_id": cast.rose.id}
    return {sentence for sentence, sql in rules if session.connection().execute(sql, asked).all()}


@pytest.mark.parametrize("sentence", PLANTED)
def test_it_finds_what_is_planted_and_nothing_in_ordinary_papers(session, cast, superuser, sentence):
    visit = cast.booked(patient=cast.maya_patient)
    for patient, visit_id in ((cast.tom, None), (cast.maya_patient, visit.id)):
        referral(session, cast, patient, visit_id=visit_id)
    note(session, cast, sent=True)
    assert not found(session, cast)
    session.rollback()
    with superuser.connect() as connection:
        connection.execute(sa.text("SET session_replication_role = replica"))
        connection.execute(sa.text(PLANTED[sentence]))
        connection.execute(sa.text("SET session_replication_role = origin"))
    assert found(session, cast) == {sentence}
