"""Open times are right: the one statement agrees with a plain reference on random schedules.

`make test` draws a few hundred, always the same; `make opentimes` draws 10,000 new ones.
"""

import os
from datetime import time, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.models.organizations import Clinic
from clinic.queries.limits import is_enough
from clinic.queries.open_times import first_times, fits, nearest_open, open_times
from tests.queries.reference import instant
from tests.queries.schedules import schedules, write

IN_FULL = "SCHEDULES" in os.environ
DRAWN = settings(
    max_examples=int(os.environ.get("SCHEDULES", "200")), deadline=None, derandomize=not IN_FULL, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


@pytest.fixture
def ground(session, cast):
    """Rose Street in one transaction, which every schedule is written into and taken out of again."""
    return SimpleNamespace(
        session=session, cast=cast, now=session.scalar(sa.select(sa.func.now())), tom=cast.tom.id,
        people=(cast.amara.user.id, cast.maya.user.id), types=(cast.consultation.id, cast.follow_up.id),
    )  # fmt: skip


@pytest.mark.timeout(3600 if IN_FULL else 300)
@DRAWN
@given(st.data())
def test_the_statement_agrees_with_the_reference(ground, data):
    schedule = data.draw(schedules(ground.now, *ground.people, ground.types))
    with ground.session.begin_nested() as step:
        write(ground.session, ground.cast, schedule, ground.tom)
        ground.session.connection().execute(sa.update(Clinic.__table__).values(timezone=schedule.zone.key))
        found = _asked(ground, schedule)
        once, near = _asked(ground, schedule, first_times), _asked(ground, schedule, _nearest)
        surely = [_is_bookable(ground, schedule, *each[:2]) for each in found[:2]]
        step.rollback()
    assert found == schedule.open_times()
    assert once == schedule.first_times()
    assert near == schedule.nearest_times()
    assert all(surely)


def _asked(ground, schedule, question=open_times):
    """What the product answers: nothing where the patient has enough visits of the type, else the open times."""
    clinic, kind = _clinic(ground, schedule), SimpleNamespace(id=schedule.kind.id)
    if is_enough(ground.session, clinic.id, kind.id, ground.tom):
        return []
    found = question(
        ground.session, clinic, kind, [each.id for each in schedule.doctors], schedule.first_day, schedule.last_day,
        mode=schedule.mode, person_id=schedule.person, wanted_rooms=schedule.wanted_rooms,
        earliest=schedule.now + timedelta(minutes=schedule.kind.notice),
        latest=schedule.now + timedelta(days=schedule.kind.horizon),
    )  # fmt: skip
    return [(each.starts_at, each.provider_id, each.ends_at, each.seats) for each in found]


def _nearest(session, clinic, kind, provider_ids, first_day, last_day, **asked):
    """The three starts nearest to noon of the first day."""
    days, noon = {"first_day": first_day, "last_day": last_day}, instant(first_day, time(12), ZoneInfo(clinic.timezone))
    return nearest_open(session, clinic, kind, provider_ids, noon, once=True, **days, **asked)


def _is_bookable(ground, schedule, starts_at, provider_id):
    """Whether a booking of an open time would find it open too, in one of the ways a visit can happen."""
    known = [
        fits(
            ground.session, _clinic(ground, schedule), schedule.kind.id, provider_id, starts_at, mode=mode,
            person_id=schedule.person, wanted_rooms=schedule.wanted_rooms,
        )
        for mode in ([schedule.mode] if schedule.mode else [schedule.kind.mode] if schedule.kind.mode else MODES)
    ]  # fmt: skip
    return any(_is_open(each) for each in known if each)


MODES = ("in_person", "virtual")


def _is_open(known):
    if known.blocked or known.day_full:
        return False
    alone = known.free and known.inside_hours and known.on_grid and known.rooms_free and not known.closed
    return known.seat_in or alone


def _clinic(ground, schedule):
    return SimpleNamespace(id=ground.cast.rose.id, timezone=schedule.zone.key)
