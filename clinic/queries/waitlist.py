"""The waiting list: who is next for a time that became free, who waits, what is offered, and what it has saved."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from clinic.db import now
from clinic.models.offers import LIVE, OfferPurpose, SlotOffer
from clinic.models.organizations import Clinic, Location
from clinic.models.patients import Patient
from clinic.models.providers import Provider
from clinic.models.visits import Visit, VisitStatus
from clinic.models.waitlist import ON_THE_LIST, WaitlistEntry, WaitStatus
from clinic.queries.places import in_span
from clinic.walltime import bounds, today

PAGE = 100
HOLD_SETTING, HOLD_MINUTES = "waitlist_hold_minutes", 20
# The visit that somebody who waits wants earlier: the one that was named or, where none was, the first one of that type
# that they have since they wait, with a doctor who would do.
OWN = """SELECT v.id, v.starts_at, v.visit_mode,
       v.status IN ('requested', 'booked', 'confirmed') AND v.starts_at > now() AS may_move
  FROM visits AS v
 WHERE v.clinic_id = w.clinic_id AND v.patient_id = w.patient_id
   AND CASE WHEN w.visit_id IS NULL
            THEN v.visit_type_id = w.visit_type_id AND v.starts_at > w.joined_at
                 AND v.status NOT IN ('cancelled', 'no_show') AND coalesce(v.provider_id = ANY (w.provider_ids), true)
            ELSE v.id = w.visit_id END
 ORDER BY v.starts_at, v.id LIMIT 1"""
OWN_OF = sa.text(
    f"""SELECT w.id AS entry_id, v.* FROM waitlist_entries AS w CROSS JOIN LATERAL ({OWN}) AS v
 WHERE w.clinic_id = ANY (:clinic_ids) AND w.id = ANY (:entry_ids)"""
)
# The order of the line: what the desk called urgent first, then who has waited longest; see docs/decisions.
# Who is being offered something at this moment by another job is skipped, not waited for. A time that somebody has
# turned down or left unanswered is not offered to them again; nor is anything to somebody who has a time as early.
WOULD_SUIT = f"""FROM waitlist_entries AS w
  JOIN patients AS p ON p.clinic_id = w.clinic_id AND p.id = w.patient_id AND p.deleted_at IS NULL
   AND num_nonnulls(p.deceased_at, p.merged_into_id, p.erased_at) = 0
  LEFT JOIN LATERAL ({OWN}) AS v ON true
 WHERE w.clinic_id = :clinic_id
   AND w.earliest_on <= :last_day AND w.latest_on >= :first_day
   AND coalesce(w.weekdays && CAST(:weekdays AS smallint[]), true)
   AND coalesce(w.from_time < CAST(:until_time AS time), true)
   AND coalesce(w.until_time > CAST(:from_time AS time), true)
   AND coalesce(CAST(:provider_id AS uuid) = ANY (w.provider_ids), true)
   AND EXISTS (SELECT 1 FROM provider_visit_types AS t WHERE t.clinic_id = w.clinic_id
                  AND t.provider_id = :provider_id AND t.visit_type_id = w.visit_type_id)
   AND (w.location_id IS NULL OR w.location_id = ANY (CAST(:location_ids AS uuid[])))
   AND (w.visit_id IS NULL AND v.id IS NULL OR v.may_move AND v.starts_at > :starts_at)"""
LINE = sa.text(
    f"""SELECT w.id, v.id AS visit_id, v.starts_at AS visit_starts_at, v.visit_mode AS mode_of_visit,
       ARRAY(SELECT o.starts_at FROM slot_offers AS o
              WHERE o.clinic_id = w.clinic_id AND o.waitlist_entry_id = w.id AND o.provider_id = :provider_id) AS had
  {WOULD_SUIT} AND w.status = 'waiting'
   AND NOT EXISTS (SELECT 1 FROM slot_offers AS o WHERE o.clinic_id = w.clinic_id AND o.patient_id = w.patient_id
                      AND o.status IN ('prepared', 'sent') AND o.until > now() AND o.purpose <> 'stranded')
 ORDER BY w.priority DESC, w.joined_at, w.id LIMIT :most
   FOR NO KEY UPDATE OF w SKIP LOCKED"""
)
# Until when the first of those whom the time would suit, too, thinks about another one that is offered to them.
THINKS_UNTIL = sa.text(
    f"""SELECT min(o.until) FROM (SELECT w.clinic_id, w.patient_id {WOULD_SUIT}
   AND w.status IN ('waiting', 'offered')) AS w
  JOIN slot_offers AS o ON o.clinic_id = w.clinic_id AND o.patient_id = w.patient_id AND o.purpose <> 'stranded'
   AND o.status IN ('prepared', 'sent') AND o.until > now()
 WHERE NOT (o.provider_id = :provider_id AND o.starts_at < :ends_at AND o.ends_at > :starts_at)"""
)
# The time that was kept in vain for each of these, to come still, because nobody reached them on the phone.
MISSED = sa.text(
    """SELECT DISTINCT ON (o.waitlist_entry_id) o.waitlist_entry_id, o.starts_at
  FROM slot_offers AS o
  JOIN notifications AS n ON n.clinic_id = o.clinic_id AND n.offer_id = o.id AND n.kind = 'offer'
   AND n.desk_since IS NOT NULL AND n.desk_done_at IS NULL
 WHERE o.clinic_id = ANY (:clinic_ids) AND o.waitlist_entry_id = ANY (:entry_ids) AND o.status = 'lapsed'
   AND o.starts_at > now()
 ORDER BY o.waitlist_entry_id, o.id DESC"""
)
SAVED = sa.text(
    """SELECT count(*) FILTER (WHERE answered_at >= :week) AS week_times,
       coalesce(sum(extract(epoch FROM ends_at - starts_at) / 60) FILTER (WHERE answered_at >= :week), 0)::int
           AS week_minutes,
       count(*) AS month_times, coalesce(sum(extract(epoch FROM ends_at - starts_at) / 60), 0)::int AS month_minutes
  FROM slot_offers
 WHERE clinic_id = :clinic_id AND purpose = 'waitlist' AND status = 'accepted'
   AND answered_at >= least(CAST(:week AS timestamptz), :month)"""
)


@dataclass(frozen=True, slots=True)
class Freed:
    """A doctor's time that became free, between two instants."""

    clinic_id: UUID
    provider_id: UUID
    starts_at: datetime
    ends_at: datetime

    def since(self, moment):
        """What is left of it from a moment on."""
        return Freed(self.clinic_id, self.provider_id, max(self.starts_at, moment), self.ends_at)

    def days(self, zone):
        """The first and the last of its days on the zone's calendar."""
        last = self.ends_at - timedelta(microseconds=1)
        return self.starts_at.astimezone(zone).date(), max(last, self.starts_at).astimezone(zone).date()


