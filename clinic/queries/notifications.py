"""The ledger of one visit: what its patient was told, what came of it, and what will be told next."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from clinic.db import now
from clinic.models.notifications import Notification, NotificationKind
from clinic.models.offers import SlotOffer
from clinic.models.visits import VisitStatus
from clinic.queries.calls import asks, attempts_of
from clinic.queries.reaching import zone_of

MOST = 100


@dataclass(frozen=True, slots=True)
class Ledger:
    """The lines, the newest first, with the calls about each; and when the reminders to come go out."""

    lines: list
    calls: dict
    reminders: list[datetime]

    @staticmethod
    def asks(line) -> str | None:
        """What the patient may answer to the line where somebody calls about it."""
        return asks(line.kind, line.visit and line.visit.is_unconfirmed)


def ledger(session, visit, clinic, telling) -> Ledger:
    """What the visit's patient was told and will be told."""
    lines = of_visit(session, visit)
    return Ledger(lines, attempts_of(session, [line.id for line in lines]), to_come(visit, clinic, telling))


def of_visit(session, visit) -> list[Notification]:
    """The visit's lines, the newest first; at most a hundred."""
    return session.scalars(
        sa.select(Notification)
        .where(_about(visit))
        .order_by(Notification.created_at.desc(), Notification.id.desc())
        .limit(MOST)
    ).all()


def heard(session, visit) -> list[Notification]:
    """What reached the visit's patient, or was handed over for them, the newest first; at most twenty."""
    return session.scalars(
        sa.select(Notification)
        .where(_about(visit), Notification.sent_at.is_not(None))
        .order_by(Notification.sent_at.desc(), Notification.id.desc())
        .limit(20)
    ).all()


def _about(visit):
    """The condition that a line is about the visit, or about an offer that it came of or was moved by."""
    its = sa.select(SlotOffer.id).where(SlotOffer.clinic_id == visit.clinic_id, SlotOffer.visit_id == visit.id)
    # An array is looked up before the lines are, so that both halves are found by their index.
    offer_ids = sa.func.array(its.scalar_subquery())
    return sa.or_(Notification.visit_id == visit.id, Notification.offer_id == sa.any_(offer_ids))


def to_come(visit, clinic, telling) -> list[datetime]:
    """When the visit's reminders that lie ahead go out, the next one first; none where nobody is reminded.

    One that is due in the quiet hours waits for their end, as whoever sends it will see.
    """
    if visit.status not in (VisitStatus.BOOKED, VisitStatus.CONFIRMED) or visit.visit_type is None:
        return []
    if NotificationKind.REMINDER in telling.off or visit.patient.is_deceased:
        return []
    zone = zone_of(visit.patient, clinic)
    due = {telling.reminder_at(visit.starts_at, hours, zone) for hours in visit.visit_type.reminder_hours}
    return sorted({telling.quiet_ends(moment, zone) or moment for moment in due if moment > now()})
