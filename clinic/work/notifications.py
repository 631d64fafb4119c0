"""Jobs that tell patients: a line of the ledger is sent by the way they prefer, once; reminders when they are due."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import object_session

from clinic import jobs
from clinic.actions import notifications, reminders
from clinic.db import now
from clinic.models.notifications import Channel, Notification, NotificationKind, NotificationState, Why
from clinic.models.offers import OfferPurpose, SlotOffer
from clinic.models.organizations import Clinic
from clinic.models.telling import Telling
from clinic.queries import reaching
from clinic.queries.desk import is_there
from clinic.queries.strandings import is_stranded
from clinic.queries.telling import companions, needless, needs_no_call, soonest_of
from clinic.scope import Scope
from clinic.texting import sms_is_there
from clinic.work import handing_over
from clinic.work.handlers import handles
from clinic.work.messages import words_of

# Whoever was handing a message over this long ago has died.
BUSY = timedelta(seconds=90)
# Closer to the visit than this, a change does not wait for the end of the quiet hours.
URGENT = timedelta(hours=1)
# How long a reminder waits until somebody looks again whether its visit has its time back.
LOST = timedelta(minutes=10)


@handles(notifications.SEND)
def send(session, *, by, notification_id):
    """Tell a patient what the line of the ledger says; one that was told already, or no longer holds, is left alone."""
    line = session.get(Notification, (by.clinic_id, notification_id), with_for_update={"of": Notification})
    if line is None or not line.is_under_way:
        return
    if line.state == NotificationState.SENDING and not _left_behind(line):
        return
    clinic = session.get(Clinic, by.clinic_id)
    telling = Telling.of(clinic.settings)
    if why := needless(session, line, telling):
        notifications.leave_out(line, why)
    elif waits := _waits_until(session, line, clinic, telling):
        notifications.try_again(line, waits)
    else:
        _tell(session, line, clinic, telling, by)


def _left_behind(line):
    """Whether to go on with what another worker had in hand; a text message that may be under way is not repeated."""
    if now() - line.send_at < BUSY:
        # Another worker may have it in hand; a look later tells.
        jobs.put(object_session(line), notifications.SEND, at=line.send_at + BUSY, clinic_id=line.clinic_id,
                 notification_id=line.id)  # fmt: skip
        return False
    if line.channel == Channel.SMS:
        notifications.leave_unclear(line)
        return False
    return True


def _waits_until(session, line, clinic, telling):
    """Until when the message has to wait, or None."""
    if line.send_at > now():
        return line.send_at
    # Put down just before the visit lost its time: to be said if it has it back, and needless once it has another.
    if line.kind == NotificationKind.REMINDER and is_stranded(session, line.visit):
        return now() + LOST
    if line.at_once:
        return None
    ends = telling.quiet_ends(now(), reaching.zone_of(line.patient, clinic))
    soonest = soonest_of(session, line) if ends and not line.offset_hours else None
    return None if soonest and soonest < ends + URGENT else ends


def _tell(session, line, clinic, telling, by):
    way = _way(session, line, clinic)
    if way and way.channel == Channel.PHONE and (why := needs_no_call(session, line)):
        notifications.leave_out(line, why)
        return
    if others := companions(session, line, telling):
        notifications.gather(line, others)
    if not way:
        # Whoever meets them says what is written here, of all the visits it is about.
        notifications.keep_words(line, words_of(session, line, clinic, telling, Channel.PHONE, by=by))
        notifications.fail(line, Why.NO_ADDRESS)
        return
    words = words_of(session, line, clinic, telling, way.channel, by=by)
    if way.channel == Channel.PHONE:
        notifications.to_call(line, way, words)
        return
    notifications.begin(line, way, words)
    handing_over.hand_over(session, line, clinic, telling, words)


def _way(session, line, clinic):
    """The way to take: the patient's own choice, but no call that nobody makes about a time kept for minutes."""
    ways = reaching.ways(session, line.patient, clinic.country, with_sms=sms_is_there())
    written = [each for each in ways if each.channel != Channel.PHONE]
    if written and ways[0].channel == Channel.PHONE and _cannot_wait(session, line):
        return ways[0] if is_there(session, clinic) else written[0]
    return ways[0] if ways else None


def _cannot_wait(session, line):
    """Whether it is an offer to the waiting list, whose time goes to the next in line by itself."""
    offer = line.offer_id and session.get(SlotOffer, (line.clinic_id, line.offer_id))
    return line.kind == NotificationKind.OFFER and offer.purpose == OfferPurpose.WAITLIST


@handles("notifications.remind", cron="* * * * *")
def remind(session, *, by):
    """Put down the reminders of every clinic that are due, some hundreds at a time, and give up what got stuck."""
    open_clinics = session.scalars(sa.select(Clinic).where(Clinic.closed_at.is_(None))).all()
    for clinic in open_clinics:
        session.enter(Scope.staff(clinic.id))
        at, after, telling = session.scalar(sa.select(sa.func.now())), None, Telling.of(clinic.settings)
        while starts := reminders.claim(session, clinic, telling, at=at, after=after):
            # What is written down stays, whatever becomes of this worker.
            session.commit()
            after = starts[-1]
        session.commit()


@handles("notifications.rescue", cron="23 * * * *")
def rescue(session, *, by):
    """Hand to the desk what should have gone out an hour ago and whose job is gone: nothing is forgotten silently."""
    for clinic_id in session.scalars(sa.select(Clinic.id).where(Clinic.closed_at.is_(None))).all():
        session.enter(Scope.staff(clinic_id))
        for line in session.scalars(STUCK).all():
            notifications.fail(line, Why.AWAY)
        session.commit()


LATE = sa.func.now() - timedelta(hours=1)
STUCK = (
    sa.select(Notification)
    .where(
        Notification.state.in_((NotificationState.WAITING, NotificationState.SENDING)),
        Notification.send_at < LATE, Notification.updated_at < LATE,
    )
    .order_by(Notification.send_at)
    .limit(100)
    .with_for_update(skip_locked=True, of=Notification)
)  # fmt: skip
