"""Dating the demo's past: what the actions stamped with the present moment gets the time the demo says it happened.

Only the demo needs this, and only the database's owner may touch a visit's history; the audit log is left alone and
tells the truth, that all of it was made by ``flask seed``.
"""

import psycopg
import sqlalchemy as sa

COLUMNS = ("created_at", "starts_at", "confirmed_at", "checked_in_at", "started_at", "ended_at", "cancelled_at")
DATE_VISITS = sa.text(
    "UPDATE visits SET "
    + ", ".join(f"{column} = coalesce(CAST(:{column} AS timestamptz), {column})" for column in COLUMNS)
    + " WHERE clinic_id = :clinic_id AND id = :id"
)
DATE_EVENTS = """
UPDATE visit_events AS e SET created_at = coalesce(CASE
         WHEN e.kind = 'booked' THEN v.created_at
         WHEN e.to_status = 'confirmed' THEN v.confirmed_at
         WHEN e.to_status = 'checked_in' THEN v.checked_in_at
         WHEN e.to_status = 'in_progress' THEN v.started_at
         WHEN e.to_status = 'completed' THEN v.ended_at
         WHEN e.to_status = 'cancelled' THEN v.cancelled_at
         WHEN e.to_status = 'no_show' THEN least(v.starts_at + interval '20 minutes', now())
       END, e.created_at)
  FROM visits AS v WHERE v.clinic_id = e.clinic_id AND v.id = e.visit_id
"""
# What was prescribed at a visit was issued at its end.
DATE_PRESCRIPTIONS = """
UPDATE prescriptions AS p SET issued_at = v.ended_at
  FROM visits AS v WHERE v.clinic_id = p.clinic_id AND v.id = p.visit_id AND v.ended_at < p.issued_at
"""


def date_visits(session, clinic_id, stamps):
    """Give visits the times of the demo; ``stamps`` are {visit id: {column: instant}}."""
    rows = [
        {"clinic_id": clinic_id, "id": visit_id, **dict.fromkeys(COLUMNS), **times}
        for visit_id, times in stamps.items()
    ]
    session.connection().execute(DATE_VISITS, rows)


def date_events(owner_url, clinic_id):
    """Give each line of visits' histories, and each prescription, the time of what it tells, as the owner."""
    with psycopg.connect(owner_url.replace("postgresql+psycopg://", "postgresql://", 1)) as owner:
        owner.execute("SELECT set_config('app.clinic_id', %s, true)", [str(clinic_id)])
        owner.execute(DATE_EVENTS)
        owner.execute(DATE_PRESCRIPTIONS)
