"""Which clinics wrote to a number, and which visits and offers wait for an answer from it."""

import sqlalchemy as sa

from clinic.models.notifications import Channel, Notification, NotificationKind, NotificationState
from clinic.models.offers import SlotOffer
from clinic.models.texts import TextNumber
from clinic.models.visits import Visit, VisitStatus
from clinic.queries.reaching import number_hash

MOST_CLINICS = 20
HANDED_OVER = (NotificationState.SENT, NotificationState.DELIVERED, NotificationState.UNCLEAR)
# One that nobody knows arrived has no moment of its own.
ASKED_AT = sa.func.coalesce(Notification.sent_at, Notification.send_at)


def clinics_of(session, number) -> list:
    """The ids of the clinics that wrote to the number (E.164), the one that did so last first."""
    return session.scalars(
        sa.select(TextNumber.clinic_id)
        .where(TextNumber.number_hash == number_hash(number))
        .order_by(TextNumber.last_at.desc(), TextNumber.clinic_id)
        .limit(MOST_CLINICS)
    ).all()


def asking(session, number, since=None) -> list[Notification]:
    """What the number (E.164) may be answering: reminders, and the offers that came after them; the newest first.

    ``since`` is when another clinic's last reminder came, if one did: offers from before it are not meant either.
    """
    reminded = _reminders(session, number)
    moments = [_asked_at(line) for line in reminded] + [since] * bool(since)
    return _offers(session, number, since=max(moments, default=None)) + reminded


def reminded_at(session, number):
    """When the number (E.164) was reminded last of a visit that it may be answering about, or None."""
    return max((_asked_at(line) for line in _reminders(session, number)), default=None)


def last_written(session, number) -> list[Notification]:
    """The last message to the number (E.164), if all that went there were to one patient; else nothing."""
    there = _texted(number)
    last = session.scalars(
        sa.select(Notification).where(*there).order_by(ASKED_AT.desc(), Notification.id.desc()).limit(1)
    ).all()
    others = sa.exists().where(*there, Notification.patient_id.not_in([line.patient_id for line in last]))
    return [] if session.scalar(sa.select(others)) else last


def _reminders(session, number):
    """The last reminder of each visit to come, the newest first; unanswered ones if any are.

    A visit that was confirmed waits for no answer any more, but may still be called off while no other does.
    """
    rows = session.execute(
        sa.select(Notification, Visit.status)
        .join(Visit, sa.and_(Visit.clinic_id == Notification.clinic_id, Visit.id == Notification.visit_id))
        .where(
            *_texted(number), Notification.kind == NotificationKind.REMINDER,
            Notification.visit_starts_at == Visit.starts_at,
            Visit.status.in_((VisitStatus.BOOKED, VisitStatus.CONFIRMED)), Visit.starts_at > sa.func.now(),
        )
        .order_by(Notification.sent_at.desc())
        .limit(50)
    ).all()  # fmt: skip
    latest = {}
    for line, status in rows:
        latest.setdefault(line.visit_id, (line, status))
    waiting = [line for line, status in latest.values() if status == VisitStatus.BOOKED]
    return waiting or [line for line, _status in latest.values()]


def _offers(session, number, since):
    """The last message of each unanswered offer, the newest first; after an instant, if one is given.

    Who answers an offer a minute after its end, or after it was taken back, means the offer nonetheless.
    """
    rows = session.scalars(
        sa.select(Notification)
        .join(
            SlotOffer,
            sa.and_(SlotOffer.clinic_id == Notification.clinic_id, SlotOffer.id == Notification.offer_id),
        )
        .where(
            *_texted(number), Notification.kind == NotificationKind.OFFER, SlotOffer.answered_at.is_(None),
            SlotOffer.starts_at > sa.func.now(), *([since < ASKED_AT] if since else []),
        )
        .order_by(ASKED_AT.desc())
        .limit(50)
    ).all()  # fmt: skip
    return list({line.offer_id: line for line in reversed(rows)}.values())[::-1]


def _texted(number):
    return (
        Notification.channel == Channel.SMS, Notification.sent_to == number, Notification.state.in_(HANDED_OVER)
    )  # fmt: skip


def _asked_at(line):
    return line.sent_at or line.send_at
