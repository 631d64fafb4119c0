"""Text messages that come back: what became of ours, who wants no more, and what a one-word answer does."""

import re
import unicodedata
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic import bell, jobs
from clinic.actions import notifications, own_visits, visits
from clinic.actions.acting import Actor, Refused, action
from clinic.db import now, word
from clinic.models.notifications import Channel, Notification, NotificationKind, NotificationState, Why
from clinic.models.texts import ReplyMeaning, ReplyResult, TextNumber, TextReply
from clinic.models.visits import CancelReason, Visit
from clinic.queries import texts as asked
from clinic.queries.own_visits import has_lost_its_time
from clinic.queries.reaching import has_number, number_hash
from clinic.scope import Scope

N, M, R = NotificationState, ReplyMeaning, ReplyResult
UNDERSTAND = "texts.understand"
LONGEST = 1600
# One word each; a translation may have several, with spaces between. NO and CANCEL both cancel: some services take
# CANCEL for "no more messages" and never pass it on.
WORDS = {
    M.CONFIRM: word("YES Y CONFIRM OK"),
    M.CANCEL: word("NO N CANCEL"),
    M.STOP: word("STOP STOPALL UNSUBSCRIBE END QUIT"),
    M.START: word("START UNSTOP"),
}
NUMBER_UPSERT = (
    insert(TextNumber.__table__)
    .values(last_at=sa.func.now())
    .on_conflict_do_update(index_elements=["number_hash", "clinic_id"], set_={"last_at": sa.func.now()})
)
REPLY_INSERT = (
    insert(TextReply.__table__)
    .on_conflict_do_nothing(index_elements=["clinic_id", "service_id"])
    .returning(TextReply.__table__.c.id)
)


def written_to(session, line: Notification):
    """Remember that the clinic has written to this number, so that an answer finds its way."""
    row = {"id": uuid7(), "number_hash": number_hash(line.sent_to), "clinic_id": line.clinic_id}
    session.connection().execute(NUMBER_UPSERT, row)


def stop(session, number):
    """Nobody here writes to the number (E.164) again until it asks for it."""
    of_it = sa.update(TextNumber).where(TextNumber.number_hash == number_hash(number))
    session.execute(of_it.where(TextNumber.stopped_at.is_(None)).values(stopped_at=sa.func.now()))


def start(session, number):
    """The number (E.164) may be written to again."""
    of_it = sa.update(TextNumber).where(TextNumber.number_hash == number_hash(number))
    session.execute(of_it.values(stopped_at=None))


def heard(line: Notification, ranks, service_id, status, code, *, arrived, lost):
    """The service says what became of a message; what it said earlier and arrives later changes nothing."""
    if line.service_id not in (None, service_id) or line.channel != Channel.SMS:
        return
    if ranks.get(status, 0) <= ranks.get(line.service_status, 0):
        return
    line.service_id, line.service_status, line.service_code = service_id, status, code
    if status in arrived:
        notifications.arrived(line)
    elif status in lost:
        notifications.fail(line, Why.REFUSED, code)
    elif line.state in (N.SENDING, N.UNCLEAR):
        # The service has it after all; what it says last decides.
        line.state, line.why, line.sent_at, line.desk_since = N.SENT, None, line.sent_at or now(), None


def receive(session, clinic_id: UUID, service_id, sender, text, meaning) -> UUID | None:
    """Keep an answer for the clinic, once however often it is brought; until it is understood the desk sees it.

    Returns the new reply's id, None for one that is there already.
    """
    row = {
        "clinic_id": clinic_id, "id": uuid7(), "service_id": service_id, "sender": sender,
        "text": text[:LONGEST], "meaning": meaning, "result": R.TO_READ, "desk_since": now(),
    }  # fmt: skip
    made = session.connection().execute(REPLY_INSERT, row).scalar()
    if made:
        jobs.put(session, UNDERSTAND, clinic_id=clinic_id, reply_id=made)
        bell.ring(session, clinic_id, "calls")
    return made


def meaning_of(text, words) -> ReplyMeaning:
    """What a one-word answer means; ``words`` are lists as in WORDS, one for each language."""
    said = _plain(text)
    for meaning in M:
        if any(said in map(_plain, listed[meaning].split()) for listed in words if meaning in listed):
            return meaning
    return M.OTHER


def _plain(text):
    letters = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"[^\w]+", "", "".join(each for each in letters if not unicodedata.combining(each)))


