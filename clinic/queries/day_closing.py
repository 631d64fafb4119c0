"""Closing a day: what is asked before, and what is made ready for the day after. Every subject adds its own checks.

``CLOSING["outcomes"] = Check(…)`` in a module that is imported anyway is all that it takes; the first of them are in
``queries/day_checks.py``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import joinedload

from clinic.db import now
from clinic.models.day_closings import ClosingStep, DayClosing
from clinic.models.visits import VisitStatus
from clinic.queries.day import Day
from clinic.queries.open_parts import ON_DAY, ONLY_ONE, opens_and_closes

# So many lines of each check stand on the page; the whole number does in any case.
SHOWN = 10
# How far the next day of work is looked for: further than a clinic is closed in summer.
DAYS_AHEAD = 60


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


# What is looked at before a day is signed off, and what for the day after; by name, in the order of the page.
CLOSING: dict[str, Check] = {}
READINESS: dict[str, Check] = {}


def every_check():
    """Each check there is, as name and check."""
    return [*CLOSING.items(), *READINESS.items()]


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


def closed_parts(session, on_date: date) -> list[DayClosing]:
    """The signatures that hold: the clinic's, and those of doctors under their own parts."""
    last = (
        sa.select(DayClosing.id)
        .where(DayClosing.on_date == on_date)
        .ext(distinct_on(DayClosing.provider_id))
        .order_by(DayClosing.provider_id, DayClosing.number.desc())
    )
    closed = sa.select(DayClosing).where(DayClosing.id.in_(last), DayClosing.step == ClosingStep.CLOSED)
    return session.scalars(closed.order_by(DayClosing.created_at, DayClosing.id).limit(500)).all()


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


# The visits of the day, or of a doctor's part of it, of which nobody has said what became. Each is over or it is not:
# before its end it is to come, from then on it is asked about (in ``queries/day_checks.py``).
UNSETTLED = """v.clinic_id = :clinic_id AND v.starts_at >= :starts_at AND v.starts_at < :ends_at
   AND v.status IN ('requested', 'booked', 'confirmed', 'checked_in', 'in_progress')
   AND (CAST(:provider_id AS uuid) IS NULL OR v.provider_id = CAST(:provider_id AS uuid)
        OR (v.provider_id IS NULL AND v.kind = 'walk_in'))"""
IS_OVER = "coalesce(v.ends_at, v.starts_at) <= now()"
# Nobody can tell by the clock that these have left.
HERE = (VisitStatus.CHECKED_IN, VisitStatus.IN_PROGRESS)
# Whatever is still to come or going on; a day with one of them cannot be closed yet.
TO_COME = sa.text(f"SELECT EXISTS (SELECT 1 FROM visits AS v WHERE {UNSETTLED} AND NOT {IS_OVER})")


def is_here(visit, day: Day) -> bool:
    """Whether somebody may still be in the waiting room or with a doctor, of whom a person must say what became."""
    return visit.status in HERE and now() < day.ends_at


def has_more_to_come(session, asked: Asked) -> bool:
    """Whether a visit of the day is not over yet."""
    return session.connection().execute(TO_COME, asked.facts).scalar()


# The first day after this one on which somebody comes, or on which a doctor has hours that no closure takes whole.
OPENS, CLOSES = opens_and_closes("c.timezone")
NEXT = sa.text(
    f"""SELECT d.day FROM clinics AS c
 CROSS JOIN LATERAL (SELECT CAST(:on_date AS date) + n AS day FROM generate_series(1, :days) AS n) AS d
 WHERE c.id = :clinic_id
   AND (EXISTS (SELECT 1 FROM visits AS v WHERE v.clinic_id = c.id AND v.status IN ('booked', 'confirmed')
            AND v.starts_at >= d.day::timestamp AT TIME ZONE c.timezone
            AND v.starts_at < (d.day + 1)::timestamp AT TIME ZONE c.timezone
            AND (CAST(:provider_id AS uuid) IS NULL OR v.provider_id = CAST(:provider_id AS uuid)))
        OR EXISTS (SELECT 1 FROM availabilities AS a
                     JOIN providers AS p ON p.clinic_id = a.clinic_id AND p.id = a.provider_id AND p.is_active
                    WHERE a.clinic_id = c.id AND a.status = 'active' AND {ON_DAY.format(day="d.day")}
                      AND (CAST(:provider_id AS uuid) IS NULL OR a.provider_id = CAST(:provider_id AS uuid))
                      AND NOT EXISTS (SELECT 1 FROM closures AS s
                           WHERE s.clinic_id = a.clinic_id AND s.removed_at IS NULL
                             AND coalesce(s.provider_id = a.provider_id, true)
                             AND coalesce(s.location_id = coalesce(a.location_id, p.location_id, {ONLY_ONE}),
                                          s.location_id IS NULL)
                             AND s.starts_at <= {OPENS} AND s.ends_at >= {CLOSES})))
 ORDER BY d.day LIMIT 1"""
)


def next_day(session, asked: Asked) -> date:
    """The next day after it on which there is work, for the clinic or the doctor; where there is none, tomorrow's."""
    facts = {"clinic_id": asked.clinic_id, "on_date": asked.day.date, "provider_id": asked.provider_id}
    found = session.connection().execute(NEXT, facts | {"days": DAYS_AHEAD}).scalar()
    return found or asked.day.date + timedelta(days=1)