def line(session, freed: Freed, zone: str, most):
    """The next in line for the time, locked, in the fair order: each with a row of what is known of it.

    The row says which starts it was offered before (``had``), and its visit that would move (``visit_id``,
    ``visit_starts_at``, ``mode_of_visit``) or None. It is a rough choice; which start suits each is for
    ``WaitlistEntry.suits``.
    """
    rows = session.connection().execute(LINE, {**_wanted(session, freed, zone), "most": most}).all()
    found = sa.select(WaitlistEntry).where(WaitlistEntry.id.in_([row.id for row in rows]))
    found = found.options(*SHOWN)
    # Read again: they were locked only now.
    entries = {each.id: each for each in session.scalars(found.execution_options(populate_existing=True))}
    return [(entries[row.id], row) for row in rows]


def thinks_until(session, freed: Freed, zone: str) -> datetime | None:
    """When somebody whom the time would suit has to answer what else is offered to them; None where nobody has to."""
    wanted = {**_wanted(session, freed, zone), "ends_at": freed.ends_at}
    return session.connection().execute(THINKS_UNTIL, wanted).scalar()


def _wanted(session, freed, zone):
    places, zone = in_span(session, freed, zone, *freed.days(ZoneInfo(zone))), ZoneInfo(zone)
    first, last = freed.days(zone)
    one_day, many = first == last, min((last - first).days, 6)
    return {
        "clinic_id": freed.clinic_id, "provider_id": freed.provider_id, "starts_at": freed.starts_at,
        "first_day": first, "last_day": last, "location_ids": places,
        "weekdays": [(first + timedelta(days=ahead)).isoweekday() % 7 for ahead in range(many + 1)],
        "from_time": freed.starts_at.astimezone(zone).time() if one_day else None,
        "until_time": freed.ends_at.astimezone(zone).time() if one_day else None,
    }  # fmt: skip


def hold_for(settings) -> timedelta:
    """How long a time that became free is kept for who it is offered to, out of a clinic's settings."""
    return timedelta(minutes=settings.get(HOLD_SETTING, HOLD_MINUTES))


SHOWN = (joinedload(WaitlistEntry.patient), joinedload(WaitlistEntry.visit_type), joinedload(WaitlistEntry.visit))


def entry_of(session, entry_id):
    """One entry with what a page shows of it, or None where it is not in reach."""
    return session.scalars(sa.select(WaitlistEntry).where(WaitlistEntry.id == entry_id).options(*SHOWN)).one_or_none()


def board(session, number):
    """One page of those who wait and one row more, in the order in which they are offered a time."""
    found = sa.select(WaitlistEntry).where(WaitlistEntry.status == WaitStatus.WAITING).options(*SHOWN)
    found = found.order_by(WaitlistEntry.priority.desc(), WaitlistEntry.joined_at, WaitlistEntry.id)
    return session.scalars(found.offset((number - 1) * PAGE).limit(PAGE + 1)).all()


