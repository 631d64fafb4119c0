"""What a patient was vaccinated against, and what was not given and why."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base, Choice, ChoiceType, one_of, word
from clinic.models.recorded import Recorded, recorded_rules


class ImmunizationStatus(Choice):
    """Whether the vaccine was given."""

    COMPLETED = "completed", word("Given")
    NOT_DONE = "not_done", word("Not given")


class Immunization(Recorded, Base):
    """One dose of one vaccine, given here or elsewhere; or one that was not given."""

    __tablename__ = "immunizations"
    __table_args__ = (
        *recorded_rules("immunizations", "given_at"),
        one_of(ImmunizationStatus, "status"),
        sa.CheckConstraint("length(vaccine) BETWEEN 1 AND 500", name="vaccine_length"),
        sa.CheckConstraint("dose_number BETWEEN 1 AND 50", name="dose_number_in_range"),
        sa.CheckConstraint("status = 'not_done' OR reason IS NULL", name="a_reason_where_not_given"),
    )

    vaccine: Mapped[str]
    status: Mapped[ImmunizationStatus] = mapped_column(
        ChoiceType(ImmunizationStatus), default=ImmunizationStatus.COMPLETED
    )
    # When it was given, or would have been. A day that was typed is its beginning in the clinic's zone.
    given_at: Mapped[datetime]
    dose_number: Mapped[int | None] = mapped_column(sa.SmallInteger)
    lot_number: Mapped[str | None]
    site: Mapped[str | None]
    reason: Mapped[str | None]

    @property
    def was_given(self):
        """Whether the patient got it, as far as the clinic knows."""
        return self.status == ImmunizationStatus.COMPLETED and self.mistaken_at is None
