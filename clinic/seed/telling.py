"""What the demo's patients were told: long ago about most visits, and today a few whom no message reached."""

import sqlalchemy as sa
from sqlalchemy.orm import joinedload
from uuid_utils.compat import uuid7

from clinic.actions import calls, notifications
from clinic.db import now
from clinic.models.accounts import Role
from clinic.models.calls import CallOutcome
from clinic.models.notifications import Channel, Notification, NotificationKind, NotificationState, Why
from clinic.models.people import ContactMethod
from clinic.models.telling import Telling
from clinic.models.texts import ReplyMeaning, ReplyResult, TextReply
from clinic.models.visits import Visit, VisitStatus
from clinic.queries import reaching
from clinic.work.messages import plain_words

N = NotificationState
ANSWERS = {"en": "Can my daughter come with me?", "de": "Darf meine Tochter mitkommen?"}


def tell_the_past(session, week):
    """Let what was told of the visits to come have gone out when they were booked, and give the desk calls to make."""
    opened = week.opened
    telling = Telling.of(opened.clinic.settings)
    for line in _waiting(session, Notification.kind != NotificationKind.TICKET):
        _went_out(session, line, opened.clinic, telling, week.stamps)
    session.flush()
    _for_the_desk(session, opened, telling)


def tell_the_numbers(session, week):
    """Let who came without a time have been told their number and their wait, now that they have those of their day."""
    telling = Telling.of(week.opened.clinic.settings)
    for line in _waiting(session, Notification.kind == NotificationKind.TICKET):
        line.visit_starts_at = line.visit.starts_at
        _went_out(session, line, week.opened.clinic, telling, week.stamps)


def _waiting(session, which):
    return session.scalars(
        sa.select(Notification)
        .where(Notification.state == N.WAITING, which)
        .options(joinedload(Notification.patient), joinedload(Notification.visit))
        .order_by(Notification.id)
        .execution_options(populate_existing=True)
    ).all()


def _went_out(session, line, clinic, telling, stamps):
    then = min(stamps.get(line.visit_id, {}).get("created_at", now()), now())
    ways = reaching.ways(session, line.patient, clinic.country, with_sms=True)
    line.created_at = line.send_at = then
    if not ways or ways[0].channel == Channel.PHONE:
        notifications.leave_out(line, Why.KNOWN)
        return
    words = plain_words(session, line, clinic, telling, ways[0].channel)
    notifications.begin(line, ways[0], words)
    line.state, line.sent_at, line.send_at = N.SENT, then, then


def _for_the_desk(session, opened, telling):
    """Two whom a text message did not reach, two who like to be called, one who was tried, and an answer to read."""
    coming = session.scalars(
        sa.select(Visit)
        .where(Visit.status == VisitStatus.BOOKED, Visit.starts_at > now())
        .options(joinedload(Visit.patient))
        .order_by(Visit.starts_at)
    ).all()
    called = [visit for visit in coming if visit.patient.preferred_contact_method == ContactMethod.PHONE][:2]
    texted = [visit for visit in coming if visit.patient.preferred_contact_method == ContactMethod.SMS][:2]
    for visit in called:
        _line(session, opened.clinic, telling, visit, Channel.PHONE, N.CALL, None)
    for visit, (state, why) in zip(texted, ((N.FAILED, Why.REFUSED), (N.UNCLEAR, Why.NO_ANSWER)), strict=False):
        line = _line(session, opened.clinic, telling, visit, Channel.SMS, state, why)
        if state == N.FAILED:
            session.flush()
            calls.record(line, CallOutcome.NO_ANSWER, note="Engaged", by=opened.staff[Role.RECEPTIONIST])
            session.add(_answer(line, ANSWERS[opened.demo.spoken]))


def _line(session, clinic, telling, visit, channel, state, why):
    line = Notification(
        clinic_id=clinic.id, id=uuid7(), patient_id=visit.patient_id, patient=visit.patient, visit=visit,
        visit_id=visit.id, kind=NotificationKind.REMINDER, offset_hours=max(visit.visit_type.reminder_hours),
        visit_starts_at=visit.starts_at, desk_since=now(), facts={}, attempts=0,
    )  # fmt: skip
    words = plain_words(session, line, clinic, telling, channel)
    session.add(line)
    notifications.begin(line, reaching.Reach(channel, visit.patient.phone), words)
    line.state, line.why = state, why
    return line


def _answer(line, text):
    return TextReply(
        clinic_id=line.clinic_id, id=uuid7(), patient_id=line.patient_id, notification_id=line.id,
        service_id=f"SM{line.id.hex}", sender=line.sent_to, text=text, meaning=ReplyMeaning.OTHER,
        result=ReplyResult.TO_READ, desk_since=now(),
    )  # fmt: skip
