"""Another time for a visit that cannot stay: nearest first, with its own doctor, else with others of the same type."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from clinic.db import now
from clinic.models.offers import LIVE as LIVE_OFFERS
from clinic.models.offers import SlotOffer
from clinic.models.organizations import Clinic
from clinic.models.providers import ProviderVisitType
from clinic.models.schedule import VisitType
from clinic.models.visits import LIVE, Visit
from clinic.queries.open_times import nearest_open

# How far from the lost time another is looked for; who is asked needs a day to hear of it and to answer.
BEFORE, SOON, AFTER = timedelta(days=7), timedelta(days=8), timedelta(days=28)
NOTICE = timedelta(hours=24)
MOST = 8


def better_times(session, visit, most=MOST) -> list:
    """Open times nearest to the visit's own that the patient could come to; empty where there is none.

    What overlaps another visit of the patient's, or a time that is held for them, is left out.
    """
    visit_type = visit.visit_type_id and session.get(VisitType, (visit.clinic_id, visit.visit_type_id))
    if not visit_type or visit.ends_at is None:
        return []
    taken = _taken(session, visit)
    for provider_ids in ([visit.provider_id], _others(session, visit)):
        # Most are found within days; only for the others a month is looked through.
        for within in (SOON, AFTER):
            if found := _nearest(session, visit, visit_type, provider_ids, taken, within, most):
                return found
    return []


def _nearest(session, visit, visit_type, provider_ids, taken, within, most):
    clinic = session.get(Clinic, visit.clinic_id)
    earliest, latest = max(visit.starts_at - BEFORE, now() + NOTICE), max(visit.starts_at, now()) + within
    zone = ZoneInfo(clinic.timezone)
    first, last = (moment.astimezone(zone).date() for moment in (earliest, latest))
    found = nearest_open(
        session, clinic, visit_type, sorted(provider_ids), visit.starts_at, first_day=first, last_day=last, most=most,
        mode=visit.visit_mode, earliest=earliest, latest=latest, away=taken,
    )  # fmt: skip
    return sorted(found, key=lambda time: (abs(time.starts_at - visit.starts_at), time.starts_at, time.provider_id))


def _others(session, visit):
    offering = sa.select(ProviderVisitType.provider_id).where(
        ProviderVisitType.visit_type_id == visit.visit_type_id, ProviderVisitType.provider_id != visit.provider_id
    )  # fmt: skip
    return session.scalars(offering).all()


def _taken(session, visit):
    """When the patient is somewhere else: at other visits, or where another time is held for them."""
    around = now() - timedelta(days=1)
    visits = sa.select(Visit.starts_at, Visit.ends_at).where(
        Visit.patient_id == visit.patient_id, Visit.status.in_(LIVE), Visit.starts_at > around,
        Visit.ends_at.is_not(None), Visit.id != visit.id,
    )  # fmt: skip
    offered = sa.select(SlotOffer.starts_at, SlotOffer.ends_at).where(
        SlotOffer.patient_id == visit.patient_id, SlotOffer.status.in_(LIVE_OFFERS), SlotOffer.until > now()
    )  # fmt: skip
    return session.execute(visits.union_all(offered)).all()
