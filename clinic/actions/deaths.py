"""Writing down that a patient has died, so that nobody writes to them or offers them a time; and taking it back."""

from datetime import date
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import object_session

from clinic import bell, walltime
from clinic.actions import offers, patient_changes, slots
from clinic.actions.acting import Refused, action
from clinic.actions.closed_offers import STANDING
from clinic.actions.patients import refuse_erased
from clinic.db import now
from clinic.models.offers import SlotOffer
from clinic.models.organizations import Clinic
from clinic.models.patients import DAY_UNKNOWN, Patient

# Whose pages and lists tell it at once: the day and the calendar, the calls to make.
TOPICS = ("visits", "calls")


@action
def record(patient: Patient, died_on: date | None = None, *, by):
    """Write down that the patient died, on this day of the clinic's calendar or on one that nobody knows.

    Times kept for them are free at once. Visits stay: the desk decides about each. Said again without a day, a day
    that is known stays.
    """
    session = _locked(patient)
    refuse_erased(patient)
    _write(session, patient, died_on)
    patient_changes.keep(session, patient, by=by)
    free_times(session, patient, by=by)
    return patient


def free_times(session, patient, *, by):
    """Take back what is offered to somebody who has died, and let their pages tell it.

    Nobody is told that it was taken back: nothing is sent to the dead.
    """
    session.flush()
    for offer in session.scalars(_offers_of(patient)).all():
        offers.withdraw(offer, by=by)
    _ring(session, patient)


def take_over(patient: Patient, other: Patient) -> bool:
    """Write into one of two records of a person what the other says of their death; whether that was news."""
    if patient.is_deceased or not other.is_deceased:
        return False
    patient.deceased_at = other.deceased_at
    note = {name: value for name, value in other.demographics.items() if name in DAY_UNKNOWN}
    patient.demographics = {**patient.demographics, **note}
    return True


def give_back(patient: Patient, other: Patient):
    """They are two people: what was taken over goes, unless somebody has written another day since."""
    if patient.deceased_at == other.deceased_at:
        patient.deceased_at, patient.demographics = None, _without_note(patient)


@action
def take_back(patient: Patient, *, by):
    """Take it back: it was a mistake. What goes out from now on goes to them again; offers do not come back."""
    session = object_session(patient)
    session.refresh(patient, with_for_update=True)
    refuse_erased(patient)
    if not patient.is_deceased:
        raise Refused("It is not recorded that this patient has died.")
    patient.deceased_at, patient.demographics = None, _without_note(patient)
    patient_changes.keep(session, patient, by=by)
    _ring(session, patient)
    return patient


def _write(session, patient, died_on):
    if died_on is None:
        if not patient.is_deceased:
            # As an import has it that knows that, not when.
            patient.deceased_at, patient.demographics = now(), {**patient.demographics, **DAY_UNKNOWN}
        return
    if patient.date_of_birth and died_on < patient.date_of_birth:
        raise Refused("This is before the day they were born. Check both.", field="died_on")
    zone = ZoneInfo(session.get(Clinic, patient.clinic_id).timezone)
    same = patient.is_deceased and patient.deceased_at.astimezone(zone).date() == died_on
    if not same:
        patient.deceased_at = walltime.bounds(died_on, zone)[0]
    patient.demographics = _without_note(patient)


def _without_note(patient):
    return {name: value for name, value in patient.demographics.items() if name not in DAY_UNKNOWN}


def _locked(patient):
    """The doctors of what is offered to the patient, locked in one order, then the patient, against bookings too.

    Whoever offers or books locks in the same order, looks whether the patient lives, and waits here.
    """
    session = object_session(patient)
    lock_offers(session, patient)
    session.refresh(patient, with_for_update=True)
    return session


def lock_offers(session, *patients):
    """Lock the doctors of what is offered to any of them, before the patients are."""
    doctors = {offer.provider_id for patient in patients for offer in session.scalars(_offers_of(patient))}
    for provider_id in sorted(doctors):
        slots.lock_doctor(session, patients[0].clinic_id, provider_id)


def _offers_of(patient):
    theirs = SlotOffer.clinic_id == patient.clinic_id, SlotOffer.patient_id == patient.id
    standing = sa.select(SlotOffer).where(*theirs, *STANDING).order_by(SlotOffer.provider_id, SlotOffer.id)
    return standing.execution_options(populate_existing=True)


def _ring(session, patient):
    for topic in TOPICS:
        bell.ring(session, patient.clinic_id, topic)
