"""Patients who come without a time: a number each, once, with a doctor who works here or with none."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
import sqlalchemy as sa

from clinic.actions import walk_ins
from clinic.actions.acting import Refused
from clinic.models.audit import AuditEntry
from clinic.models.visits import EventKind, VisitStatus


@pytest.fixture
def add(session, cast):
    """Add Tom, or whoever is named."""

    def added(patient=None, **facts):
        return walk_ins.add(session, patient or cast.tom, timezone=cast.rose.timezone, by=cast.amara.actor, **facts)

    return added


class TestAdd:
    def test_they_wait_with_the_days_next_number_history_and_audit_entry(self, session, cast, add):
        first, second = add(), add(cast.maya_patient)
        assert (first.ticket_number, second.ticket_number) == (1, 2)
        assert first.status == VisitStatus.CHECKED_IN and first.checked_in_at
        assert [event.kind for event in first.events] == [EventKind.BOOKED]
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.resource_id == first.id)).one()
        assert entry.action == "walk_ins.add"

    def test_somebody_already_waiting_is_not_added_again(self, cast, add):
        add()
        with pytest.raises(Refused, match="already among those who wait"):
            add()

    def test_once_seen_they_may_come_again(self, cast, add, session):
        first = add()
        first.status = VisitStatus.COMPLETED
        session.flush()
        assert add().ticket_number == 2

    def test_a_doctor_who_is_unknown_or_not_approved_is_refused(self, cast, add, session):
        with pytest.raises(Refused):
            add(provider_id=uuid4())
        cast.dr_lind.approved_at = None
        session.flush()
        with pytest.raises(Refused):
            add(provider_id=cast.dr_lind.id)

    def test_somebody_who_died_or_was_merged_is_refused(self, cast, add, session):
        cast.tom.deceased_at = datetime.now(UTC)
        with pytest.raises(Refused):
            add()
