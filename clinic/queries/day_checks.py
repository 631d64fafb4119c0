"""What is looked at before a day is closed, and whether the day after is ready: one statement for each question."""

from types import SimpleNamespace

import sqlalchemy as sa

from clinic.db import word
from clinic.models.visits import Visit
from clinic.queries.affected import FREE_OF_LEAVE, NOT_IN_HOURS
from clinic.queries.calls import WAITING
from clinic.queries.day_closing import CLOSING, IS_OVER, READINESS, UNSETTLED, Asked, Check, is_here
from clinic.queries.visit_states import IS_UNCONFIRMED

SETTLED_FROM = tuple(Visit.closing_steps)
WITHOUT_OUTCOME = f"""SELECT v.starts_at AS at, p.full_name AS who,
       concat_ws(' · ', t.name, d.display_name) AS what, v.id AS visit_id, v.patient_id
  FROM visits AS v JOIN patients AS p ON p.clinic_id = v.clinic_id AND p.id = v.patient_id
  LEFT JOIN providers AS d ON d.clinic_id = v.clinic_id AND d.id = v.provider_id
  LEFT JOIN visit_types AS t ON t.clinic_id = v.clinic_id AND t.id = v.visit_type_id
 WHERE {UNSETTLED} AND {IS_OVER}
 ORDER BY v.starts_at, v.id"""
OF_TOMORROW = """v.clinic_id = :clinic_id AND v.starts_at >= :starts_at AND v.starts_at < :ends_at
   AND v.status IN ('booked', 'confirmed')
   AND (CAST(:provider_id AS uuid) IS NULL OR v.provider_id = CAST(:provider_id AS uuid))"""
VISIT_OF = """v.starts_at AS at, p.full_name AS who, concat_ws(' · ', t.name, d.display_name) AS what,
       v.id AS visit_id, v.patient_id
  FROM visits AS v JOIN patients AS p ON p.clinic_id = v.clinic_id AND p.id = v.patient_id
  JOIN providers AS d ON d.clinic_id = v.clinic_id AND d.id = v.provider_id
  LEFT JOIN visit_types AS t ON t.clinic_id = v.clinic_id AND t.id = v.visit_type_id"""
UNCONFIRMED = f"SELECT {VISIT_OF} WHERE {OF_TOMORROW} AND {IS_UNCONFIRMED} ORDER BY v.starts_at, v.id"
# The same doctor, or the same patient, is to be in two places at once.
TWICE = f"""SELECT {VISIT_OF} WHERE {OF_TOMORROW} AND EXISTS (
       SELECT 1 FROM visits AS o WHERE o.clinic_id = v.clinic_id AND o.id <> v.id
          AND o.status IN ('booked', 'confirmed') AND o.starts_at < v.ends_at AND o.ends_at > v.starts_at
          AND o.starts_at >= CAST(:starts_at AS timestamptz) - interval '24 hours' AND o.starts_at < :ends_at
          AND (o.patient_id = v.patient_id OR (o.provider_id = v.provider_id AND o.slot_id <> v.slot_id)))
 ORDER BY v.starts_at, v.id"""
# Visits at a time their doctor is away, closed or without hours, or of one who left: whom a change has stranded, and
# whoever was booked in spite of it. Who was to come to the former place of hours is known by the stranding alone.
ZONE = "(SELECT c.timezone FROM clinics AS c WHERE c.id = :clinic_id)"
WITHOUT_DOCTOR = f"""SELECT {VISIT_OF} WHERE {OF_TOMORROW} AND (
       NOT d.is_active OR NOT (true{FREE_OF_LEAVE}) OR ({NOT_IN_HOURS.format(zone=ZONE)})
    OR EXISTS (SELECT 1 FROM stranded_visits AS r
                 JOIN strandings AS g ON g.clinic_id = r.clinic_id AND g.id = r.stranding_id
                WHERE r.clinic_id = v.clinic_id AND r.visit_id = v.id AND r.starts_at = v.starts_at
                  AND g.cause = 'hours' AND g.provider_id = v.provider_id AND g.undone_at IS NULL))
 ORDER BY v.starts_at, v.id"""
