"""What the service for text messages tells us: what became of a message, and what somebody answered."""

import re

from flask import Response, request
from flask_babel import force_locale
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import texts
from clinic.db import db
from clinic.integrations import sms
from clinic.languages import CONVERSATION
from clinic.models.notifications import Notification
from clinic.models.texts import ReplyMeaning
from clinic.queries.texts import clinics_of
from clinic.scope import Scope

bp = GuardedBlueprint("texts", __name__, face="public", url_prefix="/texts")
LARGEST = 64 * 1024
NUMBER = re.compile(r"\+[0-9]{4,20}")
NAME = re.compile(r"[A-Za-z0-9]{2,64}")


@bp.post("/<uuid:clinic_id>/<uuid:notification_id>/status", needs=Permission.PUBLIC, signed="sms", takes=LARGEST)
def status(clinic_id, notification_id):
    """What became of one of our messages; said twice, or out of order, it changes nothing twice."""
    db.session().enter(Scope.staff(clinic_id))
    line = db.session.get(Notification, (clinic_id, notification_id), with_for_update={"of": Notification})
    sid, code = _field("MessageSid", 64), _field("ErrorCode", 20)
    if line is not None and NAME.fullmatch(sid):
        became = _field("MessageStatus", 40)
        texts.heard(line, sms.RANKS, sid, became, code or None, arrived=sms.ARRIVED, lost=sms.LOST)
    return "", 204


@bp.post("/reply", needs=Permission.PUBLIC, signed="sms", takes=LARGEST)
def reply():
    """What somebody answered: brought to every clinic that wrote to them; a job says which of them keeps it."""
    sid, sender, meaning = _field("MessageSid", 64), _field("From", 30), _meaning()
    if NAME.fullmatch(sid) and NUMBER.fullmatch(sender):
        if meaning in (ReplyMeaning.STOP, ReplyMeaning.START):
            (texts.stop if meaning == ReplyMeaning.STOP else texts.start)(db.session(), sender)
        for clinic_id in clinics_of(db.session(), sender):
            db.session().enter(Scope.staff(clinic_id))
            texts.receive(db.session(), clinic_id, sid, sender, _field("Body", texts.LONGEST), meaning)
    return Response("<Response/>", mimetype="text/xml")


def _meaning():
    """What the answer means, in any language we talk in; the service itself may have read a STOP in it."""
    said = _field("OptOutType", 20).lower()
    if said in ("stop", "start"):
        return ReplyMeaning(said)
    return texts.meaning_of(_field("Body", texts.LONGEST), [_words(language) for language in CONVERSATION])


def _words(language):
    with force_locale(language):
        return {meaning: _(listed) for meaning, listed in texts.WORDS.items()}


def _field(name, most):
    return request.form.get(name, "").replace("\x00", "")[:most]
