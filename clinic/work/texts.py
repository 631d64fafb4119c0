"""Jobs about text messages that came back."""

import sqlalchemy as sa

from clinic.actions import texts
from clinic.models.texts import ReplyResult, TextReply
from clinic.work.handlers import handles


@handles(texts.UNDERSTAND)
def understand(session, *, by, reply_id):
    """Do what somebody answered by text message, or leave it to the desk."""
    sender = session.scalar(sa.select(TextReply.sender).where(TextReply.id == reply_id))
    if sender is None:
        return
    elsewhere = texts.asked_elsewhere(session, by.clinic_id, sender)
    reply = session.get(TextReply, (by.clinic_id, reply_id), with_for_update={"of": TextReply})
    if reply.result == ReplyResult.TO_READ and reply.notification_id is None and reply.desk_done_at is None:
        texts.understand(reply, elsewhere, by=by)
