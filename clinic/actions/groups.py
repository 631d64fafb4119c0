"""Times for groups: published with so many seats, changed, closed for booking, called off and brought back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic import bell
from clinic.actions import closed_offers, slot_rooms, slots, visits
from clinic.actions.acting import Refused, action
from clinic.actions.freed_times import tell_waitlist
from clinic.actions.rehearsing import NO_SUCH_TIME, Occasion, refusal_of, rehearsal
from clinic.db import now
from clinic.models.groups import CalledOffGroup
from clinic.models.people import VisitMode
from clinic.models.providers import Provider, ProviderVisitType
from clinic.models.rooms import SlotRoom
from clinic.models.schedule import SeatHold, Slot, SlotKind, SlotStatus, VisitType
from clinic.models.visits import CancelReason, Visit, VisitStatus
from clinic.queries import groups as asked
from clinic.queries.rooms import needed_by

# What a slot and its shadow after calling off have in common.
SHARED = (
    "clinic_id", "id", "provider_id", "visit_type_id", "location_id", "title", "starts_at", "ends_at", "busy_from",
    "busy_until", "visit_mode", "capacity", "closed_at",
)  # fmt: skip
ENDED = (VisitStatus.COMPLETED, VisitStatus.NO_SHOW, VisitStatus.IN_PROGRESS)
SENTENCES = {
    "closed": "It is closed at that time.",
    "blocked": "%(doctor)s is away at that time.",
    "taken": "%(doctor)s has something else at that time.",
}


@dataclass(frozen=True, slots=True)
class Group:
    """What is published: without a type its length is ``minutes`` and any type that fits may be booked in it."""

    provider_id: UUID
    capacity: int
    visit_type_id: UUID | None = None
    minutes: int | None = None
    title: str | None = None
    location_id: UUID | None = None
    visit_mode: VisitMode | None = None


@action
def publish(session, group: Group, starts_at: datetime, *, by):
    """Offer a time with so many seats, within the doctor's hours or not; the doctor has to be free then."""
    doctor, kind, minutes = _terms(session, group, by)
    if starts_at <= now():
        raise Refused("This time is already over.", field="on_date")
    before, after = (kind.buffer_before, kind.buffer_after) if kind else (0, 0)
    ends_at = starts_at + timedelta(minutes=minutes)
    slot = Slot(
        clinic_id=by.clinic_id, id=uuid7(), provider_id=doctor.id, visit_type_id=group.visit_type_id,
        kind=SlotKind.PUBLISHED, status=SlotStatus.FREE, starts_at=starts_at, ends_at=ends_at,
        busy_from=starts_at - timedelta(minutes=before), busy_until=ends_at + timedelta(minutes=after),
        visit_mode=(kind and kind.visit_mode) or group.visit_mode, capacity=group.capacity, taken=0,
        title=group.title, location_id=group.location_id,
    )  # fmt: skip
    _enter(session, slot, doctor, by)
    tell_waitlist(session, by.clinic_id, doctor.id, starts_at, ends_at)
    bell.ring(session, by.clinic_id, "visits")
    return slot


def preview(session, group: Group, days, at_time, zone, *, by) -> list[Occasion]:
    """The same time on each of these days, and why it cannot be published where it cannot; nothing of it stays."""
    occasions = [Occasion.at(day, at_time, zone) for day in days]
    with rehearsal(session):
        _terms(session, group, by)
        for each in occasions:
            if each.starts_at is None:
                each.refusal = NO_SUCH_TIME
            else:
                each.refusal = refusal_of(session, publish, session, group, each.starts_at, by=by)
    return occasions


@action
def update(slot: Slot, *, capacity, title, location_id, by):
    """Give it more or fewer seats, another title or place; never fewer seats than are taken or offered to somebody.

    Those were told where to come, so it goes to another place only while it is nobody's.
    """
    slot = _hold(slot)
    least = slot.taken + asked.offered(object_session(slot), slot.id)
    if capacity < least:
        sentence = "It cannot have fewer places than are taken or offered to somebody: %(least)s."
        raise Refused(sentence, field="capacity", least=least)
    if capacity > slot.capacity:
        tell_waitlist(object_session(slot), slot.clinic_id, slot.provider_id, slot.starts_at, slot.ends_at)
    if location_id != slot.location_id:
        _carry(slot, location_id, by, is_somebodys=least > 0)
    slot.capacity, slot.title = capacity, title
    return _settled(slot)


