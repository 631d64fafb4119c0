"""Closing a day: what is asked before, and what is made ready for the day after. Every subject adds its own checks.

``CLOSING["outcomes"] = Check(…)`` in the module of a subject's queries is all that it takes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from types import SimpleNamespace
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from clinic.db import word
from clinic.models.day_closings import ClosingStep, DayClosing
from clinic.models.visits import Visit
from clinic.queries.day import Day

# So many lines of each check stand on the page; the whole number does in any case.
SHOWN = 10
SETTLED_FROM = tuple(Visit.closing_steps)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which day of which clinic is looked at; of one doctor, where it is about their own part."""

    clinic_id: UUID
    day: Day
    provider_id: UUID | None = None

    @property
    def facts(self):
        """The same as a check's statement knows it."""
        return {
            "clinic_id": self.clinic_id, "on_date": self.day.date, "starts_at": self.day.starts_at,
            "ends_at": self.day.ends_at, "provider_id": self.provider_id,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look after: its words, the statement that finds what is open, and where it is mended.

    The statement gives rows of ``at`` (an instant or NULL), ``who``, ``what`` (words or NULL), ``visit_id`` (or NULL)
    and ``patient_id`` (or NULL), in the order of the page. It knows the parameters of ``Asked.facts``, and where
    ``provider_id`` is not NULL it keeps to what is that doctor's. ``where`` is an endpoint; ``values`` are, given
    the day, those of its address.
    """

    label: str
    clear: str
    sql: str
    where: str
    values: Callable[[date], dict] = lambda day: {"date": day.isoformat()}
    # Whether a doctor has a part in it; otherwise it is the desk's alone.
    is_doctors: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is open."""

    at: datetime | None
    who: str | None
    what: str | None
    visit_id: str | None
    patient_id: str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: the first lines, and how many there are in all."""

    name: str
    check: Check
    lines: list
    count: int


WITHOUT_OUTCOME = """SELECT v.starts_at AS at, p.full_name AS who,
       concat_ws(' · ', t.name, d.display_name) AS what, v.id AS visit_id, v.patient_id
  FROM visits AS v JOIN patients AS p ON p.clinic_id = v.clinic_id AND p.id = v.patient_id
  LEFT JOIN providers AS d ON d.clinic_id = v.clinic_id AND d.id = v.provider_id
  LEFT JOIN visit_types AS t ON t.clinic_id = v.clinic_id AND t.id = v.visit_type_id
 WHERE v.clinic_id = :clinic_id AND v.starts_at >= :starts_at AND v.starts_at < :ends_at
   AND v.status IN ('requested', 'booked', 'confirmed', 'checked_in', 'in_progress')
   AND coalesce(v.ends_at, v.starts_at) <= now()
   AND (CAST(:provider_id AS uuid) IS NULL OR v.provider_id = CAST(:provider_id AS uuid)
        OR (v.provider_id IS NULL AND v.kind = 'walk_in'))
 ORDER BY v.starts_at, v.id"""
OF_TOMORROW = """v.clinic_id = :clinic_id AND v.starts_at >= :starts_at AND v.starts_at < :ends_at
   AND v.status IN ('booked', 'confirmed')
   AND (CAST(:provider_id AS uuid) IS NULL OR v.provider_id = CAST(:provider_id AS uuid))"""
VISIT_OF = """v.starts_at AS at, p.full_name AS who, concat_ws(' · ', t.name, d.display_name) AS what,
       v.id AS visit_id, v.patient_id
  FROM visits AS v JOIN patients AS p ON p.clinic_id = v.clinic_id AND p.id = v.patient_id
  JOIN providers AS d ON d.clinic_id = v.clinic_id AND d.id = v.provider_id
  LEFT JOIN visit_types AS t ON t.clinic_id = v.clinic_id AND t.id = v.visit_type_id"""
UNCONFIRMED = f"SELECT {VISIT_OF} WHERE {OF_TOMORROW} AND v.status = 'booked' ORDER BY v.starts_at, v.id"
# The same doctor, or the same patient, is to be in two places at once.
TWICE = f"""SELECT {VISIT_OF} WHERE {OF_TOMORROW} AND EXISTS (
       SELECT 1 FROM visits AS o WHERE o.clinic_id = v.clinic_id AND o.id <> v.id
          AND o.status IN ('booked', 'confirmed') AND o.starts_at < v.ends_at AND o.ends_at > v.starts_at
          AND o.starts_at >= CAST(:starts_at AS timestamptz) - interval '24 hours' AND o.starts_at < :ends_at
          AND (o.patient_id = v.patient_id OR (o.provider_id = v.provider_id AND o.slot_id <> v.slot_id)))
 ORDER BY v.starts_at, v.id"""
# Visits that lie on a day on which their doctor has no hours at all, or is away for all that is known.
WITHOUT_HOURS = f"""SELECT {VISIT_OF} WHERE {OF_TOMORROW} AND (
       EXISTS (SELECT 1 FROM slots AS b WHERE b.clinic_id = v.clinic_id AND b.provider_id = v.provider_id
          AND b.kind = 'blocked' AND b.starts_at < v.ends_at AND b.ends_at > v.starts_at
          AND b.starts_at > v.starts_at - interval '24 hours')
    OR NOT EXISTS (SELECT 1 FROM availabilities AS a WHERE a.clinic_id = v.clinic_id AND a.provider_id = v.provider_id
          AND a.status = 'active' AND (a.on_date = :on_date
               OR (a.weekday = extract(dow FROM CAST(:on_date AS date))
                   AND coalesce(a.valid_from, :on_date) <= :on_date
                   AND coalesce(a.valid_until, :on_date) >= :on_date))))
 ORDER BY v.starts_at, v.id"""
WITHOUT_ROOM = f"""SELECT {VISIT_OF} WHERE {OF_TOMORROW} AND v.visit_mode = 'in_person' AND EXISTS (
       SELECT 1 FROM visit_type_needs AS n WHERE n.clinic_id = v.clinic_id AND n.visit_type_id = v.visit_type_id
          AND NOT EXISTS (SELECT 1 FROM slot_rooms AS s
                            JOIN rooms AS r ON r.clinic_id = s.clinic_id AND r.id = s.room_id
                           WHERE s.clinic_id = v.clinic_id AND s.slot_id = v.slot_id
                             AND r.room_kind_id = n.room_kind_id AND r.status = 'active'))
 ORDER BY v.starts_at, v.id"""


def _unconfirmed_of(day):
    return {"date": day.isoformat(), "status": "booked", "view": "list"}


# What is looked at before a day is signed off, by name and in this order.
CLOSING: dict[str, Check] = {
    "outcomes": Check(
        word("Visits without an outcome"), word("Every visit has its outcome."), WITHOUT_OUTCOME,
        "staff.day_closing.outcomes",
    ),
}  # fmt: skip
# What is looked at for the day after.
READINESS: dict[str, Check] = {
    "unconfirmed": Check(
        word("Visits nobody has confirmed"), word("Everybody has said that they will come."), UNCONFIRMED,
        "staff.day.index", _unconfirmed_of,
    ),
    "twice": Check(
        word("Two visits at one time"), word("Nobody is to be in two places at once."), TWICE, "staff.day.index",
    ),
    "hours": Check(
        word("Visits when the doctor is away or has no hours"), word("Every doctor is here for their visits."),
        WITHOUT_HOURS, "staff.day.index",
    ),
    "rooms": Check(
        word("Visits without the room they need"), word("Every visit has its room."), WITHOUT_ROOM, "staff.day.index",
    ),
}  # fmt: skip


def find(session, checks: dict[str, Check], asked: Asked, most=SHOWN) -> list[Finding]:
    """What each check finds; one statement a check, however much is open."""
    return [_found(session, name, check, asked, most) for name, check in checks.items() if _is_theirs(check, asked)]


def _found(session, name, check, asked, most):
    statement = sa.text(f"SELECT x.*, count(*) OVER () AS total FROM ({check.sql}) AS x LIMIT :most")
    rows = session.connection().execute(statement, asked.facts | {"most": most}).all()
    lines = [Line(row.at, row.who, row.what, _id(row.visit_id), _id(row.patient_id)) for row in rows]
    return Finding(name, check, lines, rows[0].total if rows else 0)


def _is_theirs(check, asked):
    return check.is_doctors or asked.provider_id is None


def _id(value):
    return str(value) if value else None


# A visit that is going on is its doctor's to complete, and is not asked about.
ASKED_ABOUT = sa.text(
    f"""SELECT x.*, v.status, v.provider_id FROM ({WITHOUT_OUTCOME}) AS x
  JOIN visits AS v ON v.clinic_id = :clinic_id AND v.id = x.visit_id
 ORDER BY x.at, x.visit_id LIMIT :most OFFSET :skipped"""
)


def without_outcome(session, asked: Asked, skipped, most):
    """Visits of the day that are over and have no outcome, in the order of their time, with where each stands."""
    facts = asked.facts | {"skipped": skipped, "most": most}
    rows = session.connection().execute(ASKED_ABOUT, facts).all()
    return [SimpleNamespace(**row._mapping, may_settle=row.status in SETTLED_FROM) for row in rows]


def counts(session, asked: Asked) -> dict[str, int]:
    """How much of each check is open before the day is closed, without what is clear."""
    found = find(session, CLOSING, asked, most=1)
    return {each.name: each.count for each in found if each.count}


def last_closing(session, on_date: date, provider_id=None) -> DayClosing | None:
    """The last thing that was done with the day, by the clinic or in the doctor's own part; None where nothing was."""
    return session.scalars(
        sa.select(DayClosing)
        .where(DayClosing.on_date == on_date, DayClosing.provider_id.is_not_distinct_from(provider_id))
        .order_by(DayClosing.number.desc())
        .limit(1)
        .options(joinedload(DayClosing.signed_by))
    ).first()


def history(session, on_date: date) -> list[DayClosing]:
    """Every signature under the day, the newest first; at most a hundred."""
    return session.scalars(
        sa.select(DayClosing)
        .where(DayClosing.on_date == on_date)
        .order_by(DayClosing.created_at.desc(), DayClosing.id)
        .limit(100)
        .options(joinedload(DayClosing.signed_by), joinedload(DayClosing.provider))
    ).all()


def is_closed(session, on_date: date) -> bool:
    """Whether the clinic has signed the day off and nobody has opened it again."""
    last = last_closing(session, on_date)
    return last is not None and last.step == ClosingStep.CLOSED


def day_of(visit) -> date:
    """The day of the calendar on which the visit is."""
    return visit.starts_at.astimezone(ZoneInfo(visit.timezone)).date()


# Whatever is still to come today; a day with one of them cannot be closed yet.
TO_COME = sa.text(
    """SELECT EXISTS (SELECT 1 FROM visits AS v WHERE v.clinic_id = :clinic_id AND v.starts_at > now()
          AND v.starts_at < :ends_at AND v.status IN ('requested', 'booked', 'confirmed', 'checked_in')
          AND (CAST(:provider_id AS uuid) IS NULL OR v.provider_id = CAST(:provider_id AS uuid)))"""
)


def has_more_to_come(session, asked: Asked) -> bool:
    """Whether somebody is still expected on the day."""
    facts = {"clinic_id": asked.clinic_id, "ends_at": asked.day.ends_at, "provider_id": asked.provider_id}
    return session.connection().execute(TO_COME, facts).scalar()
