"""The cascade: what became free is offered to the next in line, held for them, and to the one after on a no.

Locks are taken as an answer takes them: the doctor, then whoever is offered something.
"""

from datetime import timedelta
from zoneinfo import ZoneInfo

from clinic import bell
from clinic.actions import offer_purposes, offers, slots, waitlist
from clinic.actions.acting import Refused
from clinic.actions.freed_times import GRACE, tell_waitlist
from clinic.actions.offer_returns import GONE_ON
from clinic.db import now
from clinic.models.offers import OfferPurpose
from clinic.models.organizations import Clinic
from clinic.models.people import VisitMode
from clinic.models.telling import Telling
from clinic.models.waitlist import WaitlistEntry, WaitStatus
from clinic.queries.desk import there_from
from clinic.queries.open_times import fits, open_times
from clinic.queries.reaching import is_only_called, is_reachable, zone_of
from clinic.queries.waitlist import Freed, entry_for, hold_for, line, own_visits, thinks_until

W = WaitStatus
# How many in line are looked at for one freed time, and how far ahead, before it is left to whoever books it.
MOST, STARTS = 50, 300
AT_ONCE = timedelta()


def refill(session, freed: Freed, *, by) -> list:
    """Offer a doctor's free time to those in line, as long as there is any of it left; returns the offers made."""
    clinic = session.get(Clinic, freed.clinic_id)
    hold, wakes = hold_for(clinic.settings), quiet_until(clinic)
    if wakes:
        # Nobody is woken for twenty minutes' thought; whoever books meanwhile may have the time.
        tell_waitlist(session, freed.clinic_id, freed.provider_id, freed.starts_at, freed.ends_at, after=wakes - now())
        return []
    session.connection().execute(slots.LOCK_DOCTOR, {"clinic_id": freed.clinic_id, "provider_id": freed.provider_id})
    slots.drop_expired(session, freed.clinic_id, freed.provider_id)
    left, made = freed.since(now() + hold), []
    if left.ends_at <= left.starts_at:
        return made
    desk_opens, passed_over = there_from(session, clinic), False
    for entry, known in line(session, left, clinic.timezone, MOST):
        if _needs_the_desk(session, clinic, entry, desk_opens):
            passed_over = True
            continue
        offer = _offer(session, clinic, left, entry, known, hold, by=by)
        if offer:
            made.append(offer)
            if offer.starts_at <= left.starts_at and offer.ends_at >= left.ends_at:
                break
    else:
        _look_again(session, left, clinic, desk_opens if passed_over else None)
    if made:
        # Said at the end: what is undone for one in line takes the bells with it that rang before.
        bell.ring(session, freed.clinic_id, waitlist.TOPIC)
    return made


def _needs_the_desk(session, clinic, entry, desk_opens):
    """Whether only a call would tell them, and nobody is there to make it before the time would be another's."""
    is_there = desk_opens is not None and desk_opens <= now()
    return not is_there and is_only_called(session, entry.patient, clinic.country)


def _look_again(session, freed, clinic, desk_opens):
    """Somebody may have the time later: whoever thinks about another one and says no, and whom the desk has to call."""
    for until in filter(None, (thinks_until(session, freed, clinic.timezone), desk_opens)):
        span = freed.clinic_id, freed.provider_id, freed.starts_at, freed.ends_at
        tell_waitlist(session, *span, after=max(AT_ONCE, until - now()))


def _offer(session, clinic, freed, entry, known, hold, *, by):
    """The first start that suits the entry, held and sent, or None where none does or they cannot be asked now."""
    # Neither is kept from the next in line: somebody asleep would not answer, nor who has no address and no number.
    if quiet_until(clinic, zone_of(entry.patient, clinic)) or not is_reachable(session, entry.patient):
        return None
    for starts_at, mode in _starts(session, clinic, freed, entry, known):
        offering = offers.Offering(
            OfferPurpose.WAITLIST, clinic.id, entry.patient_id, freed.provider_id, entry.visit_type_id, starts_at,
            until=now() + hold, visit_mode=mode, visit_id=known.visit_id, waitlist_entry_id=entry.id,
        )  # fmt: skip
        try:
            with session.begin_nested():
                offer = offers.prepare(session, offering, by=by)
                entry.status = W.OFFERED
                return offers.send(offer, by=by)
        except Refused:
            # Somebody booked it this moment, or the patient has been offered something else: the line goes on.
            return None
    return None