@action
def close(slot: Slot, *, by):
    """Take nobody new; whoever is in it stays."""
    slot = _hold(slot)
    if slot.closed_at:
        raise Refused("It is closed for booking already.")
    slot.closed_at = now()
    # Who was offered a place and has not answered is told, unless it is opened again at once.
    closed_offers.look_soon(object_session(slot), slot.clinic_id, slot.provider_id)
    return _settled(slot)


@action
def reopen(slot: Slot, *, by):
    """Let it be booked again."""
    slot = _hold(slot)
    if not slot.closed_at:
        raise Refused("It is open for booking.")
    slot.closed_at = None
    return _open_anew(slot)


@action
def call_off(slot: Slot, reason, *, by, note=None):
    """Cancel the whole time: every visit in it with its reason, and the doctor's time is free again."""
    session = object_session(slot)
    # A visit's row comes before its doctor's, as when one alone is cancelled.
    _lock_visits(session, Visit.slot_id == slot.id)
    slot = _hold(slot)
    members = asked.members(session, slot.id)
    if any(visit.status in ENDED for visit in members):
        raise Refused("Some of these visits are going on or over. Cancel the others one by one.")
    for visit in members:
        visits.cancel(visit, reason, by=by, note=note)
    gone = CalledOffGroup(
        **{name: getattr(slot, name) for name in SHARED}, called_off_at=now(), called_off_by_id=by.user_id,
        reason=CancelReason(reason), note=note,
    )  # fmt: skip
    for visit in members:
        # By this moment they are known as the visits of this group.
        visit.cancelled_at = gone.called_off_at
    session.execute(sa.delete(SeatHold).where(SeatHold.slot_id == slot.id))
    closed_offers.look_soon(session, slot.clinic_id, slot.provider_id)
    session.delete(slot)
    session.flush()
    session.add(gone)
    bell.ring(session, gone.clinic_id, "visits")
    return gone


@action
def restore(gone: CalledOffGroup, *, by, reason=None):
    """Let a group that was called off take place after all, with everybody who was in it; as an undo of each visit."""
    session = object_session(gone)
    if gone.starts_at <= now():
        raise Refused("This time is already over.")
    _lock_visits(session, sa.and_(Visit.provider_id == gone.provider_id, Visit.cancelled_at == gone.called_off_at))
    doctor, _kind, _minutes = _terms(session, _group(gone), by)
    members = asked.called_off_visits(session, gone)
    slot = Slot(
        **{name: getattr(gone, name) for name in SHARED} | {"closed_at": None}, kind=SlotKind.PUBLISHED,
        status=SlotStatus.FREE, taken=0,
    )  # fmt: skip
    session.delete(gone)
    _enter(session, slot, doctor, by)
    for visit in members:
        visits.undo(visit, by=by, reason=reason)
        session.flush()
    session.refresh(slot)
    slot.closed_at = gone.closed_at
    return _open_anew(slot)


def _group(gone):
    """What would have to be published for it to stand again; it takes as long as it did."""
    minutes = (gone.ends_at - gone.starts_at) // timedelta(minutes=1)
    return Group(gone.provider_id, gone.capacity, gone.visit_type_id, minutes, visit_mode=gone.visit_mode)


