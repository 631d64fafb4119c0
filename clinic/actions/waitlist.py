"""The waiting list: joining it, leaving it, who comes first; offering what became free is in ``waitlist_offers``."""

from dataclasses import dataclass
from datetime import date, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic import bell
from clinic.actions import offers
from clinic.actions.acting import Refused, action
from clinic.db import now
from clinic.models.organizations import Clinic, Location
from clinic.models.patients import Patient
from clinic.models.people import VisitMode
from clinic.models.providers import Provider, ProviderVisitType
from clinic.models.schedule import BookingRule, VisitType
from clinic.models.visits import Visit, VisitSource, VisitStatus
from clinic.models.waitlist import PRIORITIES, WaitlistEntry, WaitStatus
from clinic.queries.strandings import is_stranded
from clinic.queries.waitlist import entry_for, live_offer
from clinic.walltime import today

W = WaitStatus
TOPIC = "waitlist"
UNDO_WINDOW = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Wanting:
    """What somebody waits for: the days and the hours of the clinic's clock that suit; what is None is any.

    ``visit_id`` is a visit they have, which they want earlier.
    """

    visit_type_id: UUID
    earliest_on: date
    latest_on: date
    provider_ids: tuple | None = None
    visit_mode: VisitMode | None = None
    location_id: UUID | None = None
    weekdays: tuple | None = None
    from_time: time | None = None
    until_time: time | None = None
    visit_id: UUID | None = None
    source: VisitSource = VisitSource.DESK


@action
def join(session, patient: Patient, wanting: Wanting, *, by, priority=0):
    """Put a patient on the list; the desk says who comes before the others."""
    # Locked: of two who put the same patient on the list the second sees that they are there.
    session.refresh(patient, with_for_update={"key_share": True})
    if patient.is_deceased or patient.merged_into_id or patient.deleted_at or patient.erased_at:
        raise Refused("This patient cannot be booked.")
    _is_possible(session, patient, wanting, by)
    if entry_for(session, patient.id, wanting.visit_type_id):
        raise Refused("%(name)s is on the waiting list for this already.", name=patient.full_name)
    kept = {name: getattr(wanting, name) for name in Wanting.__slots__}
    for many in ("provider_ids", "weekdays"):
        kept[many] = sorted(set(kept[many])) if kept[many] else None
    entry = WaitlistEntry(
        clinic_id=patient.clinic_id, id=uuid7(), patient_id=patient.id, joined_at=now(), status=W.WAITING,
        priority=0 if by.in_portal else _known(priority), created_by_id=by.user_id,
        created_for_id=by.on_behalf_of_id, **kept,
    )  # fmt: skip
    session.add(entry)
    bell.ring(session, patient.clinic_id, TOPIC)
    return entry


def _is_possible(session, patient, wanting, by):
    kind = session.get(VisitType, (patient.clinic_id, wanting.visit_type_id))
    if kind is None or not kind.is_active:
        raise Refused("This doctor or this type of visit is not offered here.")
    if by.in_portal and kind.booking == BookingRule.OFF:
        raise Refused("This type of visit is booked by the clinic. Please call us.")
    clinic = session.get(Clinic, patient.clinic_id)
    if wanting.latest_on < wanting.earliest_on:
        raise Refused("The last day has to be after the first.", field="latest_on")
    if wanting.latest_on < today(ZoneInfo(clinic.timezone)):
        raise Refused("These days are over already.", field="latest_on")
    if wanting.from_time and wanting.until_time and wanting.until_time <= wanting.from_time:
        raise Refused("The end has to be after the beginning.", field="until_time")
    if wanting.location_id and session.get(Location, (patient.clinic_id, wanting.location_id)) is None:
        raise Refused("This place is not one of the clinic’s.")
    _doctors_offer_it(session, wanting)
    _visit_is_theirs(session, patient, wanting, by)


def _doctors_offer_it(session, wanting):
    offering = sa.select(sa.func.count()).where(
        ProviderVisitType.visit_type_id == wanting.visit_type_id,
        ProviderVisitType.provider_id.in_(wanting.provider_ids or ()),
        Provider.clinic_id == ProviderVisitType.clinic_id, Provider.id == ProviderVisitType.provider_id,
        Provider.is_active, Provider.approved_at.is_not(None),
    )  # fmt: skip
    if wanting.provider_ids and session.scalar(offering) != len(set(wanting.provider_ids)):
        raise Refused("This doctor or this type of visit is not offered here.")


def _visit_is_theirs(session, patient, wanting, by):
    if wanting.visit_id is None:
        return
    visit = session.get(Visit, (patient.clinic_id, wanting.visit_id))
    if visit is None or visit.patient_id != patient.id or visit.visit_type_id != wanting.visit_type_id:
        raise Refused("This visit is not the patient’s own.")
    if visit.status not in (VisitStatus.BOOKED, VisitStatus.CONFIRMED) or visit.starts_at <= now():
        raise Refused("Only a visit that is still to come can be made earlier.")
    if by.in_portal and is_stranded(session, visit):
        raise Refused("This visit cannot take place as planned. We are looking for another time for it.")


@action
def set_priority(entry: WaitlistEntry, priority, *, by):
    """Say whether somebody comes before those who have waited longer."""
    hold(entry)
    if not entry.is_on_the_list:
        raise over(entry)
    entry.priority = _known(priority)
    bell.ring(object_session(entry), entry.clinic_id, TOPIC)
    return entry


@action
def leave(entry: WaitlistEntry, *, by):
    """Wait no longer; what is offered at this moment is taken back with it."""
    session = object_session(entry)
    # The offer first: whoever answers one locks it before the entry.
    if offer := live_offer(session, entry):
        offers.withdraw(offer, by=by)
    hold(entry)
    if not entry.may(W.LEFT):
        raise over(entry)
    entry.status, entry.ended_at = W.LEFT, now()
    bell.ring(session, entry.clinic_id, TOPIC)
    return entry


@action
def come_back(entry: WaitlistEntry, *, by):
    """Take leaving back, within a quarter of an hour: the place in the line is the same."""
    session = object_session(entry)
    hold(entry)
    if entry.status != W.LEFT or now() - entry.ended_at > UNDO_WINDOW:
        raise Refused("There is nothing to take back.")
    if entry_for(session, entry.patient_id, entry.visit_type_id):
        raise Refused("%(name)s is on the waiting list for this already.", name=entry.patient.full_name)
    entry.status, entry.ended_at = W.WAITING, None
    bell.ring(session, entry.clinic_id, TOPIC)
    return entry


@action
def expire(entry: WaitlistEntry, *, by):
    """Write down that somebody need not wait any more: their days are past, or the visit they wanted earlier was."""
    entry.status, entry.ended_at = W.EXPIRED, now()
    bell.ring(object_session(entry), entry.clinic_id, TOPIC)
    return entry


def hold(entry):
    """Lock the entry's row and read it again: of two who act at once, the second sees what the first has done."""
    object_session(entry).refresh(entry, with_for_update={"key_share": True, "of": WaitlistEntry})


def over(entry):
    """Why nothing can be done with an entry that has ended."""
    return Refused("This is no longer on the waiting list: %(now)s.", now=entry.status.label.lower())


def _known(priority):
    return priority if priority in PRIORITIES else 0
