"""Hours and blocked time that were paused or removed by mistake: one press on the message gives them back."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from clinic.models.schedule import Availability, AvailabilityStatus, Slot, SlotKind
from tests.views.staff.test_blocks import typed, wall
from tests.views.staff.test_repeated_blocks import lunch

FIRST = sa.select(Slot.id).where(Slot.kind == SlotKind.BLOCKED).order_by(Slot.starts_at)


@pytest.fixture
def here(cast):
    """Whose hours and blocks these are."""
    return {"provider_id": cast.dr_osei.id}


def undo(page):
    """The address of the message's button."""
    return re.search(r'action="([^"]+)"[^>]*>(?:(?!</form>).)*Undo', page.text, re.DOTALL).group(1)


def hours(session, cast):
    session.rollback()
    session.enter(cast.scope)
    session.expire_all()
    columns = ("weekday", "start_time", "end_time", "visit_mode", "location_id", "status", "valid_from", "valid_until")
    rows = session.scalars(sa.select(Availability).where(Availability.provider_id == cast.dr_osei.id))
    return sorted(tuple(str(getattr(row, name)) for name in columns) for row in rows)


def blocked(session, cast):
    session.rollback()
    session.enter(cast.scope)
    rows = sa.select(Slot.starts_at, Slot.ends_at, Slot.reason).where(Slot.kind == SlotKind.BLOCKED)
    return session.execute(rows.order_by(Slot.starts_at)).all()


@pytest.fixture
def row(session, cast):
    """Dr Osei's hours of one weekday."""
    row = session.scalars(sa.select(Availability).where(Availability.provider_id == cast.dr_osei.id)).first()
    row.valid_until = cast.tomorrow_at(10, days=400).date()
    session.commit()
    return row


class TestHours:
    def test_removed_by_mistake_they_come_back_as_they_were(self, ines, cast, session, here, row):
        before, row_id = hours(session, cast), row.id
        part = ines.send("staff.hours.remove", htmx=True, row_id=row_id, **here)
        assert hours(session, cast) != before
        back = undo(part)
        assert back.endswith(f"/{row_id}/restore") and "?" not in back
        assert ines.send("staff.hours.restore", row_id=row_id, **here).status_code == 303
        assert hours(session, cast) == before
        assert ines.send("staff.hours.restore", row_id=row_id, **here).status_code == 409

    @pytest.mark.parametrize(("verb", "back"), [("pause", "resume"), ("resume", "pause")])
    def test_paused_or_resumed_by_mistake_one_press_takes_it_back(self, ines, session, here, row, verb, back):
        row.status = AvailabilityStatus.ACTIVE if verb == "pause" else AvailabilityStatus.PAUSED
        session.commit()
        assert undo(ines.send(f"staff.hours.{verb}", htmx=True, row_id=row.id, **here)).endswith(f"/{row.id}/{back}")

    def test_nobody_gives_back_what_somebody_else_took_away_or_for_another_doctor(
        self, ines, amara, stranger, cast, here, row
    ):
        row_id = row.id
        assert ines.send("staff.hours.restore", row_id=row_id, **here).status_code == 409
        ines.send("staff.hours.remove", row_id=row_id, **here)
        assert ines.send("staff.hours.restore", row_id=row_id, provider_id=cast.dr_lind.id).status_code == 409
        assert amara.send("staff.hours.restore", row_id=row_id, **here).status_code == 403
        assert stranger.send("staff.hours.restore", row_id=row_id, **here).status_code in (403, 404)


class TestBlocks:
    def test_a_leave_comes_back_with_its_reason_which_stands_in_no_address(self, ines, cast, session, here):
        ines.send("staff.blocks.create", typed(wall(cast, 12), wall(cast, 9, days=4), reason="Hospital"), **here)
        before = blocked(session, cast)
        first = session.scalars(
            sa.select(Slot.id).where(Slot.kind == SlotKind.BLOCKED).order_by(Slot.starts_at)
        ).first()
        part = ines.send("staff.blocks.remove", htmx=True, block_id=first, **here)
        assert not blocked(session, cast) and "Hospital" not in undo(part)
        assert ines.send("staff.blocks.restore", block_id=first, **here).status_code == 303
        assert blocked(session, cast) == before and before[0].reason == "Hospital"

    def test_lunches_of_a_whole_year_come_back_at_once(self, ines, cast, session, here):
        until = cast.tomorrow_at(12, days=360).date().isoformat()
        ines.send("staff.repeated_blocks.create", lunch(cast, until_on=until), **here)
        before = blocked(session, cast)
        first = session.scalars(
            sa.select(Slot.id).where(Slot.kind == SlotKind.BLOCKED).order_by(Slot.starts_at)
        ).first()
        ines.send("staff.repeated_blocks.remove", block_id=first, **here)
        assert len(before) > 250 and not blocked(session, cast)
        assert undo(ines.open("staff.blocks.index", **here)).endswith(f"/{first}/restore")
        ines.send("staff.blocks.restore", block_id=first, **here)
        assert blocked(session, cast) == before

    def test_given_back_over_a_visit_that_was_booked_meanwhile_it_opens_the_workbench(self, ines, cast, session, here):
        ines.send("staff.blocks.create", typed(wall(cast, 10), wall(cast, 12)), **here)
        made = session.scalars(sa.select(Slot.id).where(Slot.kind == SlotKind.BLOCKED)).one()
        ines.send("staff.blocks.remove", block_id=made, **here)
        cast.booked(cast.tomorrow_at(10) + timedelta(minutes=20))
        answer = ines.send("staff.blocks.restore", block_id=made, **here)
        assert answer.status_code == 303 and "/stranded/" in answer.location
