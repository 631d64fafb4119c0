"""What patients answer the desk: yes or no to the time they are offered, or that they come to the visit they know of.

The answer settles the call or the text message that it came by as well.
"""

from sqlalchemy.orm import object_session

from clinic.actions import calls, offers, own_visits, texts
from clinic.actions.acting import Refused
from clinic.models.calls import CallOutcome
from clinic.models.notifications import Notification
from clinic.models.offers import SlotOffer


def accept(line: Notification, *, by, note=None, reply=None) -> SlotOffer:
    """The patient takes the time that the message offers: it is booked, or their visit moves there."""
    offer = offers.accept(_offer(line), by=by)
    _settle(line, reply, note, by)
    return offer


def decline(line: Notification, *, by, note=None, reply=None) -> SlotOffer:
    """The time that the message offers does not suit: it is free again."""
    offer = offers.decline(_offer(line), by=by)
    _settle(line, reply, note, by)
    return offer


def confirm(line: Notification, *, by, note=None):
    """The patient comes to the visit that the message reminds of."""
    if line.visit.starts_at != line.visit_starts_at:
        raise Refused("The visit has another time by now. Please look at it first.")
    visit = own_visits.confirm(line.visit, by=by)
    _settle(line, None, note, by)
    return visit


def _offer(line):
    return object_session(line).get(SlotOffer, (line.clinic_id, line.offer_id))


def _settle(line, reply, note, by):
    if line.waits_for_the_desk:
        calls.record(line, CallOutcome.REACHED, note=note, by=by)
    if reply is not None and reply.notification_id == line.id:
        texts.read(reply, by=by)
