"""Stranding for tests: two visits, a doctor's day away or other hours, and what the worker does about it."""

import pytest
import sqlalchemy as sa

from clinic.actions import blocks, stranding_offers, strandings
from clinic.models.notifications import Notification, NotificationKind
from clinic.models.schedule import Availability
from clinic.models.strandings import StrandedVisit, Stranding
from clinic.work.handlers import run


@pytest.fixture(name="visits")
def two_visits(cast):
    """Dr Osei's visits of tomorrow: Tom's at ten and Maya's at four."""
    return cast.booked(cast.tomorrow_at(10)), cast.booked(cast.tomorrow_at(16), patient=cast.maya_patient)


@pytest.fixture(name="row")
def hours_row(session, cast, visits):
    """Dr Osei's weekly hours of tomorrow's weekday, nine to five."""
    weekday = (cast.tomorrow_at(12).weekday() + 1) % 7
    own = Availability.provider_id == cast.dr_osei.id, Availability.weekday == weekday
    return session.scalars(sa.select(Availability).where(*own)).one()


def leave(session, cast, first=9, last=17):
    """Block Dr Osei's hours of tomorrow."""
    begins, ends = cast.tomorrow_at(first), cast.tomorrow_at(last)
    blocks.add(cast.dr_osei, begins, ends, zone="Europe/London", by=cast.ines.actor)
    session.commit()
    stranding_id = strandings.opened(session)
    return stranding_id and session.get(Stranding, (cast.rose.id, stranding_id))


def work(app, session, stranding, job="strandings.propose"):
    """Have the worker do it, and look again."""
    run(app, job, {"clinic_id": str(stranding.clinic_id), "stranding_id": str(stranding.id)})
    session.rollback()
    session.expire_all()
    rows = sa.select(StrandedVisit).where(StrandedVisit.stranding_id == stranding.id)
    return session.scalars(rows.order_by(StrandedVisit.starts_at)).all()


def affected(session, stranding):
    """The ids of the visits it strands, soonest first."""
    rows = sa.select(StrandedVisit).where(StrandedVisit.stranding_id == stranding.id)
    return [row.visit_id for row in session.scalars(rows.order_by(StrandedVisit.starts_at))] if stranding else []


def send_all(app, session, cast, stranding):
    """Have times proposed and every proposal sent."""
    work(app, session, stranding)
    stranding_offers.send_all(stranding, by=cast.amara.actor)
    session.commit()
    return work(app, session, stranding, "strandings.send")


def change(session, cast, do, *about, **details):
    """Change the hours; returns the stranding that this opened, if it did."""
    do(*about, cast.dr_osei, by=cast.ines.actor, **details)
    session.commit()
    session.expire_all()
    found = strandings.opened(session)
    return found and session.get(Stranding, (cast.rose.id, found))


def told(session):
    """The ids of the visits of which it is told that they take place after all."""
    kinds = sa.select(Notification.visit_id).where(Notification.kind == NotificationKind.RESTORED)
    return session.scalars(kinds).all()
