"""Stranding for tests: a doctor's day away, and what the worker does about it."""

import sqlalchemy as sa

from clinic.actions import blocks, stranding_offers, strandings
from clinic.models.strandings import StrandedVisit, Stranding
from clinic.work.handlers import run


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