def understand(reply: TextReply, elsewhere: int, *, by):
    """Do what the answer says, if it is plain which visit it is about; leave the rest to the desk.

    An offered time is answered by its link: a word may be about it or about the visit, so somebody reads it. So they do
    where the number is another's by now: who answers may know nothing of the visit.
    ``elsewhere`` is how many visits and offers of other clinics wait for an answer from this number.
    """
    session = object_session(reply)
    asking = asked.asking(session, reply.sender)
    # Who is asked nothing answers what was written to them last.
    about = asking[:1] or asked.last_written(session, reply.sender)
    if reply.meaning in (M.STOP, M.START):
        _settle(reply, R.NOTED, about)
    elif not (asking or _is_latest(session, reply, elsewhere)):
        _leave_to_others(reply)
    elif reply.meaning == M.OTHER:
        # What is no word of ours is read by somebody: where it was asked, else where it was written last.
        _settle(reply, R.TO_READ, about, desk=True)
    elif not asking:
        _settle(reply, R.NONE, about, desk=True)
    elif len(asking) > 1 or elsewhere:
        _settle(reply, R.SEVERAL, about, desk=True)
    elif asking[0].kind == NotificationKind.OFFER or not has_number(session, asking[0].patient, reply.sender):
        _settle(reply, R.TO_READ, asking, desk=True)
    else:
        _act(session, reply, asking[0], by)


def asked_elsewhere(session, own_clinic_id, sender) -> int:
    """How much of other clinics waits for an answer from this number; the session forgets what it had loaded.

    What they offered before this clinic reminded of a visit is not what is answered now.
    """
    count, since = 0, asked.reminded_at(session, sender)
    for clinic_id in asked.clinics_of(session, sender):
        if clinic_id != own_clinic_id:
            session.enter(Scope.staff(clinic_id))
            count += len(asked.asking(session, sender, since))
    session.enter(Scope.staff(own_clinic_id))
    return count


def _is_latest(session, reply, elsewhere):
    return not elsewhere and asked.clinics_of(session, reply.sender)[:1] in ([], [reply.clinic_id])


def _act(session, reply, line, by):
    visit = session.get(Visit, (line.clinic_id, line.visit_id))
    actor = Actor(
        clinic_id=line.clinic_id, role="text", patient_ids=frozenset({visit.patient_id}), in_portal=True,
        user_agent=by.user_agent,
    )  # fmt: skip
    try:
        with session.begin_nested():
            result = _confirm(visit, actor) if reply.meaning == M.CONFIRM else _cancel(visit, actor)
    except Refused:
        result = R.NOT_POSSIBLE
        if reply.meaning == M.CANCEL and not has_lost_its_time(session, visit):
            # Who hears nothing believes that it is cancelled.
            notifications.tell(session, NotificationKind.BOOKED, visit=visit, by=actor, too_late=True)
    _settle(reply, result, [line], desk=result == R.NOT_POSSIBLE)


def _confirm(visit, actor):
    own_visits.confirm(visit, by=actor)
    return R.CONFIRMED


def _cancel(visit, actor):
    visits.cancel(visit, CancelReason.PATIENT, by=actor)
    return R.CANCELLED


def _leave_to_others(reply):
    """What another clinic is told is none of this one's: neither the words nor the number stay here."""
    reply.sender = reply.text = ""
    _settle(reply, R.NONE, [])


def _settle(reply, result, lines, desk=False):
    session, reply.result = object_session(reply), result
    for line in lines:
        reply.notification_id = line.id
        reply.patient_id = line.patient_id if has_number(session, line.patient, reply.sender) else None
    if not desk:
        reply.desk_since = None
    bell.ring(session, reply.clinic_id, "calls")


@action
def read(reply: TextReply, *, by):
    """Somebody at the desk has read the answer and done what it asks for."""
    if reply.desk_since is None or reply.desk_done_at is not None:
        raise Refused("Somebody has done this already.")
    reply.desk_done_at, reply.desk_done_by_id = now(), by.user_id
    bell.ring(object_session(reply), reply.clinic_id, "calls")
    return reply


@action
def put_back(reply: TextReply, *, by):
    """Put an answer back on the list."""
    if reply.desk_done_at is None:
        raise Refused("It is on the list already.")
    reply.desk_done_at = reply.desk_done_by_id = None
    bell.ring(object_session(reply), reply.clinic_id, "calls")
    return reply
