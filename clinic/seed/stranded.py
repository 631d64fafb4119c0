"""A doctor falls ill: an afternoon's visits need another time, and two patients have been asked already."""

from datetime import timedelta

from clinic.actions import blocks, stranding_offers, strandings
from clinic.actions.acting import Actor
from clinic.db import now
from clinic.models.strandings import Stranding
from clinic.queries import affected
from clinic.queries import strandings as asked
from clinic.seed.days import CLOSES, LUNCH_ENDS

# The first afternoon from tomorrow on on which somebody has visits to lose.
DAYS, ASKED = range(1, 6), 2


def fall_ill(session, week):
    """Strand an afternoon of the first doctor who has one with visits, and send two proposals."""
    opened = week.opened
    for days in DAYS:
        for provider, _actor in opened.doctors:
            if _strand(session, opened, provider, opened.today + timedelta(days=days)):
                stranding = session.get(Stranding, (opened.clinic.id, strandings.opened(session)))
                _propose(session, week, stranding)
                return


def _strand(session, opened, provider, day):
    begins, ends = opened.at(day, LUNCH_ENDS), opened.at(day, CLOSES)
    facts = {"starts_at": begins, "ends_at": ends, "provider_id": provider.id, "location_id": None}
    if not affected.is_any(session, "span", clinic_id=opened.clinic.id, zone=opened.clinic.timezone, **facts):
        return False
    blocks.add(provider, begins, ends, zone=opened.clinic.timezone, reason="Illness", by=opened.admin)
    session.flush()
    return True


def _propose(session, week, stranding):
    by = Actor.job(stranding.clinic_id, "strandings.propose")
    while stranding_offers.propose_next(session, stranding, by=by):
        session.flush()
    stranding.prepared_at = now()
    session.flush()
    ready = asked.visits(session, stranding, asked.Stage.READY)
    for line in ready[:ASKED]:
        stranding_offers.send(asked.row(session, stranding.id, line.id), by=week.desk)
