"""What a clinic's public page tells: doctors, visit types, next open times; as many queries however large it is."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from clinic.db import now
from clinic.models.providers import Provider, ProviderVisitType
from clinic.models.schedule import BookingRule, VisitType
from clinic.queries.open_times import OPEN_TIMES, patient_window
from clinic.queries.portal_offers import WITH_DOCTORS

MOST_DOCTORS = 60
MOST_TYPES = 40
# Each visit type that is looked up costs one statement. What nobody looked up, the page says nothing of.
MOST_LOOKED_UP = 4
DAYS_AHEAD = 14
TIMES_EACH = 3
# Counted out in the database: a fortnight of sixty doctors is twenty thousand starts, of which three each are shown.
NEXT_TIMES = sa.text(
    f"""SELECT ranked.provider_id, ranked.starts_at FROM (
    SELECT times.*, row_number() OVER (PARTITION BY times.provider_id ORDER BY times.starts_at) AS nth
      FROM ({OPEN_TIMES.text}) AS times) AS ranked
 WHERE ranked.nth <= :each ORDER BY ranked.starts_at, ranked.provider_id"""
)


AT_WORK = "p.clinic_id = :clinic_id AND p.approved_at IS NOT NULL AND p.is_active"
WORDS = sa.text(
    f"""SELECT ARRAY(SELECT DISTINCT word FROM providers AS p CROSS JOIN unnest(p.specialties) AS word
             WHERE {AT_WORK} ORDER BY word) AS specialties,
       ARRAY(SELECT DISTINCT word FROM providers AS p CROSS JOIN unnest(p.languages) AS word
             WHERE {AT_WORK} ORDER BY word) AS languages"""
)


@dataclass(frozen=True, slots=True)
class NextTime:
    """One open start, with its day on the clinic's calendar."""

    starts_at: datetime
    day: date


@dataclass
class Doctor:
    """A doctor on the page: the row, the visit types they offer, their next open times of one of these.

    Without any: the first of their types that was not looked up, ``unseen``, may have some all the same.
    """

    provider: Provider
    offers: list = field(default_factory=list)
    shown: VisitType | None = None
    times: list = field(default_factory=list)
    unseen: VisitType | None = None


def visit_types(session):
    """The visit types a patient can book with some doctor, in the clinic's order."""
    return session.scalars(
        sa.select(VisitType)
        .where(VisitType.is_active, VisitType.booking != BookingRule.OFF, VisitType.id.in_(WITH_DOCTORS))
        .order_by(VisitType.position, VisitType.name)
        .limit(MOST_TYPES)
    ).all()


def words_of_doctors(session, clinic_id):
    """The specialties of the clinic's doctors and the languages they speak, each by name."""
    return session.connection().execute(WORDS, {"clinic_id": clinic_id}).one()


def doctors(session, clinic, types, specialty=None, language=None) -> list[Doctor]:
    """The approved doctors at work, by name, each with their next open times on the clinic's calendar.

    With a specialty or a language only those who have it.
    """
    wanted = [
        sa.literal(word) == sa.any_(column)
        for word, column in ((specialty, Provider.specialties), (language, Provider.languages)) if word
    ]  # fmt: skip
    rows = session.scalars(
        sa.select(Provider)
        .where(Provider.approved_at.is_not(None), Provider.is_active, *wanted)
        .order_by(Provider.display_name, Provider.id)
        .limit(MOST_DOCTORS)
    ).all()
    shown = {row.id: Doctor(row) for row in rows}
    by_id = {each.id: each for each in types}
    pairs = session.execute(
        sa.select(ProviderVisitType.provider_id, ProviderVisitType.visit_type_id).where(
            ProviderVisitType.provider_id.in_(list(shown)), ProviderVisitType.visit_type_id.in_(list(by_id))
        )
    ).all()
    offered = {(row.provider_id, row.visit_type_id) for row in pairs}
    for doctor in shown.values():
        doctor.offers = [each for each in types if (doctor.provider.id, each.id) in offered]
    _add_times(session, clinic, types, list(shown.values()))
    return list(shown.values())


def _add_times(session, clinic, types, people):
    """Look the first few types up that matter, each for every doctor who has none shown yet."""
    zone = ZoneInfo(clinic.timezone)
    today = now().astimezone(zone).date()
    left = MOST_LOOKED_UP
    for visit_type in types:
        asked = {each.provider.id: each for each in people if not each.times and visit_type in each.offers}
        if not asked:
            continue
        if not left:
            for each in asked.values():
                each.unseen = each.unseen or visit_type
            continue
        left -= 1
        earliest, latest = patient_window(visit_type)
        found = session.connection().execute(
            NEXT_TIMES,
            {
                "clinic_id": clinic.id, "visit_type_id": visit_type.id, "provider_ids": list(asked),
                "first_day": today, "last_day": today + timedelta(days=DAYS_AHEAD), "zone": zone.key,
                "mode": visit_type.visit_mode, "person_id": None, "earliest": earliest, "latest": latest, "most": None,
                "each": TIMES_EACH, "wanted_rooms": [],
            },
        )  # fmt: skip
        for row in found:
            doctor = asked[row.provider_id]
            doctor.shown = visit_type
            doctor.times.append(NextTime(row.starts_at, row.starts_at.astimezone(zone).date()))
