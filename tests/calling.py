"""What the desk has to tell by phone, for tests: an offered time, a reminder."""

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from clinic.actions import request_offers, requests
from clinic.db import now
from clinic.models.notifications import Channel, Notification, NotificationKind, NotificationState
from clinic.models.people import Severity
from clinic.queries.requests import live_offer


def to_call(session, line):
    """The line stands on the desk's list of calls."""
    line.channel, line.state, line.text, line.desk_since = (
        Channel.PHONE, NotificationState.CALL, "There is a time for you.", now(),
    )  # fmt: skip
    session.commit()
    return line


def line_of(session, offer):
    """What the patient is told of the offer."""
    return session.scalars(sa.select(Notification).where(Notification.offer_id == offer.id)).one()


def proposed(session, cast):
    """Eleven o'clock in two days, proposed to Maya, who asked for a visit."""
    asking = requests.Asking(reason="Cough", visit_type_id=cast.consultation.id)
    asked = requests.ask(session, cast.maya_patient, asking, severity=Severity.GREEN, by=cast.amara.actor)
    wish = cast.wish(cast.tomorrow_at(11, days=2), patient=cast.maya_patient)
    request_offers.propose(asked, wish, by=cast.amara.actor)
    session.commit()
    return live_offer(session, asked)


def to_remind(session, visit):
    """The desk has to remind the visit's patient of it by phone."""
    line = Notification(
        clinic_id=visit.clinic_id, id=uuid7(), patient_id=visit.patient_id, visit_id=visit.id,
        kind=NotificationKind.REMINDER, offset_hours=48, visit_starts_at=visit.starts_at,
    )  # fmt: skip
    session.add(line)
    return to_call(session, line)
