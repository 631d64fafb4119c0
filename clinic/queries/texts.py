"""Which clinics wrote to a number, and which visits wait for an answer from it."""

import sqlalchemy as sa

from clinic.models.notifications import Channel, Notification, NotificationKind, NotificationState
from clinic.models.texts import TextNumber
from clinic.models.visits import Visit, VisitStatus
from clinic.queries.reaching import number_hash

MOST_CLINICS = 20
HANDED_OVER = (NotificationState.SENT, NotificationState.DELIVERED, NotificationState.UNCLEAR)


def clinics_of(session, number) -> list:
    """The ids of the clinics that wrote to the number (E.164), the one that did so last first."""
    return session.scalars(
        sa.select(TextNumber.clinic_id)
        .where(TextNumber.number_hash == number_hash(number))
        .order_by(TextNumber.last_at.desc(), TextNumber.clinic_id)
        .limit(MOST_CLINICS)
    ).all()


def asking(session, number) -> list[Notification]:
    """The last reminder to the number (E.164) of each visit to come, the newest first; unanswered ones if any are.

    A visit that was confirmed waits for no answer any more, but may still be called off while no other does.
    """
    rows = session.execute(
        sa.select(Notification, Visit.status)
        .join(Visit, sa.and_(Visit.clinic_id == Notification.clinic_id, Visit.id == Notification.visit_id))
        .where(
            Notification.channel == Channel.SMS, Notification.sent_to == number,
            Notification.kind == NotificationKind.REMINDER, Notification.state.in_(HANDED_OVER),
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
