"""What somebody who books must heed of a patient: what they must not be given, and the words pinned to them."""

from dataclasses import dataclass

from clinic.access import Permission as P
from clinic.current import current
from clinic.db import db
from clinic.models.patients import Patient, TagKind
from clinic.queries import allergies


@dataclass(frozen=True, slots=True)
class Heeds:
    """Live allergies, the sentence of an earlier record, whether none is known, and tags; flags stand elsewhere.

    A fact that may not be read is empty.
    """

    allergies: tuple = ()
    sentence: str | None = None
    none_known: bool = False
    tags: tuple = ()


def heeds_of(patient_id) -> Heeds | None:
    """What to heed of the patient, for whoever books for them; None without a patient. Four statements at most."""
    patient = patient_id and db.session().get(Patient, (current.clinic.id, patient_id))
    if not patient:
        return None
    tags = [tag.tag for tag in patient.tags if tag.kind == TagKind.TAG] if current.may(P.PINS_SEE) else []
    if not current.may(P.ALLERGIES_SEE):
        return Heeds(tags=tuple(tags))
    live = allergies.live(db.session(), patient_id)
    none = not live and allergies.none_known(db.session(), patient_id) is not None
    return Heeds(tuple(live), patient.allergies, none, tuple(tags))
