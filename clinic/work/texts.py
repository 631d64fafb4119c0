"""Jobs about text messages that came back."""

from clinic.actions import texts
from clinic.models.texts import TextReply
from clinic.work.handlers import handles


@handles(texts.UNDERSTAND)
def understand(session, *, by, reply_id):
    """Do what somebody answered by text message, or leave it to the desk."""
    reply = session.get(TextReply, (by.clinic_id, reply_id), with_for_update={"of": TextReply})
    if reply is not None and reply.notification_id is None and reply.desk_done_at is None:
        texts.understand(reply, by=by)
