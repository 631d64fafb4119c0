"""What somebody who books must heed of a patient: what they must not be given, and the words pinned to them."""

from dataclasses import dataclass

from clinic.access import Permission as P
from clinic.current import current
from clinic.db import db
from clinic.models.patients import TagKind
from clinic.queries import allergies
from clinic.views.staff import own_patients


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
    """What to heed of the patient, for whoever books for them; None without a patient. Three statements at most."""
    if patient_id is None:
        return None
    patient = own_patients.patient(patient_id)
    tags = [tag.tag for tag in patient.tags if tag.kind == TagKind.TAG] if current.may(P.PINS_SEE) else []
    if not current.may(P.ALLERGIES_SEE):
        return Heeds(tags=tuple(tags))
    live, none = allergies.heeded(db.session(), patient.id)
    return Heeds(tuple(live), patient.allergies, none, tuple(tags))
