"""Jobs about stranded visits: looking for better times and sending the proposals, a few at a time."""

from datetime import timedelta

import sqlalchemy as sa

from clinic import bell, jobs
from clinic.actions import stranding_offers
from clinic.db import now
from clinic.models.strandings import StrandedStatus, StrandedVisit, Stranding
from clinic.work.handlers import handles

# So many visits one job cares for before it lets others have their turn.
AT_ONCE = 20
# Somebody at the desk was just working on one of the visits.
AGAIN = timedelta(seconds=20)


@handles("strandings.propose")
def propose(session, *, by, stranding_id):
    """Hold a better time for each visit that waits for one; every one is kept as soon as it is held."""
    stranding = session.get(Stranding, (by.clinic_id, stranding_id))
    if stranding is None or stranding.undone_at:
        return
    if _some(session, stranding, stranding_offers.propose_next, by):
        _go_on(session, "strandings.propose", stranding)
    elif _is_any_waiting(session, stranding):
        _go_on(session, "strandings.propose", stranding, at=now() + AGAIN)
    else:
        stranding.prepared_at = now()
        bell.ring(session, stranding.clinic_id, stranding_offers.TOPIC)


@handles("strandings.send")
def send(session, *, by, stranding_id):
    """Send the proposals that are ready; every one is sent as soon as it is committed, and none twice."""
    stranding = session.get(Stranding, (by.clinic_id, stranding_id))
    if stranding is None or stranding.undone_at:
        return
    if _some(session, stranding, stranding_offers.send_next, by):
        _go_on(session, "strandings.send", stranding)
    else:
        stranding.sent_at = now()
        bell.ring(session, stranding.clinic_id, stranding_offers.TOPIC)


@handles("strandings.propose_anew")
def propose_anew(session, *, by, offer_id):
    """Have another time looked for in place of a proposed one that was closed since."""
    row = session.scalars(
        sa.select(StrandedVisit)
        .where(StrandedVisit.offer_id == offer_id, StrandedVisit.status == StrandedStatus.PROPOSED)
        .with_for_update(of=StrandedVisit)
    ).one_or_none()
    if row is not None and row.stranding.undone_at is None:
        row.status, row.stranding.prepared_at = StrandedStatus.WAITING, None
        _go_on(session, "strandings.propose", row.stranding)
        bell.ring(session, row.clinic_id, stranding_offers.TOPIC)


def _some(session, stranding, verb, by):
    """Do it for a few visits, one transaction each; True where there may be more."""
    for _each in range(AT_ONCE):
        if not verb(session, stranding, by=by):
            return False
        session.commit()
    return True


def _is_any_waiting(session, stranding):
    waiting = sa.exists().where(
        StrandedVisit.stranding_id == stranding.id, StrandedVisit.status == StrandedStatus.WAITING
    )  # fmt: skip
    return session.scalar(sa.select(waiting))


def _go_on(session, name, stranding, at=None):
    jobs.put(session, name, at=at, clinic_id=stranding.clinic_id, stranding_id=stranding.id)
