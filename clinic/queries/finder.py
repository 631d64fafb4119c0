"""The finder: the next open times that suit somebody, by day of the week, time of day, place, doctor and room."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID

import sqlalchemy as sa

from clinic.db import now
from clinic.models.people import VisitMode
from clinic.queries.open_times import OPEN_TIMES, fits
from clinic.queries.picking import Doctor, Kind, room_names

SHOWN = 3
# So many days are looked at in turn: mostly something suits in the first week, and when nothing does for half a year
# there is no point in looking on.
LOOKS = (7, 21, 28, 28, 28, 28, 28, 28)
# Of doctors who are free at the same moment the first is enough.
FIND = sa.text(
    f"""SELECT DISTINCT ON (found.starts_at) found.provider_id, found.starts_at, found.ends_at, found.location_id
  FROM ({OPEN_TIMES.text}) AS found
 WHERE coalesce(found.location_id = CAST(:location_id AS uuid), CAST(:location_id AS uuid) IS NULL)
   AND extract(dow FROM found.starts_at AT TIME ZONE :zone) = ANY(CAST(:weekdays AS int[]))
   AND (found.starts_at AT TIME ZONE :zone)::time >= CAST(:at_from AS time)
   AND (found.starts_at AT TIME ZONE :zone)::time < CAST(:at_until AS time)
 ORDER BY found.starts_at, found.provider_id LIMIT :shown"""
)
PLACES = sa.text("SELECT l.id, l.name FROM locations AS l WHERE l.clinic_id = :clinic_id AND l.id = ANY(:ids)")


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for: a type with any of these doctors, from a day on, at these times of the clinic's wall clock.

    ``weekdays`` count from Sunday, which is 0; an open time begins not before ``at_from`` and before ``at_until``.
    """

    kind: Kind
    doctors: list[Doctor]
    mode: VisitMode
    first_day: date
    weekdays: tuple[int, ...] = tuple(range(7))
    at_from: time = time(0)
    at_until: time = time.max
    location_id: UUID | None = None
    wanted_rooms: tuple[UUID, ...] = ()
    # Only what begins after this: the last one of those shown before.
    after: datetime | None = None


@dataclass(frozen=True, slots=True)
class Suiting:
    """One that suits: when, with whom, at which place if that is known, and the rooms that are free for it."""

    starts_at: datetime
    ends_at: datetime
    doctor: Doctor
    place: str | None
    rooms: tuple[str, ...] = field(default=())


def find(session, clinic, question: Question, *, person_id=None) -> list[Suiting]:
    """The next open times that suit, soonest first; a few statements, however far away they are."""
    if not question.doctors:
        return []
    rows, first_day = [], question.first_day
    for days in LOOKS:
        last_day = first_day + timedelta(days=days - 1)
        rows += _look_at(session, clinic, question, (first_day, last_day), SHOWN - len(rows), person_id)
        first_day = last_day + timedelta(days=1)
        if len(rows) == SHOWN:
            break
    ids = {row.location_id for row in rows} - {None}
    where = {"clinic_id": clinic.id, "ids": list(ids)}
    places = dict(session.connection().execute(PLACES, where).all()) if ids else {}
    return [_suiting(session, clinic, question, row, places, person_id) for row in rows]


def _look_at(session, clinic, question, days, shown, person_id):
    earliest = max(now(), question.after + timedelta(seconds=1)) if question.after else now()
    asked = {
        "clinic_id": clinic.id, "visit_type_id": question.kind.id, "zone": clinic.timezone, "mode": question.mode,
        "provider_ids": [each.id for each in question.doctors], "person_id": person_id, "first_day": days[0],
        "last_day": days[1], "earliest": earliest,
        "latest": now() + timedelta(days=3650), "most": None, "wanted_rooms": list(question.wanted_rooms),
        "location_id": question.location_id, "weekdays": list(question.weekdays), "at_from": question.at_from,
        "at_until": question.at_until, "shown": shown,
    }  # fmt: skip
    return session.connection().execute(FIND, asked).all()


def _suiting(session, clinic, question, row, places, person_id):
    doctor = question.kind.doctor(row.provider_id)
    known = fits(
        session, clinic, question.kind.id, row.provider_id, row.starts_at, mode=question.mode, person_id=person_id,
        wanted_rooms=question.wanted_rooms,
    )  # fmt: skip
    rooms = room_names(session, clinic.id, known.room_ids) if known and not known.seat_in else ()
    return Suiting(row.starts_at, row.ends_at, doctor, places.get(row.location_id), rooms)
