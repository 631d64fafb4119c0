"""What the desk has to tell patients by phone, and the answers somebody has to read."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from clinic.db import now
from clinic.models.calls import CallAttempt
from clinic.models.notifications import NotificationKind
from clinic.models.offers import LIVE, SlotOffer
from clinic.models.texts import ReplyResult, TextReply
from clinic.queries.visit_states import IS_UNCONFIRMED

ON_A_PAGE = 20
# What its visit has overtaken, whose visit has begun, or of which they have said that they come, is no news any more;
# the ledger keeps it.
WAITING = f"""
  FROM notifications AS n
  JOIN patients AS p ON p.clinic_id = n.clinic_id AND p.id = n.patient_id AND p.deleted_at IS NULL
   AND p.deceased_at IS NULL AND p.merged_into_id IS NULL AND p.erased_at IS NULL
  LEFT JOIN visits AS v ON v.clinic_id = n.clinic_id AND v.id = n.visit_id
  LEFT JOIN slot_offers AS o ON o.clinic_id = n.clinic_id AND o.id = n.offer_id
  LEFT JOIN visit_requests AS q ON q.clinic_id = n.clinic_id AND q.id = CAST(n.facts ->> 'request_id' AS uuid)
 WHERE n.clinic_id = :clinic_id AND n.desk_since IS NOT NULL AND n.desk_done_at IS NULL
   AND (n.visit_starts_at IS NULL OR n.visit_starts_at > now())
   AND CASE WHEN n.offer_id IS NULL THEN true WHEN n.kind = 'offer_withdrawn' THEN o.status = 'withdrawn'
            ELSE o.status IN ('prepared', 'sent') AND o.until > now() END
   AND (n.offer_id IS NOT NULL OR n.visit_id IS NULL OR (v.starts_at = n.visit_starts_at
        AND (n.kind = 'cancelled') = (v.status = 'cancelled') AND (n.kind <> 'reminder' OR {IS_UNCONFIRMED})))
   AND (q.id IS NULL OR (n.kind = 'request_closed') = (q.status = 'cancelled'))"""
# When there is no more to say: the visit has begun, or what is offered is kept no longer.
OVER_AT = "coalesce(CASE WHEN n.kind = 'offer' THEN o.until END, n.visit_starts_at)"
LINES = sa.text(
    f"""SELECT n.id, n.patient_id, n.visit_id, n.kind, n.channel, n.state, n.why, n.text, n.desk_since,
               n.visit_starts_at, n.language, p.full_name, p.phone, p.email, p.date_of_birth,
               CASE WHEN n.kind = 'offer' THEN o.until END AS kept_until, o.request_id, o.waitlist_entry_id,
               {IS_UNCONFIRMED} AS visit_is_unconfirmed, n.facts {WAITING}
         ORDER BY {OVER_AT} NULLS LAST, n.desk_since, n.id LIMIT :size OFFSET :skipped"""
)
# What one patient is offered and has to be told by phone.
OFFERED = sa.text(
    f"""SELECT n.id, o.starts_at, o.until {WAITING} AND n.kind = 'offer' AND n.patient_id = :patient_id
         ORDER BY o.until, n.id LIMIT :size"""
)
# How many calls come before this one.
BEFORE = sa.text(
    f"""SELECT nth - 1 FROM (SELECT n.id, row_number() OVER (ORDER BY {OVER_AT} NULLS LAST, n.desk_since, n.id) AS nth
          {WAITING}) AS lines WHERE id = :line_id"""
)
# How much the desk has to say and to read.
COUNT = sa.text(
    f"""SELECT (SELECT count(*) FROM (SELECT 1 {WAITING} LIMIT :many) AS lines)
             + (SELECT count(*) FROM (SELECT 1 FROM text_replies AS r WHERE r.clinic_id = :clinic_id
                   AND r.desk_since IS NOT NULL AND r.desk_done_at IS NULL LIMIT :many) AS replies)"""
)


@dataclass(frozen=True, slots=True)
class Call:
    """One message that somebody has to tell by phone; ``attempts`` are the calls so far, the first one first."""

    id: UUID
    patient_id: UUID
    visit_id: UUID | None
    kind: str
    channel: str | None
    state: str
    why: str | None
    text: str | None
    desk_since: datetime
    visit_starts_at: datetime | None
    language: str | None
    full_name: str
    phone: str | None
    email: str | None
    date_of_birth: datetime | None
    kept_until: datetime | None
    request_id: UUID | None
    waitlist_entry_id: UUID | None
    visit_is_unconfirmed: bool | None
    facts: dict
    attempts: list

    @property
    def asks(self):
        """What the patient may answer: "offer", whether they take a time; "reminder", that they come; or None."""
        return asks(self.kind, self.visit_is_unconfirmed)


def asks(kind, is_unconfirmed) -> str | None:
    """What a message of this kind asks its patient: "offer" or, where they have yet to say yes, "reminder"."""
    if kind == NotificationKind.REMINDER and not is_unconfirmed:
        return None
    return NotificationKind(kind).value if kind in (NotificationKind.OFFER, NotificationKind.REMINDER) else None


def waiting(session, clinic_id, number=1, size=ON_A_PAGE) -> list[Call]:
    """One page of the calls to make, what is over soonest first, and one more where there is a next page."""
    facts = {"clinic_id": clinic_id, "size": size + 1, "skipped": (number - 1) * size}
    rows = session.connection().execute(LINES, facts).all()
    made = attempts_of(session, [row.id for row in rows])
    return [Call(*row, made.get(row.id, [])) for row in rows]


def offers_to_tell(session, clinic_id, patient_id) -> list[tuple]:
    """What the patient is offered and has not been told: the call's id, its page, the time, until when it is kept."""
    connection, facts = session.connection(), {"clinic_id": clinic_id, "patient_id": patient_id}
    found = connection.execute(OFFERED, {**facts, "size": ON_A_PAGE}).all()
    return [(row.id, _page_of(connection, clinic_id, row.id), row.starts_at, row.until) for row in found]