def live_offers(session, entry_id=None):
    """What is offered to people of the waiting list right now, what ends first on top; at most a page."""
    found = sa.select(SlotOffer).where(
        SlotOffer.purpose == OfferPurpose.WAITLIST, SlotOffer.status.in_(LIVE), SlotOffer.until > now()
    )
    if entry_id:
        found = found.where(SlotOffer.waitlist_entry_id == entry_id)
    shown = joinedload(SlotOffer.patient), joinedload(SlotOffer.provider), joinedload(SlotOffer.visit_type)
    return session.scalars(found.order_by(SlotOffer.until, SlotOffer.id).options(*shown).limit(PAGE)).all()


def live_offer(session, entry):
    """The offer that waits for an answer of this entry's patient, or None."""
    return next(iter(live_offers(session, entry.id)), None) if entry.status == WaitStatus.OFFERED else None


def entries_of_patients(session, patient_ids=None, most=20):
    """Who of these patients (or of all in reach) is on the list, the longest waiting first."""
    found = sa.select(WaitlistEntry).where(WaitlistEntry.status.in_(ON_THE_LIST)).options(*SHOWN)
    if patient_ids is not None:
        found = found.where(WaitlistEntry.patient_id.in_(patient_ids))
    return session.scalars(found.order_by(WaitlistEntry.joined_at, WaitlistEntry.id).limit(most)).all()


def entry_for(session, patient_id, visit_type_id):
    """The patient's place in the line of this visit type, or None."""
    return session.scalars(
        sa.select(WaitlistEntry).where(
            WaitlistEntry.patient_id == patient_id, WaitlistEntry.visit_type_id == visit_type_id,
            WaitlistEntry.status.in_(ON_THE_LIST),
        )
    ).one_or_none()  # fmt: skip


def own_visits(session, entries) -> dict:
    """The visits that these want earlier, by the entries' ids: ``id``, ``starts_at`` and whether it ``may_move``."""
    return {row.entry_id: row for row in session.connection().execute(OWN_OF, _ids_of(entries))} if entries else {}


def missed(session, entries) -> dict:
    """The times that were kept for these in vain because nobody reached them on the phone, by the entries' ids."""
    return dict(session.connection().execute(MISSED, _ids_of(entries)).all()) if entries else {}


def _ids_of(entries):
    return {"clinic_ids": list({each.clinic_id for each in entries}), "entry_ids": [each.id for each in entries]}


def places(session):
    """The clinic's places by name."""
    return session.scalars(sa.select(Location).order_by(Location.name)).all()


def visits_to_come(session, patient_id):
    """The patient's visits that could be made earlier, soonest first; at most twenty."""
    found = sa.select(Visit).where(Visit.patient_id == patient_id, _still_to_come())
    return session.scalars(found.order_by(Visit.starts_at, Visit.id).limit(20)).all()


def doctors_of(session, entries) -> dict:
    """What the doctors are called whom these entries name, by id."""
    ids = {each for entry in entries for each in entry.provider_ids or ()}
    return dict(session.execute(sa.select(Provider.id, Provider.display_name).where(Provider.id.in_(ids))).all())


def over(session, day, most=500):
    """Who waits although their days are past, their visit is not to come any more, or nobody may be offered them."""
    w = WaitlistEntry
    gone = sa.func.num_nonnulls(Patient.deceased_at, Patient.merged_into_id, Patient.erased_at, Patient.deleted_at) > 0
    is_visit_over = sa.and_(w.visit_id.is_not(None), sa.not_(w.visit.has(_still_to_come())))
    found = sa.select(w).join(w.patient).where(w.status == WaitStatus.WAITING)
    found = found.where(sa.or_(w.latest_on < day, gone, is_visit_over)).order_by(w.latest_on, w.id).limit(most)
    return session.scalars(found.with_for_update(key_share=True, of=w, skip_locked=True)).all()


def _still_to_come():
    return sa.and_(Visit.status.in_((VisitStatus.BOOKED, VisitStatus.CONFIRMED)), Visit.starts_at > now())


def saved(session, clinic_id, timezone):
    """How many times were refilled this week and this month, and how many minutes of the doctors' time they last."""
    zone = ZoneInfo(timezone)
    day = today(zone)
    monday, first = bounds(day - timedelta(days=day.weekday()), zone)[0], bounds(day.replace(day=1), zone)[0]
    return session.connection().execute(SAVED, {"clinic_id": clinic_id, "week": monday, "month": first}).one()


def settings_of(session, clinic_id):
    """The clinic's settings."""
    return session.scalar(sa.select(Clinic.settings).where(Clinic.id == clinic_id)) or {}
