"""What the lines of a ledger say of themselves: how a message went out, what became of it, what happens next."""

from flask_babel import gettext as _

from clinic.filters import moment
from clinic.models.notifications import Channel, NotificationKind, NotificationState, Why

N = NotificationState


def kind_of(line) -> str:
    """What the message says."""
    if line.facts.get("elsewhere"):
        return _("The visit keeps its time, at another place")
    return _(NotificationKind(line.kind).label)


def state_of(line) -> str:
    """Where the message stands, with the way it takes."""
    state = NotificationState(line.state)
    if line.channel is None or state == N.CALL:
        return _(state.label)
    return f"{_(state.label)} · {_(Channel(line.channel).label).lower()}"


def why_of(line) -> str:
    """Why it was not sent or did not arrive; nothing where there is nothing to say."""
    return _(Why(line.why).label) if line.why else ""


def next_of(line) -> str:
    """What happens next, where anything does."""
    if line.state in (N.WAITING, N.SENDING):
        if line.why:
            return _("It is tried again from %(time)s.", time=moment(line.send_at))
        return _("It goes out from %(time)s.", time=moment(line.send_at))
    if line.waits_for_the_desk:
        return _("The desk calls the patient.")
    return ""


def tone_of(line) -> str:
    """The tone of the tag with its state."""
    if line.state in (N.FAILED, N.UNCLEAR, N.CALL):
        return "bad" if line.waits_for_the_desk else "plain"
    return "good" if line.state in (N.SENT, N.DELIVERED) else "plain" if line.state == N.NOT_NEEDED else "info"
