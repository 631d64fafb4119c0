"""A group that is open for booking anew: whoever waits for such a time is thought of."""

import pytest
import sqlalchemy as sa

from clinic.actions import groups
from clinic.actions.groups import Group
from clinic.models.visits import CancelReason
from tests.actions.lining_up import JOBS, awake_clinic, wait  # noqa: F401 (fixture)


@pytest.fixture
def group(session, cast):
    """Three seats with Dr Osei in two days at ten."""
    wanted = Group(cast.dr_osei.id, 3, cast.consultation.id)
    return groups.publish(session, wanted, cast.tomorrow_at(10, days=2), by=cast.ines.actor)


@pytest.fixture
def looked_for(session, cast):
    """Somebody waits; the times that are to be offered to them from now on."""
    wait(session, cast)
    session.execute(sa.text("DELETE FROM procrastinate_jobs WHERE task_name = 'waitlist.offer'"))
    session.commit()
    return lambda: session.scalars(JOBS).all()


def test_one_that_was_closed_and_is_opened_again(session, cast, group, looked_for):
    groups.close(group, by=cast.ines.actor)
    assert looked_for() == []
    groups.reopen(group, by=cast.ines.actor)
    (job,) = looked_for()
    assert job["provider_id"] == str(cast.dr_osei.id)


def test_one_that_was_called_off_and_takes_place_after_all(session, cast, group, looked_for):
    gone = groups.call_off(group, CancelReason.CLINIC, by=cast.ines.actor)
    already = len(looked_for())
    groups.restore(gone, by=cast.ines.actor)
    assert len(looked_for()) == already + 1


@pytest.mark.parametrize("seats", [1, 3])
def test_not_one_that_is_full_or_closed(session, cast, group, looked_for, seats):
    if seats == 1:
        groups.update(group, capacity=1, title=None, location_id=None, by=cast.ines.actor)
        cast.booked(group.starts_at)
        session.refresh(group)
        groups.close(group, by=cast.ines.actor)
        groups.reopen(group, by=cast.ines.actor)
    else:
        groups.close(group, by=cast.ines.actor)
        groups.restore(groups.call_off(group, CancelReason.CLINIC, by=cast.ines.actor), by=cast.ines.actor)
    assert looked_for() == []
