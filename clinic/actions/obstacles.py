"""What stands in the way of a wish: every reason in the clinic's words, said here once, in the order they are said.

Whoever books stops at the first of them; whoever asks why a move was refused is told all of them at once.
"""

from datetime import timedelta

from clinic.actions.acting import Refused
from clinic.actions.slots import TimeTaken
from clinic.db import now, word
from clinic.models.people import VisitMode
from clinic.models.schedule import BookingRule
from clinic.models.visits import VisitStatus

# Where a visit takes place, inside a sentence.
MODES = {VisitMode.IN_PERSON: word("in person"), VisitMode.VIRTUAL: word("by video")}
MOVABLE = (VisitStatus.REQUESTED, VisitStatus.BOOKED, VisitStatus.CONFIRMED)


def of_moving(visit, wish, *, by):
    """Why the visit cannot be moved at all, or only with a reason."""
    if visit.status not in MOVABLE:
        yield Refused("A visit can be moved only before the patient is here.")
    elif by.in_portal and not visit.is_movable_by_patients:
        yield Refused("Only the clinic can move this visit. Please call us.")
    elif by.in_portal and not visit.patient_may_move:
        yield Refused("It is too late to move this visit here. Please call us.")
    elif is_into_the_past(visit, wish.starts_at):
        yield Refused("This time is already over.")
    elif not (by.in_portal or wish.overbook or visit.is_before_cutoff("move_cutoff_hours")):
        yield Refused("Patients cannot move this visit any more. Say why it is moved.", field="overbook_reason")


def is_into_the_past(visit, starts_at):
    """Whether a visit that is still to come would be put where it has begun already: its patient would not hear of it.

    What is over may be moved within what is over, to write down when it really was.
    """
    return starts_at <= now() < visit.starts_at


def of_terms(wish, terms, *, by):
    """Why the clinic does not offer what is wished for, whatever the time; ``terms`` as ``booking.LOCK`` reads them."""
    if terms is None:
        yield Refused("This doctor or this type of visit is not offered here.")
        return
    doctor = terms.display_name
    if terms.approved_at is None or not terms.is_active:
        yield Refused("%(doctor)s cannot be booked at the moment.", doctor=doctor)
    if terms.offer_id is None or not terms.type_is_active:
        yield Refused("%(doctor)s does not offer this type of visit.", doctor=doctor)
    if wish.patient_id is not None and terms.patient_gone is not False:
        yield Refused("This patient cannot be booked.")
    if terms.visit_mode and terms.visit_mode != wish.visit_mode:
        yield Refused("This type of visit is only %(mode)s.", mode=MODES[VisitMode(terms.visit_mode)])
    if wish.visit_mode == VisitMode.VIRTUAL and not terms.telemed_enabled:
        yield Refused("%(doctor)s does not see patients by video.", doctor=doctor)
    if by.in_portal:
        yield from _of_the_patients_rules(wish, terms)


def _of_the_patients_rules(wish, terms):
    if terms.booking == BookingRule.OFF:
        yield Refused("This type of visit is booked by the clinic. Please call us.")
    if wish.starts_at < now() + timedelta(minutes=terms.minimum_notice_minutes):
        yield TimeTaken("That time is too soon to book here. Please choose a later one or call us.", wish)
    if wish.starts_at > now() + timedelta(days=terms.horizon_days):
        yield TimeTaken("You can book up to %(days)s days ahead.", wish, days=terms.horizon_days)


def of_time(wish, terms, found):
    """Why the time is not open; ``found`` as ``open_times.FITS`` reads it. Of a block alone no reason helps."""
    doctor = terms.display_name
    if found.blocked:
        yield TimeTaken("%(doctor)s is away at that time.", wish, doctor=doctor)
    if found.day_full:
        sentence = word("%(doctor)s has no more visits of this type that day.")
        yield TimeTaken(sentence, wish, field="overbook_reason", doctor=doctor)
    if found.seat_in:
        return
    if found.closed:
        yield TimeTaken("It is closed at that time; %(doctor)s sees nobody.", wish, doctor=doctor)
    shared = found.seat_without_room
    if not shared:
        yield from _of_what_is_there(wish, doctor, found)
    if shared or (found.inside_hours and not found.rooms_free):
        any_room = word("No room is free for this visit at that time.")
        yield TimeTaken(word("The room is not free at that time.") if wish.wanted_rooms else any_room, wish)
    if not (shared or found.inside_hours):
        yield not_here(wish, terms)


def _of_what_is_there(wish, doctor, found):
    if found.taken:
        yield TimeTaken("That time is no longer free.", wish)
    elif not (found.free or found.blocked):
        # Only what the visit needs before or after it reaches into blocked time.
        sentence = word("%(doctor)s is away right before or after that time, and this visit needs some time around it.")
        yield TimeTaken(sentence, wish, doctor=doctor)


def not_here(wish, terms):
    """The time lies outside the doctor's hours, or between the times they begin at."""
    return TimeTaken("%(doctor)s is not here at that time.", wish, doctor=terms.display_name)
