"""What somebody who books must heed of a patient: what they must not be given, and the words pinned to them."""

from dataclasses import dataclass

from clinic.access import Permission as P
from clinic.current import current
from clinic.db import db
from clinic.models.patients import Patient, TagKind
from clinic.queries import allergies
from clinic.views.staff import own_patients


@dataclass(frozen=True, slots=True)
class Heeds:
    """Live allergies, the sentence of an earlier record, whether none is known, tags and flags.

    A fact that may not be read is empty.
    """

    allergies: tuple = ()
    sentence: str | None = None
    none_known: bool = False
    tags: tuple = ()
    flags: tuple = ()


def heeds_of(patient_id) -> Heeds | None:
    """What to heed of the patient, for whoever books for them; None without a patient."""
    if patient_id is None:
        return None
    return heeds_about(own_patients.patient(patient_id))


def heeds_about(patient: Patient) -> Heeds:
    """What to heed of a patient whom this person sees already; two statements at most."""
    pins = patient.tags if current.may(P.PINS_SEE) else []
    tags = tuple(pin.tag for pin in pins if pin.kind == TagKind.TAG)
    flags = tuple(pin.tag for pin in pins if pin.kind == TagKind.FLAG)
    if not current.may(P.ALLERGIES_SEE):
        return Heeds(tags=tags, flags=flags)
    live, none = allergies.heeded(db.session(), patient.id)
    return Heeds(tuple(live), patient.allergies, none, tags, flags)


def heeds_of_rows(rows) -> dict:
    """What to heed of each patient of a list, by their id; one statement, whatever its length.

    A row says ``patient_id``, ``allergies`` (the sentence of an earlier record), ``tags`` and ``flags``.
    """
    reads, pins = current.may(P.ALLERGIES_SEE), current.may(P.PINS_SEE)
    known = allergies.heeded_among(db.session(), {row.patient_id for row in rows}) if reads else {}
    told = {}
    for row in rows:
        live, none = known.get(row.patient_id, ((), False))
        sentence = row.allergies if reads else None
        tags, flags = (tuple(row.tags), tuple(row.flags)) if pins else ((), ())
        told[row.patient_id] = Heeds(tuple(live), sentence, none, tags, flags)
    return told