def _terms(session, group, by):
    """The doctor under lock, the type if there is one, and how many minutes it takes; refuses what is not offered."""
    doctor = session.scalars(
        sa.select(Provider)
        .where(Provider.id == group.provider_id)
        .with_for_update(key_share=True, of=Provider)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if doctor is None:
        raise Refused("This doctor is not here.", field="provider_id")
    if doctor.approved_at is None or not doctor.is_active:
        raise Refused("%(doctor)s cannot be booked at the moment.", field="provider_id", doctor=doctor.display_name)
    if group.visit_type_id is None:
        if not group.minutes:
            raise Refused("Say how many minutes it takes.", field="minutes")
        kind, minutes = None, group.minutes
    else:
        kind, minutes = _offered(session, group, doctor, by)
    mode = (kind and kind.visit_mode) or group.visit_mode
    if mode == VisitMode.VIRTUAL and not doctor.telemed_enabled:
        raise Refused("%(doctor)s does not see patients by video.", field="visit_mode", doctor=doctor.display_name)
    return doctor, kind, minutes


def _offered(session, group, doctor, by):
    kind = session.get(VisitType, (by.clinic_id, group.visit_type_id))
    offer = session.scalars(
        sa.select(ProviderVisitType).where(
            ProviderVisitType.provider_id == doctor.id, ProviderVisitType.visit_type_id == group.visit_type_id
        )
    ).one_or_none()
    if kind is None or not kind.is_active or offer is None:
        sentence = "%(doctor)s does not offer this type of visit."
        raise Refused(sentence, field="visit_type_id", doctor=doctor.display_name)
    if kind.visit_mode and group.visit_mode and kind.visit_mode != group.visit_mode:
        mode = kind.visit_mode.label.lower()
        raise Refused("This type of visit is only %(mode)s.", field="visit_mode", mode=mode)
    return kind, offer.minutes or kind.minutes


def _enter(session, slot, doctor, by):
    """Let the time stand, with the rooms its type needs; refuse one at which the doctor or a room is not free."""
    slots.drop_expired(session, slot.clinic_id, doctor.id)
    slots.drop_empty(session, slot.clinic_id, doctor.id)
    with session.no_autoflush:
        _nothing_in_the_way(session, slot, doctor)
    session.add(slot)
    session.flush()
    _take_rooms(session, slot, by)


def _carry(slot, location_id, by, *, is_somebodys):
    """Let it be at another place, with rooms that serve there instead of those it has."""
    if is_somebodys:
        sentence = "Somebody was told the place already. Call this time off and publish it at the other place."
        raise Refused(sentence, field="location_id")
    session = object_session(slot)
    slot.location_id = location_id
    session.flush()
    _nothing_in_the_way(session, slot, session.get(Provider, (slot.clinic_id, slot.provider_id)))
    session.execute(sa.delete(SlotRoom).where(SlotRoom.slot_id == slot.id))
    _take_rooms(session, slot, by)


def _nothing_in_the_way(session, slot, doctor):
    way = asked.in_the_way(session, slot)
    if way:
        values = {"doctor": doctor.display_name} if "%(doctor)s" in SENTENCES[way] else {}
        raise Refused(SENTENCES[way], field="at_time", **values)


def _take_rooms(session, slot, by):
    """Keep a free room of each kind the type needs, under the lock of these kinds; none by video."""
    kinds = needed_by(session, slot.visit_type_id)
    if not kinds or slot.visit_mode == VisitMode.VIRTUAL:
        return
    slot_rooms.lock(session, slot.clinic_id, kinds)
    room_ids = asked.free_rooms(session, slot, by.user_id)
    if None in room_ids:
        raise Refused("No room is free at that time.", field="at_time")
    slot_rooms.take(session, slot.clinic_id, slot.id, room_ids, slot.busy_from, slot.busy_until, by=by)


def _hold(slot):
    """The slot under the doctor's lock as it is now; of two who change it the second sees what the first has done."""
    session = object_session(slot)
    slots.lock_doctor(session, slot.clinic_id, slot.provider_id)
    found = session.scalars(
        sa.select(Slot)
        .where(Slot.id == slot.id, Slot.kind == SlotKind.PUBLISHED)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise Refused("This time was called off meanwhile.")
    return found


def _lock_visits(session, which):
    session.scalars(sa.select(Visit.id).where(which).order_by(Visit.id).with_for_update(key_share=True, of=Visit)).all()


def _settled(slot):
    """Say whether somebody new may have a seat, and ring."""
    is_open = slot.taken < slot.capacity and slot.closed_at is None
    slot.status = SlotStatus.FREE if is_open else SlotStatus.BOOKED
    bell.ring(object_session(slot), slot.clinic_id, "visits")
    return slot


def _open_anew(slot):
    if slot.closed_at is None and slot.taken < slot.capacity:
        tell_waitlist(object_session(slot), slot.clinic_id, slot.provider_id, slot.starts_at, slot.ends_at)
    return _settled(slot)
