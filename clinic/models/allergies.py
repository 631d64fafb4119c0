"""What a patient must not be given or come near."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base, Choice, ChoiceType, now, one_of, word
from clinic.models.recorded import Recorded, recorded_rules


class AllergyCategory(Choice):
    """What kind of thing the patient does not bear."""

    MEDICATION = "medication", word("Medicine")
    FOOD = "food", word("Food")
    ENVIRONMENT = "environment", word("Surroundings")
    BIOLOGIC = "biologic", word("Vaccine or blood product")


class Criticality(Choice):
    """How much harm it may do."""

    HIGH = "high", word("May threaten life")
    LOW = "low", word("Not known to threaten life")


class AllergyStatus(Choice):
    """Whether it counts now."""

    ACTIVE = "active", word("Active")
    INACTIVE = "inactive", word("No longer active")
    RESOLVED = "resolved", word("Resolved")
    REFUTED = "refuted", word("Ruled out")


class Allergy(Recorded, Base):
    """One allergy or intolerance; or that somebody asked and the patient knows of none."""

    __tablename__ = "allergies"
    __table_args__ = (
        *recorded_rules("allergies", "recorded_at"),
        one_of(AllergyCategory, "category"),
        one_of(Criticality, "criticality"),
        one_of(AllergyStatus, "status"),
        sa.CheckConstraint("length(substance) BETWEEN 1 AND 500", name="substance_length"),
        sa.CheckConstraint("is_none_known = (substance IS NULL)", name="a_substance_or_none_known"),
        sa.Index(
            "uq_allergies_none_known", "clinic_id", "patient_id", unique=True,
            postgresql_where=sa.text("is_none_known AND status = 'active' AND mistaken_at IS NULL"),
        ),
    )  # fmt: skip

    substance: Mapped[str | None]
    category: Mapped[AllergyCategory | None] = mapped_column(ChoiceType(AllergyCategory))
    criticality: Mapped[Criticality | None] = mapped_column(ChoiceType(Criticality))
    reaction: Mapped[str | None]
    status: Mapped[AllergyStatus] = mapped_column(ChoiceType(AllergyStatus), default=AllergyStatus.ACTIVE)
    is_none_known: Mapped[bool] = mapped_column(default=False, server_default="false")
    # The words of the source it was entered from, where there was one.
    source_text: Mapped[str | None]
    recorded_at: Mapped[datetime] = mapped_column(default=now)

    @property
    def is_live(self):
        """Whether it has to be heeded now."""
        return self.status == AllergyStatus.ACTIVE and self.mistaken_at is None

    @property
    def is_dangerous(self):
        """Whether it may threaten life."""
        return self.criticality == Criticality.HIGH
