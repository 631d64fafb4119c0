"""Booking a time: under the doctor's row lock, checked again by the database, in as few statements as it takes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from uuid import UUID

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from clinic import jobs
from clinic.actions import limits, obstacles, slot_rooms, slots
from clinic.actions.acting import Actor, audit
from clinic.actions.moves import remember
from clinic.actions.notifications import tell_by_ids
from clinic.actions.slots import TimeTaken
from clinic.db import now
from clinic.models.notifications import NotificationKind
from clinic.models.people import VisitMode
from clinic.models.schedule import BookingRule
from clinic.models.visits import EventKind, Visit, VisitKind, VisitSource, VisitStatus
from clinic.queries.open_times import fits

# The lock comes first: with it two hundred rivals queue up; without it they would meet in the exclusion constraint
# and deadlock. FOR NO KEY UPDATE leaves the provider's row free for foreign keys that point at it.
LOCK = sa.text(
    """SELECT p.display_name, p.approved_at, p.is_active, p.telemed_enabled, o.id AS offer_id,
              coalesce(o.minutes, t.minutes) AS minutes, t.buffer_before, t.buffer_after, t.capacity, t.visit_mode,
              t.booking, t.is_active AS type_is_active, t.minimum_notice_minutes, t.horizon_days,
              t.limit_per_patient, t.answer_within_hours, c.timezone,
              ARRAY(SELECT n.room_kind_id FROM visit_type_needs AS n
                     WHERE n.clinic_id = t.clinic_id AND n.visit_type_id = t.id) AS room_kind_ids,
              (SELECT num_nonnulls(x.deceased_at, x.merged_into_id, x.erased_at) > 0 FROM patients AS x
                WHERE x.clinic_id = p.clinic_id AND x.id = CAST(:patient_id AS uuid) AND x.deleted_at IS NULL
                  FOR KEY SHARE) AS patient_gone
         FROM providers AS p
         JOIN clinics AS c ON c.id = p.clinic_id
         JOIN visit_types AS t ON t.clinic_id = p.clinic_id AND t.id = :visit_type_id
         LEFT JOIN provider_visit_types AS o
           ON o.clinic_id = p.clinic_id AND o.provider_id = p.id AND o.visit_type_id = t.id
        WHERE p.clinic_id = :clinic_id AND p.id = :provider_id
          FOR NO KEY UPDATE OF p"""
)
FIRST_ROOM, ENDS_AT = sa.text(f"({slot_rooms.FIRST_ROOM})"), sa.text(f"({slots.ENDS_AT})")
VISIT_INSERT = sa.insert(Visit.__table__).values(room_id=FIRST_ROOM, ends_at=ENDS_AT)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to book: ``starts_at`` is an instant, ``overbook`` the desk's reason to do so regardless.

    ``wanted_rooms`` are rooms wanted beside those the visit type needs, or kinds of which any room will do; one of
    ``kept_rooms`` is taken rather than another that would serve as well. All are ids.
    """

    clinic_id: UUID
    provider_id: UUID
    visit_type_id: UUID
    patient_id: UUID | None
    starts_at: datetime
    visit_mode: VisitMode = VisitMode.IN_PERSON
    reason: str | None = None
    notes: str | None = None
    source: VisitSource = VisitSource.DESK
    meeting_url: str | None = None
    overbook: str | None = None
    # False where whoever books or moves tells the patient in words of its own.
    told: bool = True
    wanted_rooms: tuple[UUID, ...] = ()
    kept_rooms: tuple[UUID, ...] = ()
    # True where somebody at the desk is told, and has to say why, if the patient is with another doctor then.
    alone: bool = False
    # True where it was theirs a moment ago: a group that was closed for booking takes them in again.
    was_theirs: bool = False

    def is_met_by(self, visit):
        """Whether the visit stands like this already, and nothing is asked for beside that: no room, no overbooking."""
        stands = (visit.provider_id, visit.starts_at, visit.visit_type_id, visit.visit_mode)
        wished = (self.provider_id, self.starts_at, self.visit_type_id, self.visit_mode)
        return stands == wished and not (self.wanted_rooms or self.overbook)


def book(session, wish: Wish, *, by: Actor) -> UUID:
    """Book the wished time and return the visit's id; raises TimeTaken where somebody was quicker, Refused otherwise.

    Of a type the clinic answers first, the visit is *requested*: it holds its time until answered or answer_by.
    """
    terms = lock(session, wish, by=by)
    limits.keep_from_two_at_once(session, wish, terms)
    return enter(session, wish, terms, seat(session, wish, terms, by=by), by=by)