def _page_of(connection, clinic_id, line_id):
    return connection.execute(BEFORE, {"clinic_id": clinic_id, "line_id": line_id}).scalar_one() // ON_A_PAGE + 1


def attempts_of(session, line_ids) -> dict:
    """The calls about each of these messages that were not taken back, by the message's id."""
    found = {}
    for attempt in session.scalars(
        sa.select(CallAttempt)
        .where(CallAttempt.notification_id.in_(line_ids), CallAttempt.undone_at.is_(None))
        .options(sa.orm.joinedload(CallAttempt.called_by))
        .order_by(CallAttempt.created_at, CallAttempt.id)
    ):
        found.setdefault(attempt.notification_id, []).append(attempt)
    return found


def replies(session, size=ON_A_PAGE) -> list[TextReply]:
    """The answers by text message that somebody has to read, the oldest first."""
    return session.scalars(
        sa.select(TextReply)
        .where(TextReply.desk_since.is_not(None), TextReply.desk_done_at.is_(None))
        .options(sa.orm.joinedload(TextReply.patient), sa.orm.joinedload(TextReply.notification))
        .order_by(TextReply.desk_since, TextReply.id)
        .limit(size)
    ).all()


def answerable(session, replies) -> set:
    """Which of the replies, by their ids, answer an offer whose time is still kept for who sent them."""
    asked = {
        each.id: each.notification.offer_id
        for each in replies
        if each.result == ReplyResult.TO_READ and each.patient_id and each.notification
        and each.notification.kind == NotificationKind.OFFER
    }  # fmt: skip
    kept = sa.select(SlotOffer.id).where(
        SlotOffer.id.in_(asked.values()), SlotOffer.status.in_(LIVE), SlotOffer.until > now()
    )
    still = set(session.scalars(kept)) if asked else set()
    return {reply_id for reply_id, offer_id in asked.items() if offer_id in still}