WITHOUT_ROOM = f"""SELECT {VISIT_OF} WHERE {OF_TOMORROW} AND v.visit_mode = 'in_person' AND EXISTS (
       SELECT 1 FROM visit_type_needs AS n WHERE n.clinic_id = v.clinic_id AND n.visit_type_id = v.visit_type_id
          AND NOT EXISTS (SELECT 1 FROM slot_rooms AS s
                            JOIN rooms AS r ON r.clinic_id = s.clinic_id AND r.id = s.room_id
                           WHERE s.clinic_id = v.clinic_id AND s.slot_id = v.slot_id
                             AND r.room_kind_id = n.room_kind_id AND r.status = 'active'))
 ORDER BY v.starts_at, v.id"""


# Nothing is booked yet, and the clinic owes the next word; also of visits that were asked for with their time.
UNANSWERED = """SELECT x.at, p.full_name AS who, x.what, x.visit_id, x.patient_id
  FROM (SELECT r.answer_by AS at, r.patient_id, t.name AS what, CAST(NULL AS uuid) AS visit_id
          FROM visit_requests AS r
          LEFT JOIN visit_types AS t ON t.clinic_id = r.clinic_id AND t.id = r.visit_type_id
         WHERE r.clinic_id = :clinic_id AND r.status IN ('new', 'triaged') AND r.created_at < :ends_at
        UNION ALL
        SELECT v.answer_by, v.patient_id, t.name, v.id
          FROM visits AS v LEFT JOIN visit_types AS t ON t.clinic_id = v.clinic_id AND t.id = v.visit_type_id
         WHERE v.clinic_id = :clinic_id AND v.status = 'requested' AND v.created_at < :ends_at
           AND v.starts_at > now()) AS x
  JOIN patients AS p ON p.clinic_id = :clinic_id AND p.id = x.patient_id
 ORDER BY x.at, x.patient_id"""
# What stands on the list of calls: no line that its visit has overtaken.
UNDELIVERED = f"""SELECT n.desk_since AS at, p.full_name AS who, CAST(NULL AS text) AS what, n.visit_id, n.patient_id
{WAITING} AND n.desk_since < :ends_at
 ORDER BY n.desk_since, n.id"""
# What somebody wrote back in their own words, such as that they cannot come; of nobody known by name, the number.
UNREAD = """SELECT r.desk_since AS at, coalesce(p.full_name, r.sender) AS who, CAST(NULL AS text) AS what, n.visit_id,
       r.patient_id
  FROM text_replies AS r LEFT JOIN patients AS p ON p.clinic_id = r.clinic_id AND p.id = r.patient_id
  LEFT JOIN notifications AS n ON n.clinic_id = r.clinic_id AND n.id = r.notification_id
 WHERE r.clinic_id = :clinic_id AND r.desk_since IS NOT NULL AND r.desk_done_at IS NULL AND r.desk_since < :ends_at
 ORDER BY r.desk_since, r.id"""
# A question that must be answered has no answer, or one that was taken back; or nothing was answered at all.
UNASKED = f"""SELECT {VISIT_OF} WHERE {OF_TOMORROW} AND EXISTS (
       SELECT 1 FROM intake_questions AS q WHERE q.clinic_id = v.clinic_id AND q.visit_type_id = v.visit_type_id
          AND q.retired_at IS NULL
          AND (SELECT a.answer FROM intake_answers AS a WHERE a.clinic_id = v.clinic_id AND a.visit_id = v.id
                  AND a.question_id = q.id ORDER BY a.created_at DESC LIMIT 1) IS NULL
          AND (q.is_required OR NOT EXISTS (
               SELECT 1 FROM intake_answers AS a
                WHERE a.clinic_id = v.clinic_id AND a.visit_id = v.id AND a.answer IS NOT NULL)))
 ORDER BY v.starts_at, v.id"""