def enter(session, wish: Wish, terms, slot_id, *, by: Actor) -> UUID:
    """Write the visit that has taken its time already, under the doctor's lock, and return its id."""
    visit_id = uuid7()
    status, answer_by = _first_status(wish, terms, by)
    session.connection().execute(VISIT_INSERT, _row(wish, terms, visit_id, slot_id, status, answer_by, by))
    remember(
        session,
        wish.clinic_id,
        visit_id,
        EventKind.BOOKED,
        by=by,
        to_status=status,
        new_starts_at=wish.starts_at,
        notes=wish.overbook,
    )
    changes = {
        "visits.status": [None, status],
        "visits.starts_at": [None, wish.starts_at.isoformat()],
    }
    audit(session, "booking.book", by=by, resource=("visits", visit_id), changes=changes)
    if answer_by:
        await_answer(session, wish.clinic_id, visit_id, answer_by)
    if wish.told and wish.starts_at > now():
        tell_by_ids(
            session,
            NotificationKind.REQUESTED if answer_by else NotificationKind.BOOKED,
            by=by,
            clinic_id=wish.clinic_id,
            patient_id=wish.patient_id,
            visit_id=visit_id,
            visit_starts_at=wish.starts_at,
        )
    return visit_id


def answer_due(kind, starts_at):
    """Until when a request for this time is answered: the type's hours from now, at the latest when it would begin."""
    return min(now() + timedelta(hours=kind.answer_within_hours), starts_at)


def await_answer(session, clinic_id, visit_id, answer_by):
    """Have the request called off if nobody has answered it by then."""
    jobs.put(session, "visits.lapse", at=answer_by, clinic_id=clinic_id, visit_id=visit_id)


def lock(session, wish, *, by, moved=None):
    """Lock the doctor's row, then the kinds of rooms needed; refuse what the clinic does not offer.

    ``moved`` is the visit the wish is a new time for; it is counted already where the type stays.
    """
    ids = {
        "clinic_id": wish.clinic_id, "provider_id": wish.provider_id, "visit_type_id": wish.visit_type_id,
        "patient_id": wish.patient_id,
    }  # fmt: skip
    terms = session.connection().execute(LOCK, ids).one_or_none()
    for refusal in obstacles.of_terms(wish, terms, by=by):
        raise refusal
    slot_rooms.lock(session, wish.clinic_id, slot_rooms.needed(wish, terms))
    limits.keep_per_patient(session, wish, terms, by=by, moved=moved)
    return terms


def seat(session, wish, terms, *, by):
    """Take the time itself, under the lock: a seat in a shared slot, or a slot of its own; returns the slot's id.

    What the person was holding is given back; their own hold never stood in their way.
    """
    found = look(session, wish, terms, by=by)
    if found.blocked or (found.day_full and not wish.overbook):
        raise not_open(wish, terms, found)
    if wish.was_theirs and (slot_id := slots.take_seat_again(session, wish)):
        return slot_id
    if found.seat_in:
        if slots.sits_in(session, wish, found.seat_in):
            raise TimeTaken("This patient has a place at that time already.", wish)
        if slots.take_seat(session, wish.clinic_id, found.seat_in, by=by):
            return found.seat_in
        raise TimeTaken("The last place at that time has just been taken.", wish)
    is_open = found.free and found.inside_hours and not found.closed and found.rooms_free
    fits_in = is_open and (found.on_grid or not by.in_portal)
    if not fits_in and not wish.overbook:
        raise not_open(wish, terms, found)
    slots.make_room(session, wish, by.user_id)
    return slots.take_new(session, wish, terms, found, by=by, overbook=None if fits_in else wish.overbook)


def look(session, wish, terms, *, by):
    """What is known of the wished time right now."""
    clinic = SimpleNamespace(id=wish.clinic_id, timezone=terms.timezone)
    return fits(
        session, clinic, wish.visit_type_id, wish.provider_id, wish.starts_at, mode=wish.visit_mode,
        person_id=by.user_id, wanted_rooms=wish.wanted_rooms, kept_rooms=wish.kept_rooms,
    )  # fmt: skip


def not_open(wish, terms, found):
    """Why the time cannot be had: the first of all reasons."""
    return next(obstacles.of_time(wish, terms, found), obstacles.not_here(wish, terms))


def _first_status(wish, terms, by):
    if by.in_portal and terms.booking == BookingRule.REQUEST:
        return VisitStatus.REQUESTED, answer_due(terms, wish.starts_at)
    return VisitStatus.BOOKED, None


def _row(wish, terms, visit_id, slot_id, status, answer_by, by):
    return {
        "clinic_id": wish.clinic_id, "id": visit_id, "patient_id": wish.patient_id, "provider_id": wish.provider_id,
        "slot_id": slot_id, "visit_type_id": wish.visit_type_id, "kind": VisitKind.SCHEDULED,
        "visit_mode": wish.visit_mode, "status": status, "starts_at": wish.starts_at,
        "timezone": terms.timezone, "reason": wish.reason, "notes": wish.notes, "source": wish.source,
        "created_by_id": by.user_id, "created_for_id": by.on_behalf_of_id, "answer_by": answer_by,
        "meeting_url": wish.meeting_url, "created_at": now(), "updated_at": now(), "of_clinic": wish.clinic_id,
        "of_slot": slot_id,
    }  # fmt: skip