def _starts(session, clinic, freed, entry, known):
    """Starts in the freed time that the entry can take, each with where; those of the first kind that has any."""
    for mode in _modes(entry, known):
        found = _starts_of(session, clinic, freed, entry, known, mode)
        if found:
            return [(starts_at, mode) for starts_at in found]
    return []


def _starts_of(session, clinic, freed, entry, known, mode):
    """Such starts in person or by video, soonest first; the very start given back among them."""
    earliest = freed.since(now() + hold_for(clinic.settings) + _notice(entry)).starts_at
    first, last = freed.days(ZoneInfo(clinic.timezone))
    first, last = max(first, entry.earliest_on), min(last, entry.latest_on)
    if first > last or earliest >= freed.ends_at:
        return []
    kind = entry.visit_type
    found = open_times(
        session, clinic, kind, [freed.provider_id], first, last, mode=mode, earliest=earliest, latest=freed.ends_at,
        most=STARTS,
    )  # fmt: skip
    starts = {each.starts_at for each in found if entry.suits_place(each.location_id)}
    if freed.starts_at >= earliest:
        there = fits(session, clinic, kind.id, freed.provider_id, freed.starts_at, mode=mode)
        is_open = there and there.free and there.inside_hours and there.rooms_free
        if is_open and not (there.blocked or there.closed or there.day_full) and entry.suits_place(there.location_id):
            starts.add(freed.starts_at)
    starts -= set(known.had)
    return sorted(each for each in starts if entry.suits(each, clinic.timezone, known.visit_starts_at))


def quiet_until(clinic, zone=None):
    """When the quiet hours end that it is now, on the clinic's clock or a patient's; None outside of them."""
    return Telling.of(clinic.settings).quiet_ends(now(), zone or ZoneInfo(clinic.timezone))


def _notice(entry):
    return timedelta(minutes=entry.visit_type.minimum_notice_minutes)


def _modes(entry, known):
    """Where the visit may be, best first: an earlier time makes no other kind of visit of the one they have."""
    said = entry.visit_type.visit_mode or entry.visit_mode or known.mode_of_visit
    return (VisitMode(said),) if said else (VisitMode.IN_PERSON, VisitMode.VIRTUAL)


def _accepted(session, offer, *, by):
    entry = _entry_of(session, offer)
    if entry.status == W.OFFERED:
        entry.status, entry.ended_at = W.FULFILLED, now()
    bell.ring(session, offer.clinic_id, waitlist.TOPIC)


def _declined(session, offer, *, by):
    # Whoever says no themselves has seen what to; the desk has a minute to find that it was the wrong button.
    _back_in_line(session, offer, by=by, after=AT_ONCE if by.in_portal else GRACE)


def _asked_again(session, offer, *, by):
    entry = _entry_of(session, offer)
    came_back = entry.status == W.FULFILLED and not entry_for(session, entry.patient_id, entry.visit_type_id)
    if entry.status != W.WAITING and not came_back:
        raise Refused(GONE_ON)
    entry.status, entry.ended_at = W.OFFERED, None
    bell.ring(session, offer.clinic_id, waitlist.TOPIC)


def _back_in_line(session, offer, *, by, after=AT_ONCE):
    """Whoever did not take the time keeps their place; the time goes to the next at once."""
    entry = _entry_of(session, offer)
    if entry.status == W.OFFERED:
        entry.status = W.WAITING
    session.flush()
    bell.ring(session, offer.clinic_id, waitlist.TOPIC)
    tell_waitlist(session, offer.clinic_id, offer.provider_id, offer.starts_at, offer.ends_at, after=after)


def _details(session, offer):
    # Read, not locked: the doctor's lock comes first.
    return {"source": session.get(WaitlistEntry, (offer.clinic_id, offer.waitlist_entry_id)).source}


def _instead_of(session, offer):
    """The visit that the offered time takes the place of, though it was booked only after the time was offered."""
    entry = session.get(WaitlistEntry, (offer.clinic_id, offer.waitlist_entry_id))
    visit = own_visits(session, [entry]).get(entry.id)
    if visit is None:
        return None
    if not visit.may_move or visit.starts_at <= offer.starts_at:
        raise Refused("There is a visit at this time or earlier already, so nothing more was booked.")
    return visit.id


def _entry_of(session, offer):
    entry = session.get(WaitlistEntry, (offer.clinic_id, offer.waitlist_entry_id))
    waitlist.hold(entry)
    return entry


offer_purposes.when(
    OfferPurpose.WAITLIST, accepted=_accepted, declined=_declined, lapsed=_back_in_line,
    withdrawn=_back_in_line, reopened=_asked_again, details=_details, instead_of=_instead_of,
)  # fmt: skip
