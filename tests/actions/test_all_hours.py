"""All hours of a doctor at once: paused by one act, with one list of whom that strands, and resumed by another."""

from datetime import time

import pytest
import sqlalchemy as sa

from clinic.actions import hours, stranding_undo
from clinic.actions.acting import Refused
from clinic.models.audit import AuditEntry
from clinic.models.schedule import Availability, AvailabilityStatus
from clinic.models.strandings import Stranding
from tests.actions.stranding import affected, change, hours_row, two_visits  # noqa: F401

ACTIVE, PAUSED = AvailabilityStatus.ACTIVE, AvailabilityStatus.PAUSED


def statuses(session, cast):
    """How the doctor's hours stand: {status: how many}."""
    session.expire_all()
    asked = sa.select(Availability.status, sa.func.count()).where(Availability.provider_id == cast.dr_osei.id)
    return dict(session.execute(asked.group_by(Availability.status)).all())


def with_another_day(session, cast):
    """Dr Osei has hours of one date as well."""
    on = {"on_date": cast.tomorrow_at(9, days=9).date(), "in_addition": True}
    times = {"start_time": time(18), "end_time": time(19)}
    session.add(Availability(clinic_id=cast.rose.id, provider_id=cast.dr_osei.id, **on, **times))
    session.commit()


class TestPauseAll:
    def test_every_row_is_paused_and_all_whom_it_strands_are_one_list(self, session, cast, visits):
        with_another_day(session, cast)
        later = cast.booked(cast.tomorrow_at(10, days=2))
        many = statuses(session, cast)[ACTIVE]
        opened = change(session, cast, hours.pause_all)
        assert statuses(session, cast) == {PAUSED: many}
        assert affected(session, opened) == [visits[0].id, visits[1].id, later.id]
        assert session.scalar(sa.select(sa.func.count()).select_from(Stranding)) == 1
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "hours.pause_all")).one()
        assert entry.resource_id == cast.dr_osei.id and entry.changes["hours"] == [many, 0]

    def test_nobody_is_listed_where_nobody_is_booked_and_twice_is_safe(self, session, cast):
        assert change(session, cast, hours.pause_all) is None
        assert change(session, cast, hours.pause_all) is None
        assert ACTIVE not in statuses(session, cast)

    def test_taken_back_resumes_what_it_paused_and_nothing_else(self, session, cast, visits, row):
        weekday = cast.tomorrow_at(10, days=3).isoweekday() % 7
        own = Availability.provider_id == cast.dr_osei.id, Availability.weekday == weekday
        other = session.scalars(sa.select(Availability).where(*own)).one()
        change(session, cast, hours.pause, other)
        opened = change(session, cast, hours.pause_all)
        stranding_undo.undo(opened, by=cast.ines.actor)
        session.commit()
        session.expire_all()
        assert (row.status, other.status) == (ACTIVE, PAUSED) and opened.undone_at
        assert statuses(session, cast)[PAUSED] == 1

    def test_what_was_removed_meanwhile_is_not_brought_back_by_itself(self, session, cast, visits, row):
        opened = change(session, cast, hours.pause_all)
        session.delete(session.merge(row))
        session.commit()
        with pytest.raises(Refused, match="by hand"):
            stranding_undo.undo(opened, by=cast.ines.actor)


class TestResumeAll:
    def test_everybody_keeps_their_time_again(self, session, cast, visits):
        opened = change(session, cast, hours.pause_all)
        assert change(session, cast, hours.resume_all) is None
        assert PAUSED not in statuses(session, cast)
        session.refresh(opened)
        assert opened.undone_at

    def test_rows_that_overlap_by_now_are_refused_together(self, session, cast, row, visits):
        change(session, cast, hours.pause_all)
        change_one = {"weekday": row.weekday, "start_time": row.start_time, "end_time": row.end_time}
        hours.add(session, cast.dr_osei, by=cast.ines.actor, **change_one)
        session.commit()
        with pytest.raises(Refused, match="overlap"):
            hours.resume_all(cast.dr_osei, by=cast.ines.actor)
        session.rollback()
        assert statuses(session, cast)[ACTIVE] == 1
