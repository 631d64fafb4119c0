"""Whether somebody is at Rose Street's desk, at whatever hour the tests run."""

from datetime import UTC, datetime, time, timedelta

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from clinic.db import now
from clinic.models.closures import Closure
from clinic.models.providers import Provider
from clinic.models.schedule import Availability

NIGHT = "Dr Nora Night"


def attended(session, cast):
    """A doctor whom nobody can book has hours day and night, so somebody is there to call."""
    if session.scalar(sa.select(sa.exists().where(Provider.display_name == NIGHT))):
        return
    facts = {"clinic_id": cast.rose.id, "id": uuid7()}
    session.add(Provider(**facts, user_id=cast.ines.user.id, display_name=NIGHT, approved_at=datetime.now(UTC)))
    session.flush()
    whose, hours = (
        {"clinic_id": cast.rose.id, "provider_id": facts["id"]},
        {"start_time": time(0), "end_time": time.max},
    )
    session.add_all(Availability(**whose, **hours, weekday=day) for day in range(7))
    session.commit()


def left(session, cast, hours=2):
    """Nobody is there for some hours from now."""
    begins = now() - timedelta(hours=1)
    ends = now() + timedelta(hours=hours)
    session.add(Closure(clinic_id=cast.rose.id, id=uuid7(), starts_at=begins, ends_at=ends, title="Nobody is there"))
    session.commit()
    return ends
