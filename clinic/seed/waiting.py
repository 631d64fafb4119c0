"""Who waits in the demo right now, with which number and colour; and the numbers of the days before."""

from datetime import timedelta

import sqlalchemy as sa

from clinic.actions import queue, visits, walk_ins
from clinic.db import now
from clinic.models.people import Severity
from clinic.models.visits import CancelReason, Visit, VisitStatus
from clinic.queries.queue import rooms
from clinic.queries.waits import FEWEST

# One who came without a time after the other: how urgent, and how many minutes ago.
COMING = ((Severity.ORANGE, 33), (Severity.YELLOW, 26), (Severity.GREEN, 17), (None, 12))
# All numbers were drawn while the demo was made; each day gets its own, in the order in which people came.
FORGET = sa.text("UPDATE visits SET ticket_number = NULL, ticket_on = NULL WHERE clinic_id = :clinic_id")
DRAW_AGAIN = sa.text(
    """UPDATE visits AS v SET ticket_number = x.nth, ticket_on = x.came_on
  FROM (SELECT y.id, y.came_on, row_number() OVER (PARTITION BY y.came_on ORDER BY y.checked_in_at, y.id) AS nth
          FROM (SELECT w.id, w.checked_in_at, (w.checked_in_at AT TIME ZONE :zone)::date AS came_on FROM visits AS w
                 WHERE w.clinic_id = :clinic_id AND w.checked_in_at IS NOT NULL) AS y) AS x
 WHERE v.clinic_id = :clinic_id AND v.id = x.id"""
)
COUNT_AGAIN = sa.text(
    """UPDATE ticket_days AS d SET last_number = greatest(1, (SELECT coalesce(max(v.ticket_number), 1) FROM visits AS v
        WHERE v.clinic_id = d.clinic_id AND v.ticket_on = d.on_date)) WHERE d.clinic_id = :clinic_id"""
)
TELL_AGAIN = sa.text(
    """UPDATE visits AS v SET wait_low = x.low, wait_high = x.high
  FROM (SELECT w.id, r.low, r.high FROM visits AS w,
       LATERAL wait_range(w.clinic_id, w.provider_id, w.visit_type_id, w.kind = 'walk_in') AS r
         WHERE w.clinic_id = :clinic_id AND w.checked_in_at IS NOT NULL AND r.counted >= :fewest) AS x
 WHERE v.clinic_id = :clinic_id AND v.id = x.id"""
)


def come_in(session, week, midnight):
    """People come without a time, most of them with a colour, and the most urgent is called; the last of them."""
    opened, visit = week.opened, None
    provider, _doctor = opened.doctors[0]
    for number, (severity, minutes) in enumerate(COMING):
        patient = opened.patients[opened.demo.patients[number - 6]]
        visit = walk_ins.add(
            session, patient, timezone=opened.clinic.timezone, by=week.desk, severity=severity,
            reason=opened.dice.choice(opened.demo.reasons), provider_id=provider.id if number > 1 else None,
        )  # fmt: skip
        came = max(midnight, now() - timedelta(minutes=minutes))
        week.stamps[visit.id] = {"created_at": came, "starts_at": came, "checked_in_at": came}
        if number == 0:
            place = next((room.name for room in rooms(session)), "Room 1")
            queue.call(visit, by=week.desk, place=place)
    return visit


def somebody_calls_off(session, week, midnight):
    """See that somebody called off a visit of today, whatever the dice said: the last one to come, if nobody did."""
    today = (Visit.starts_at >= midnight, Visit.starts_at < midnight + timedelta(days=1))
    if session.scalar(sa.select(Visit.id).where(*today, Visit.status == VisitStatus.CANCELLED).limit(1)):
        return
    ahead = Visit.status.in_((VisitStatus.BOOKED, VisitStatus.CONFIRMED))
    last = session.scalars(sa.select(Visit).where(*today, ahead).order_by(Visit.starts_at.desc(), Visit.id)).first()
    if last:
        visits.cancel(last, CancelReason.PATIENT, by=week.desk)


def number_again(session, clinic):
    """Give each day's people their numbers and what they were told, now that everything has its date."""
    here = {"clinic_id": clinic.id, "zone": clinic.timezone, "fewest": FEWEST}
    session.flush()
    for statement in (FORGET, DRAW_AGAIN, COUNT_AGAIN, TELL_AGAIN):
        session.connection().execute(statement, here)
