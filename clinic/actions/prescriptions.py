"""Prescribing: issued as it stands, corrected by another one only, stopped for a reason."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic.actions.acting import Refused, action
from clinic.models.consultations import Consultation
from clinic.models.patients import Patient
from clinic.models.prescriptions import MOST_ITEMS, Prescription, PrescriptionItem, PrescriptionStop
from clinic.models.providers import Provider
from clinic.models.recorded import RecordSource
from clinic.models.visits import Visit
from clinic.queries import allergy_warnings, prescriptions
from clinic.queries.timeline import records_of

MOMENT = sa.func.now()


@dataclass(frozen=True, slots=True)
class Medicine:
    """One medicine as the doctor wrote it down; ``allergy_reason`` answers a warning."""

    medicine_name: str
    potency: str | None = None
    dosage: str | None = None
    frequency: str | None = None
    duration: str | None = None
    notes: str | None = None
    allergy_reason: str | None = None

    @property
    def directions(self):
        """What is written on the prescription, by column."""
        return {name: getattr(self, name)
                for name in ("medicine_name", "potency", "dosage", "frequency", "duration", "notes")}  # fmt: skip


@action
def issue(
    patient: Patient, medicines, *, by, advice=None, visit: Visit | None = None, replaces: Prescription | None = None
):
    """Issue a prescription of these medicines; the patient sees it from now on. It is never changed.

    ``visit`` is where it was written, if at one. ``replaces`` is one that was wrong: it counts no more. A medicine that
    goes against a recorded allergy needs its reason.
    """
    session = _held(patient)
    doctor = _prescriber(session, by)
    _refuse_without_sense(patient, medicines)
    _refuse_anothers(session, patient, visit, replaces)
    if replaces is not None:
        _refuse_over(session, replaces)
    warned = _warned(session, patient, medicines)
    issued = Prescription(
        clinic_id=patient.clinic_id, id=uuid7(), patient_id=patient.id, visit_id=visit and visit.id,
        consultation_id=visit and _note_of(session, visit), provider_id=doctor.id,
        prescriber=doctor.display_name, licence_number=doctor.license_number, advice=advice,
        replaces_id=replaces.id if replaces is not None else None, source=RecordSource.CLINIC,
        issued_at=session.scalar(sa.select(MOMENT)), issued_by_id=by.user_id,
    )  # fmt: skip
    session.add(issued)
    # One at a time, so that the prescription is there before what belongs to it.
    session.flush()
    for position, each in enumerate(medicines, start=1):
        warning = warned.get(each.medicine_name)
        session.add(
            PrescriptionItem(
                clinic_id=patient.clinic_id, id=uuid7(), prescription_id=issued.id, position=position,
                allergy_warning=warning, allergy_reason=each.allergy_reason if warning else None, **each.directions,
            )
        )  # fmt: skip
    return issued


@action
def stop(prescription: Prescription, reason: str, *, by, item: PrescriptionItem | None = None):
    """Say that a medicine of it, or all of them, are no longer to be taken, and why."""
    session = object_session(prescription)
    _held(_person_of(session, prescription))
    current = prescriptions.one(session, prescription.clinic_id, prescription.id)
    _prescriber(session, by)
    if current.replaced_by:
        raise Refused("This prescription was replaced. Stop the one that took its place.")
    if not any(current.is_taken(each) for each in current.items if item is None or each.id == item.id):
        raise Refused("This was stopped already.")
    session.add(
        PrescriptionStop(
            clinic_id=prescription.clinic_id, id=uuid7(), prescription_id=prescription.id,
            item_id=item.id if item is not None else None, reason=reason, stopped_at=session.scalar(sa.select(MOMENT)),
            stopped_by_id=by.user_id, source=RecordSource.CLINIC,
        )
    )  # fmt: skip
    return prescription


def _held(patient):
    """The session, with the patient's row held: what is prescribed to one patient happens one after the other.

    The prescriptions themselves cannot be locked: nobody who works here has the right to change them.
    """
    session = object_session(patient)
    session.refresh(patient, with_for_update={"key_share": True, "of": Patient})
    return session


def _person_of(session, prescription):
    """The patient whom it is about by now: a record that went into another is one with it."""
    record = session.get(Patient, (prescription.clinic_id, prescription.patient_id))
    return session.get(Patient, (record.clinic_id, record.merged_into_id)) if record.merged_into_id else record


def _prescriber(session, by):
    """The doctor who acts; only a doctor whom the clinic has approved prescribes."""
    doctor = by.provider_id and session.get(Provider, (by.clinic_id, by.provider_id))
    if not doctor or not doctor.is_bookable:
        raise Refused("Only a doctor whom the clinic has approved can prescribe.")
    return doctor


def _note_of(session, visit):
    """The id of the note about the visit, if one was begun."""
    return session.scalar(sa.select(Consultation.id).where(Consultation.visit_id == visit.id))


def _refuse_without_sense(patient, medicines):
    if patient.is_deceased:
        raise Refused("Nothing can be prescribed to a patient who has died.")
    if patient.erased_at or patient.deleted_at or patient.merged_into_id:
        raise Refused("This record is closed.")
    if not medicines:
        raise Refused("Write down at least one medicine.")
    if len(medicines) > MOST_ITEMS:
        raise Refused("A prescription has at most %(most)d medicines. Write a second one.", most=MOST_ITEMS)


def _refuse_anothers(session, patient, *belongings):
    """Refuse what is somebody else's: a visit or a prescription of another record."""
    given = [each for each in belongings if each is not None]
    if given and {each.patient_id for each in given} - set(records_of(session, patient.clinic_id, patient.id)):
        raise Refused("This belongs to another patient.")


def _refuse_over(session, replaces):
    former = prescriptions.one(session, replaces.clinic_id, replaces.id)
    if former.replaced_by:
        raise Refused("This prescription was replaced already. Correct the one that took its place.")
    if not any(map(former.is_taken, former.items)):
        raise Refused("This prescription was stopped. Write a new one.")


def _warned(session, patient, medicines):
    recorded = allergy_warnings.known(session, patient)
    names = [each.medicine_name for each in medicines]
    warned = allergy_warnings.warnings(session, patient.clinic_id, recorded, names)
    for each in medicines:
        if each.medicine_name in warned and not each.allergy_reason:
            raise Refused(
                "%(medicine)s goes against a recorded allergy: %(allergy)s. Say why it is prescribed all the same.",
                medicine=each.medicine_name, allergy=warned[each.medicine_name],
            )  # fmt: skip
    return warned
