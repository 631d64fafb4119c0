"""What a patient suffers or has suffered from: problems and diagnoses, until they end."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base, now
from clinic.models.recorded import Recorded, recorded_rules

ICD10 = r"^[A-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?$"


class Condition(Recorded, Base):
    """One condition of a patient, in words and, where somebody chose one, with its ICD-10 code."""

    __tablename__ = "conditions"
    __table_args__ = (
        *recorded_rules("conditions", "recorded_at"),
        sa.CheckConstraint(f"icd10 ~ '{ICD10}'", name="icd10_is_a_code"),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 500", name="name_length"),
        sa.CheckConstraint("ended_on >= onset_on", name="ends_after_it_began"),
    )

    name: Mapped[str]
    icd10: Mapped[str | None]
    onset_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    recorded_at: Mapped[datetime] = mapped_column(default=now)

    @property
    def is_live(self):
        """Whether the patient has it now, as far as the clinic knows."""
        return self.ended_on is None and self.mistaken_at is None
