"""What patients answer the desk: yes or no to the time they are offered, or that they come to the visit they know of.

The answer settles the call or the text message that it came by as well; taken back, that is to be done again.
"""

from sqlalchemy.orm import object_session

from clinic.actions import calls, offer_returns, offers, own_visits, texts
from clinic.actions.acting import Refused
from clinic.actions.moves import hold
from clinic.db import now
from clinic.models.calls import CallOutcome
from clinic.models.notifications import Notification, NotificationKind
from clinic.models.offers import SlotOffer
from clinic.models.visits import UNDO_WINDOW, EventKind, VisitStatus
from clinic.queries.day import history_of


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


def take_back(line: Notification, *, by, reply=None):
    """Take back the answer that the person has just noted by a wrong click, if nothing has come of it yet."""
    if line.kind == NotificationKind.REMINDER:
        _leave_open(line, by)
    else:
        offer_returns.reopen(_offer(line), by=by)
    if reply is not None and reply.notification_id == line.id:
        texts.put_back(reply, by=by)
    else:
        calls.undo(line, by=by)


def _leave_open(line, by):
    """Leave open again whether the patient comes; nothing may have happened to the visit since they were said to."""
    visit = line.visit
    hold(visit)
    last = next(each for each in history_of(object_session(visit), visit) if each.kind != EventKind.NOTE)
    is_theirs = last.changed_by_id == by.user_id and now() - last.created_at <= UNDO_WINDOW
    if visit.state != VisitStatus.CONFIRMED or visit.starts_at != line.visit_starts_at or not is_theirs:
        raise Refused("The visit has gone on since, so this stays as it is. Please look at it first.")
    own_visits.unconfirm(visit, by=by)


def _offer(line):
    return object_session(line).get(SlotOffer, (line.clinic_id, line.offer_id))


def _settle(line, reply, note, by):
    if line.waits_for_the_desk:
        calls.record(line, CallOutcome.REACHED, note=note, by=by)
    if reply is not None and reply.notification_id == line.id:
        texts.read(reply, by=by)