def _unconfirmed_of(day):
    return {"date": day.isoformat(), "status": "booked", "view": "list"}


def _whole_list(day):
    return {}


CLOSING |= {
    "outcomes": Check(
        word("Visits without an outcome"), word("Every visit that is over has its outcome."), WITHOUT_OUTCOME,
        "staff.day_closing.outcomes",
    ),
    "requests": Check(
        word("Requests without an answer"), word("Everybody who asked has an answer."), UNANSWERED,
        "staff.requests.index", _whole_list, is_doctors=False,
    ),
    "messages": Check(
        word("Messages that did not arrive, and calls to make"),
        word("Every message arrived, and everybody was called."), UNDELIVERED,
        "staff.calls.index", _whole_list, is_doctors=False,
    ),
    "answers": Check(
        word("Text messages nobody has read"), word("Every text message was read."), UNREAD,
        "staff.calls.index", _whole_list, is_doctors=False,
    ),
}  # fmt: skip
READINESS |= {
    "unconfirmed": Check(
        word("Visits nobody has confirmed"), word("Everybody has said that they will come."), UNCONFIRMED,
        "staff.day.index", _unconfirmed_of,
    ),
    "questions": Check(
        word("Visits whose questions are not answered"), word("Everybody has answered what is asked before."),
        UNASKED, "staff.day.index",
    ),
    "twice": Check(
        word("Two visits at one time"), word("Nobody is to be in two places at once."), TWICE, "staff.day.index",
    ),
    "hours": Check(
        word("Visits when the doctor is away or has no hours"), word("Every doctor is here for their visits."),
        WITHOUT_DOCTOR, "staff.day.index",
    ),
    "rooms": Check(
        word("Visits without the room they need"), word("Every visit has its room."), WITHOUT_ROOM, "staff.day.index",
    ),
}  # fmt: skip


# A visit that is going on is its doctor's to complete, and is not asked about.
ASKED_ABOUT = sa.text(
    f"""SELECT x.*, v.status, v.provider_id, v.checked_in_at FROM ({WITHOUT_OUTCOME}) AS x
  JOIN visits AS v ON v.clinic_id = :clinic_id AND v.id = x.visit_id
 ORDER BY x.at, x.visit_id LIMIT :most OFFSET :skipped"""
)


SAID = sa.text(
    """SELECT v.id FROM visits AS v
  JOIN visit_events AS e ON e.clinic_id = v.clinic_id AND e.visit_id = v.id AND e.kind = 'status'
   AND e.changed_by_id = :user_id AND e.to_status = v.status AND e.created_at BETWEEN :since AND :until
 WHERE v.clinic_id = :clinic_id AND v.starts_at >= :starts_at AND v.starts_at < :ends_at
   AND v.status IN ('completed', 'no_show') ORDER BY v.id LIMIT 200"""
)
CLOCK = sa.text("SELECT clock_timestamp()")


def moment(session):
    """The database's clock, to the microsecond: what a history is dated by."""
    return session.connection().execute(CLOCK).scalar()


def said_by(session, asked: Asked, user_id, since, until):
    """The ids of the day's visits whose outcome this person said between the two moments, and nobody since."""
    facts = {name: asked.facts[name] for name in ("clinic_id", "starts_at", "ends_at")}
    found = session.connection().execute(SAID, facts | {"user_id": user_id, "since": since, "until": until})
    return found.scalars().all()


def without_outcome(session, asked: Asked, skipped, most):
    """Visits of the day that are past their time without an outcome, in its order, with where each stands."""
    facts = asked.facts | {"skipped": skipped, "most": most}
    rows = session.connection().execute(ASKED_ABOUT, facts).all()
    return [
        SimpleNamespace(**row._mapping, may_settle=row.status in SETTLED_FROM, is_here=is_here(row, asked.day))
        for row in rows
    ]
