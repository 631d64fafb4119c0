"""When a patient sees what is written about them: one table, in sentences and as the conditions the database keeps.

Migrations spell the same condition beside the patient's own in ``protect``; a rule test holds them against this table.
"""

from dataclasses import dataclass

from clinic.db import word

AT_ONCE = "true"
# What the patient brought or was handed; whatever a doctor made is theirs from its release on, and a dictation never.
HANDED_OVER = ("consent_form", "insurance_card", "message_attachment", "prescription")
NEVER_SHOWN = ("dictation",)


@dataclass(frozen=True, slots=True)
class Release:
    """From when on a row is the patient's to see: the sentence for people, and the SQL over the row's own columns."""

    sentence: str
    condition: str = AT_ONCE

    def beside(self, own: str) -> str:
        """The condition of the portal's policy: the row is of the patient, as ``own`` says, and released."""
        return own if self.condition == AT_ONCE else f"{own} AND ({self.condition})"


def _among(categories):
    return ", ".join(f"'{each}'" for each in categories)


RELEASED = {
    "conditions": Release(word("Conditions: as soon as they are recorded.")),
    "allergies": Release(word("Allergies: as soon as they are recorded.")),
    "immunizations": Release(word("Vaccinations: as soon as they are recorded.")),
    "procedures": Release(word("Procedures: as soon as they are recorded.")),
    "measurements": Release(word("Measured values: as soon as they are recorded.")),
    "insurance_policies": Release(word("Insurance: as soon as it is recorded.")),
    "consultations": Release(
        word("What was decided at a visit: once your doctor has signed it."), "signed_at IS NOT NULL"
    ),
    "prescriptions": Release(word("Prescriptions: as soon as they are issued.")),
    "lab_orders": Release(word("Laboratory tests: once your doctor has released the results."), "released_at <= now()"),
    "lab_results": Release(
        word("Laboratory results: at once, after your doctor has looked at them, or some days later, as was ordered."),
        "released_at <= now() AND withdrawn_at IS NULL",
    ),
    "documents": Release(
        word("Documents: those you sent or were given at once, a doctor’s reports once they are released."),
        f"from_patient OR state = 'ready' AND (category IN ({_among(HANDED_OVER)})"
        f" OR released_at IS NOT NULL AND category NOT IN ({_among(NEVER_SHOWN)}))",
    ),
    "referrals": Release(word("Referrals: once they are sent."), "sent_at IS NOT NULL"),
    "excuse_notes": Release(word("Excuse notes: once they are sent."), "sent_at IS NOT NULL"),
}
# These have no release of their own: they are seen if and only if what they belong to is (``through``).
WITH_THEIR_PARENT = {
    "consultation_addenda": "consultations",
    "prescription_items": "prescriptions",
    "prescription_stops": "prescriptions",
}
