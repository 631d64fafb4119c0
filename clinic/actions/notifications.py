"""Telling patients: a line in the ledger and a job, both in the transaction of the change they tell of.

Rolled back, nobody hears anything; committed, the job of ``clinic/work/notifications.py`` sends it, once.
"""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic import bell, jobs
from clinic.db import now
from clinic.models.notifications import Notification, NotificationKind, NotificationState, Why
from clinic.models.visits import VisitKind
from clinic.queries.heard import STANDS, WITH, stands

SEND = "notifications.send"
# All that somebody is told who came without a time: nothing was agreed on before, so nothing of it changes.
OF_WALK_INS = (NotificationKind.TICKET,)
LEDGER, K, S = Notification.__table__, NotificationKind, NotificationState
# Nobody is told anything who has died, or whose record is another's now, deleted or erased.
PUT = sa.text(
    """INSERT INTO notifications (clinic_id, id, patient_id, visit_id, offer_id, kind, at_once, send_at,
                                  visit_starts_at, old_starts_at, facts, created_by_id)
       SELECT p.clinic_id, CAST(:id AS uuid), p.id, CAST(:visit_id AS uuid), CAST(:offer_id AS uuid), :kind, :at_once,
              coalesce(CAST(:at AS timestamptz), now()), CAST(:visit_starts_at AS timestamptz),
              CAST(:old_starts_at AS timestamptz), :facts, CAST(:created_by_id AS uuid)
         FROM patients AS p
        WHERE p.clinic_id = :clinic_id AND p.id = :patient_id AND p.deleted_at IS NULL AND p.deceased_at IS NULL
          AND p.merged_into_id IS NULL AND p.erased_at IS NULL
       RETURNING id"""
).bindparams(sa.bindparam("facts", type_=LEDGER.c.facts.type))


def tell(
    session, kind, *, by, visit=None, patient_id=None, offer=None, at: datetime | None = None, old_starts_at=None,
    **facts,
) -> UUID | None:  # fmt: skip
    """Tell a patient this, once the session commits; the ledger line's id, or None where nobody is to be told.

    It is about a ``visit``, an ``offer`` or neither (then ``patient_id`` says who); ``at`` is the earliest moment.
    ``facts`` are ids and times that the words need besides (plain values that JSON can carry), never anybody's words.
    """
    if visit is not None and visit.kind == VisitKind.WALK_IN and kind not in OF_WALK_INS:
        return None
    about = offer if visit is None else visit
    return tell_by_ids(
        session, kind, by=by, at=at, old_starts_at=old_starts_at, facts=facts,
        clinic_id=about.clinic_id if about is not None else by.clinic_id,
        patient_id=patient_id or about.patient_id,
        visit_id=visit.id if visit is not None else getattr(offer, "visit_id", None),
        offer_id=offer.id if offer is not None else None,
        visit_starts_at=about.starts_at if about is not None else None,
    )  # fmt: skip


def tell_by_ids(
    session, kind, *, by, clinic_id, patient_id, visit_id=None, offer_id=None, visit_starts_at=None,
    old_starts_at=None, at=None, facts=None,
) -> UUID | None:  # fmt: skip
    """Tell what ``tell`` tells where only ids are at hand; two statements, or one where nobody is to be told."""
    row = {
        "clinic_id": clinic_id, "id": uuid7(), "patient_id": patient_id, "visit_id": visit_id, "offer_id": offer_id,
        "kind": K(kind).value, "at_once": by.in_portal or kind in OF_WALK_INS, "at": at,
        "visit_starts_at": visit_starts_at, "old_starts_at": old_starts_at, "facts": facts or {},
        "created_by_id": by.user_id,
    }  # fmt: skip
    # What the session has not written yet may be the visit that the line names.
    session.flush()
    told = session.connection().execute(PUT, row).scalar()
    if told:
        jobs.put(session, SEND, at=at, clinic_id=clinic_id, notification_id=told)
    return told


def leave_out(line: Notification, why: Why):
    """Nobody is told this any more."""
    line.state, line.why = S.NOT_NEEDED, why
    if why in (Why.KNOWN, Why.TOGETHER):
        _keep_how_it_stands(line)


def gather(line: Notification, others: list[Notification]):
    """Tell what several lines say in one message: this one's, which names their visits too."""
    line.facts = {**line.facts, WITH: [str(other.id) for other in others]}
    for other in others:
        leave_out(other, Why.TOGETHER)


def begin(line: Notification, reach, words):
    """Write down what is being sent to where, before anybody hands it over."""
    line.state, line.why, line.attempts, line.send_at = S.SENDING, None, line.attempts + 1, now()
    line.channel, line.sent_to = reach.channel, reach.address
    keep_words(line, words)


def keep_words(line: Notification, words):
    """Write down what the patient is told."""
    line.language, line.subject, line.text = words.language, words.subject, words.shown
    _keep_how_it_stands(line)


def _keep_how_it_stands(line):
    """Keep of which visit the patient knows from now on, so that a later line is only told where it says more."""
    if line.visit is not None:
        line.facts = {**line.facts, STANDS: stands(line.visit)}


def handed_over(line: Notification, *, service_id=None, service_status=None):
    """The service has taken it; what the service has said of it meanwhile stays."""
    if line.state == S.SENDING:
        line.state, line.sent_at = S.SENT, line.sent_at or now()
    line.service_id, line.service_status = service_id, line.service_status or service_status


def arrived(line: Notification):
    """It has reached the patient's device; nobody needs to call any more."""
    line.state, line.why, line.delivered_at, line.sent_at = S.DELIVERED, None, now(), line.sent_at or now()
    if line.waits_for_the_desk:
        line.desk_since = None
        _ring(line)


def to_call(line: Notification, reach, words):
    """Put it on the desk's list of calls."""
    begin(line, reach, words)
    line.state = S.CALL
    _to_desk(line)


def fail(line: Notification, why: Why, code=None):
    """It did not reach the patient; the desk tells them by another way."""
    line.state, line.why, line.service_code = S.FAILED, why, code
    _to_desk(line)


def leave_unclear(line: Notification):
    """It may have arrived or not; sent again it could come twice, so the desk asks."""
    line.state, line.why = S.UNCLEAR, Why.NO_ANSWER
    _to_desk(line)


def try_again(line: Notification, at: datetime, why: Why | None = None):
    """Send it at this moment; ``why`` it could not be sent so far."""
    session = object_session(line)
    line.state, line.why, line.send_at = S.WAITING, why, at
    jobs.put(session, SEND, at=at, clinic_id=line.clinic_id, notification_id=line.id)


def _to_desk(line):
    if line.is_said_at_the_desk:
        # The queue says beside their name that they have no link.
        bell.ring(object_session(line), line.clinic_id, "visits")
        return
    line.desk_since, line.desk_done_at, line.desk_done_by_id = now(), None, None
    _ring(line)


def _ring(line):
    bell.ring(object_session(line), line.clinic_id, "calls")
