"""The queue: who waits, in the order in which they are called; who was called, and who is with a doctor.

Red comes first. Everybody else comes by the moment from which they are due: the appointed time, or the arrival where
that was later or nobody had appointed any. Orange counts an hour earlier, yellow twenty minutes.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from clinic.db import now
from clinic.models.organizations import Clinic
from clinic.models.people import Severity
from clinic.models.rooms import Room, RoomStatus

PER_PAGE = 100
DUE = "greatest(v.checked_in_at, CASE WHEN v.kind = 'walk_in' THEN v.checked_in_at ELSE v.starts_at END)"
TURN = f"""{DUE} - CASE v.severity WHEN 'orange' THEN interval '60 minutes' WHEN 'yellow' THEN interval '20 minutes'
         ELSE interval '0' END"""
ORDER = f"(v.severity = 'red') IS TRUE DESC, {TURN}, v.id"
HERE = """v.clinic_id = :clinic_id AND v.starts_at >= :starts_at AND v.starts_at < :ends_at
   AND (CAST(:provider_id AS uuid) IS NULL OR v.provider_id = CAST(:provider_id AS uuid) OR v.provider_id IS NULL)"""
# Whoever is being called by somebody else at this moment is passed over, never called twice; who waits by video at home
# is called to no room.
NEXT = sa.text(
    f"""SELECT v.id FROM visits AS v WHERE {HERE} AND v.status = 'checked_in' AND v.called_at IS NULL
   AND v.visit_mode = 'in_person' ORDER BY {ORDER} LIMIT 1 FOR UPDATE SKIP LOCKED"""
)
# Who had a time was sent the link when it was booked. What nobody knows arrived may have.
WITHOUT_LINK = """(v.kind = 'walk_in' AND v.status = 'checked_in' AND NOT EXISTS (
         SELECT 1 FROM notifications AS n WHERE n.clinic_id = v.clinic_id AND n.visit_id = v.id AND n.kind = 'ticket'
            AND n.state IN ('waiting', 'sending', 'sent', 'delivered', 'unclear')))"""
PEOPLE = sa.text(
    f"""SELECT CAST(v.id AS text) AS id, CAST(v.patient_id AS text) AS patient_id,
       CAST(v.provider_id AS text) AS provider_id, v.status, v.kind, v.visit_mode, v.severity, v.ticket_number,
       v.starts_at, v.checked_in_at, v.started_at, v.called_at, v.called_to, v.times_called, v.wait_low, v.wait_high,
       {DUE} AS due_at,
       p.full_name, p.deceased_at IS NOT NULL AS deceased, d.display_name AS doctor, t.name AS visit_type,
       r.name AS room, {WITHOUT_LINK} AS without_link, count(*) OVER () AS total
  FROM visits AS v
  JOIN patients AS p ON p.clinic_id = v.clinic_id AND p.id = v.patient_id
  LEFT JOIN providers AS d ON d.clinic_id = v.clinic_id AND d.id = v.provider_id
  LEFT JOIN visit_types AS t ON t.clinic_id = v.clinic_id AND t.id = v.visit_type_id
  LEFT JOIN rooms AS r ON r.clinic_id = v.clinic_id AND r.id = v.room_id
 WHERE {HERE} AND v.status IN ('checked_in', 'in_progress')
 ORDER BY v.status, v.called_at DESC NULLS LAST, {ORDER} LIMIT {PER_PAGE} OFFSET :skipped"""
)
CALLED = sa.text(
    "SELECT ticket_number, place, called_at, times_called, is_awaited FROM called_tickets(:clinic_id, :most)"
)
BY_CODE = sa.text("SELECT visit_id, patient_id FROM visit_by_code(:clinic_id, :code, :born)")
# After so many minutes in one state a person is lit on the screen; the clinic sets its own.
SETTING = "queue_minutes"
USUAL = {"waiting": 30, "called": 5, "seen": 45}


@dataclass(frozen=True, slots=True)
class Limits:
    """After how many minutes it is long: waiting, being called without coming, being with the doctor."""

    waiting: int
    called: int
    seen: int


def limits_of(session, clinic_id) -> Limits:
    """The clinic's own limits, or the usual ones."""
    kept = session.scalar(sa.select(Clinic.settings).where(Clinic.id == clinic_id)) or {}
    return Limits(**{**USUAL, **kept.get(SETTING, {})})


def people(session, clinic_id, day, provider_id=None, page=1):
    """Those who are here on the day: called, waiting in the order of the queue, with a doctor; a hundred at most.

    Of one doctor also those who wait for anybody. Plain rows with ids as text; each knows the total.
    """
    asked = _asked(clinic_id, day, provider_id) | {"skipped": (page - 1) * PER_PAGE}
    return session.connection().execute(PEOPLE, asked).all()


def in_turn(visits):
    """Rows of the day's people who wait, as the queue has them: who was called, then in the order of the calls."""
    return sorted(visits, key=lambda row: (row.called_to is None, row.severity != Severity.RED, row.turn_at, row.id))


def next_up(session, clinic_id, day, provider_id=None):
    """The id of the visit to be called next, locked until the transaction ends, or None."""
    return session.connection().execute(NEXT, _asked(clinic_id, day, provider_id)).scalar()


def called(session, clinic_id, most):
    """Numbers and places of those called today, those who are still to come in first; nothing else of anybody."""
    return session.connection().execute(CALLED, {"clinic_id": clinic_id, "most": most}).all()


def by_code(session, clinic_id, code: str, born: int):
    """The visit of today with this check-in code, of a patient born in that year: its ids, or None."""
    found = session.connection().execute(BY_CODE, {"clinic_id": clinic_id, "code": code, "born": born}).one()
    return found if found.visit_id else None


def rooms(session):
    """The rooms people can be called to, by name: id and name, at most a hundred."""
    return session.execute(
        sa.select(Room.id, Room.name).where(Room.status == RoomStatus.ACTIVE).order_by(Room.name, Room.id).limit(100)
    ).all()


def minutes_since(moment: datetime | None) -> int:
    """Whole minutes since then; 0 where there is none."""
    return max(0, int((now() - moment).total_seconds() // 60)) if moment else 0


def _asked(clinic_id, day, provider_id):
    return {
        "clinic_id": clinic_id, "provider_id": provider_id, "starts_at": day.starts_at, "ends_at": day.ends_at,
    }  # fmt: skip
