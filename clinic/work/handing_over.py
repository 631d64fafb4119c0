"""Handing a message to the service that carries it, and what the ledger says afterwards."""

from datetime import timedelta
from pathlib import Path

from flask import current_app

from clinic.actions import notifications, texts
from clinic.actions.breakers import Resting
from clinic.db import now
from clinic.integrations import mail, sms
from clinic.links import link
from clinic.models.notifications import Channel, Notification, NotificationState, Why
from clinic.work.breakers import tried
from clinic.work.letters import post
from clinic.work.messages import mail_of
from clinic.work.patience import LONGEST_WAIT

# A service that is away is asked again for a day: after 3, 9, 27 and 81 seconds, and then 360 times after 240.
MOST_ATTEMPTS = 365


def hand_over(session, line, clinic, telling, words):
    """Send what ``begin`` has written down; nothing is locked meanwhile."""
    if line.channel == Channel.SMS:
        _text(session, line, words)
    else:
        _mail(session, line, clinic, telling, words)


def _mail(session, line, clinic, telling, words):
    try:
        message = mail_of(session, line, clinic, telling, words)
    except ValueError:
        # An address that no header can carry, out of another system's data.
        notifications.fail(line, Why.REFUSED)
        return
    try:
        post(session, message, str(line.id))
    except mail.MailRefused:
        notifications.fail(_again(session, line), Why.REFUSED)
    except (mail.MailNotSent, Resting):
        _later(_again(session, line))
    else:
        notifications.handed_over(_again(session, line))


def _text(session, line, words):
    try:
        taken = _post_text(session, line, words.text)
    except Resting:
        _later(_again(session, line))
    except sms.SmsRefused as error:
        _refused(session, _again(session, line), error.code)
    except sms.SmsUnclear:
        line = _again(session, line)
        if line.state == NotificationState.SENDING:
            notifications.leave_unclear(line)
    except sms.SmsNotSent:
        _later(_again(session, line))
    else:
        texts.written_to(session, line)
        notifications.handed_over(_again(session, line), service_id=taken.id, service_status=taken.status)


def _post_text(session, line, text):
    config = current_app.config
    if config["SMS_URL"]:
        service = sms.service_of(config["SMS_URL"], config["SMS_FROM"], config["SMS_ACCOUNT"])
        callback = link("public.texts.status", clinic_id=line.clinic_id, notification_id=line.id)
        with tried(session, "sms", away=sms.SmsNotSent, but=sms.SmsRefused):
            return sms.send(service, line.sent_to, text, callback)
    session.commit()
    sms.keep(Path(config["MAIL_FOLDER"]), line.sent_to, text, str(line.id))
    return sms.Taken(str(line.id), "sent")


def _refused(session, line, code):
    if code == sms.STOPPED:
        # The service knows that they asked for no more: remembered here, the next way is taken.
        texts.written_to(session, line)
        texts.stop(session, line.sent_to)
        notifications.try_again(line, now(), Why.STOPPED)
    else:
        notifications.fail(line, Why.REFUSED, code)


def _again(session, line):
    """The line as it is now, locked: the service may have said something of it meanwhile."""
    session.refresh(line, with_for_update={"of": Notification})
    return line


def next_try(attempts: int) -> timedelta | None:
    """How long after so many tries in vain the next one comes; None where there is none any more."""
    return None if attempts >= MOST_ATTEMPTS else timedelta(seconds=min(3**attempts, LONGEST_WAIT))


def _later(line):
    if (wait := next_try(line.attempts)) is None:
        notifications.fail(line, Why.AWAY)
    else:
        notifications.try_again(line, now() + wait, Why.AWAY)
