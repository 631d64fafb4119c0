"""Whose patients somebody sees: a doctor those they have or had a visit with, and those opened in an emergency."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from clinic.models.patients import Patient
from clinic.models.visits import CancelReason, Visit

patients, visits = Patient.__table__.c, Visit.__table__.c


@dataclass(frozen=True, slots=True)
class Own:
    """One doctor's patients; ``provider_id`` is None for a doctor who is not on the calendar and has none."""

    provider_id: UUID | None
    opened: frozenset = frozenset()

    def condition(self, clinic_id: UUID, patient_id=patients.id):
        """The condition that a patient is one of them; a visit entered by mistake never was."""
        mine = sa.false()
        if self.provider_id:
            mine = sa.exists().where(
                visits.clinic_id == clinic_id, visits.patient_id == patient_id, visits.provider_id == self.provider_id,
                visits.cancel_reason.is_distinct_from(CancelReason.ENTERED_IN_ERROR),
            )  # fmt: skip
        return sa.or_(mine, patient_id.in_(self.opened)) if self.opened else mine

    def without_opened(self):
        """The same doctor's patients by their visits alone."""
        return Own(self.provider_id)


def among(session, clinic_id: UUID, own: Own, patient_ids) -> set[UUID]:
    """Those of these patients who are the doctor's own; one statement."""
    rows = sa.select(patients.id).where(
        patients.clinic_id == clinic_id, patients.id.in_(list(patient_ids)), own.condition(clinic_id)
    )
    return set(session.connection().execute(rows).scalars())
