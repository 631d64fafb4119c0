"""The desk tells patients by phone what did not reach them otherwise, and notes what came of it."""

import sqlalchemy as sa
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic import bell
from clinic.actions.acting import Refused, action
from clinic.db import now
from clinic.models.calls import CallAttempt, CallOutcome
from clinic.models.notifications import Notification

# After these the patient knows, or will hear it.
TOLD = (CallOutcome.REACHED, CallOutcome.LEFT_MESSAGE)


@action
def record(line: Notification, outcome, *, by, note=None):
    """Note a call about a message; unless nobody answered, there is nothing more to do about it."""
    session = _locked(line)
    if not line.waits_for_the_desk:
        raise Refused("Somebody has done this already.")
    outcome = CallOutcome(outcome)
    session.add(
        CallAttempt(
            clinic_id=line.clinic_id, id=uuid7(), notification_id=line.id, outcome=outcome, note=note or None,
            called_by_id=by.user_id,
        )
    )  # fmt: skip
    if outcome in TOLD:
        line.desk_done_at, line.desk_done_by_id = now(), by.user_id
    bell.ring(session, line.clinic_id, "calls")
    return line


@action
def undo(line: Notification, *, by):
    """Take back the last call that was noted; what it settled is open again."""
    session = _locked(line)
    last = last_attempt(session, line)
    if last is None:
        raise Refused("There is nothing to take back.")
    last.undone_at = now()
    if last.outcome in TOLD:
        line.desk_done_at = line.desk_done_by_id = None
    bell.ring(session, line.clinic_id, "calls")
    return line


def last_attempt(session, line) -> CallAttempt | None:
    """The latest call about the message that was not taken back."""
    return session.scalars(
        sa.select(CallAttempt)
        .where(CallAttempt.notification_id == line.id, CallAttempt.undone_at.is_(None))
        .order_by(CallAttempt.created_at.desc(), CallAttempt.id.desc())
        .limit(1)
    ).one_or_none()


def _locked(line):
    session = object_session(line)
    session.refresh(line, with_for_update={"of": Notification})
    return session
