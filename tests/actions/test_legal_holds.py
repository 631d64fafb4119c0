"""Holding a record because the law asks for it."""

import pytest
import sqlalchemy as sa

from clinic.actions import legal_holds
from clinic.actions.acting import Refused
from clinic.models.audit import AuditEntry
from clinic.models.keeping import LegalHold
from clinic.queries.keeping import live_hold, live_holds

WHY = "Letter of the county court, 3 May"


@pytest.fixture
def held(session, cast):
    """A hold on Tom's record."""
    made = legal_holds.place(cast.tom, WHY, by=cast.ines.actor)
    session.commit()
    return made


class TestPlace:
    def test_the_record_is_held_with_who_and_why(self, session, cast, held):
        found = live_hold(session, cast.tom.id)
        assert (found.reason, found.placed_by_id) == (WHY, cast.ines.user.id)
        assert [each.patient.full_name for each in live_holds(session)] == ["Tom Baker"]
        assert live_hold(session, cast.maya_patient.id) is None

    def test_a_record_that_is_held_cannot_be_held_once_more(self, session, cast, held):
        with pytest.raises(Refused, match="held already"):
            legal_holds.place(cast.tom, WHY, by=cast.ines.actor)

    def test_it_stands_in_the_audit_log_without_the_reasons_words(self, session, cast, held):
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "legal_holds.place")).one()
        assert entry.actor_id == cast.ines.user.id and "court" not in str(entry.changes)


class TestEnd:
    def test_the_record_is_free_and_the_hold_is_remembered(self, session, cast, held):
        legal_holds.end(held, by=cast.ines.actor)
        session.commit()
        assert live_hold(session, cast.tom.id) is None
        assert session.scalars(sa.select(LegalHold)).one().ended_by_id == cast.ines.user.id

    def test_twice_is_refused(self, session, cast, held):
        legal_holds.end(held, by=cast.ines.actor)
        with pytest.raises(Refused, match="ended already"):
            legal_holds.end(held, by=cast.ines.actor)
