"""Who pays for a patient: their insurance policies, in the order in which they are asked, and what the insurer said."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.db import Base, Choice, ChoiceType, Timestamped, one_of, word
from clinic.models.keys import belongs_to_clinic, index, refers, refers_to_user
from clinic.models.patients import Patient
from clinic.scope import PatientOwned

# So many of one patient are in force at once.
MOST = 9


class Eligibility(Choice):
    """Whether the insurer pays for this patient, as far as the clinic knows."""

    ACTIVE = "active", word("Active")
    INACTIVE = "inactive", word("Not active")
    PENDING = "pending", word("The insurer is still looking")
    UNKNOWN = "unknown", word("Not verified")


class VerifiedHow(Choice):
    """By which way the clinic found out whether a policy is in force."""

    PHONE = "phone", word("Asked the insurer by phone")
    WEBSITE = "website", word("Looked on the insurer’s website")
    CARD = "card", word("Seen on the card")
    LETTER = "letter", word("A letter or message of the insurer’s")
    SERVICE = "service", word("Asked an outside service")


class InsurancePolicy(PatientOwned, Timestamped, Base):
    """One insurance of one patient; ``priority`` 1 is asked first. One that ended is kept and no longer asked."""

    __tablename__ = "insurance_policies"
    __table_args__ = (
        belongs_to_clinic("insurance_policies"),
        refers("patient_id", "patients"),
        refers_to_user("last_verified_by_id"),
        refers_to_user("created_by_id"),
        refers_to_user("ended_by_id"),
        one_of(Eligibility, "eligibility_status"),
        one_of(VerifiedHow, "verified_how"),
        sa.CheckConstraint("length(insurer_name) BETWEEN 1 AND 200", name="insurer_name_length"),
        sa.CheckConstraint(f"priority BETWEEN 1 AND {MOST}", name="priority_in_range"),
        sa.CheckConstraint("(last_verified_at IS NULL) = (verified_how IS NULL)", name="verified_says_how"),
        sa.CheckConstraint(
            "eligibility_status = 'unknown' OR last_verified_at IS NOT NULL", name="known_was_verified"
        ),
        index("insurance_policies", "patient_id", "priority"),
        index("insurance_policies", "last_verified_by_id"),
        index("insurance_policies", "created_by_id"),
        index("insurance_policies", "ended_by_id"),
    )  # fmt: skip

    insurer_name: Mapped[str]
    plan_name: Mapped[str | None]
    member_id: Mapped[str | None]
    group_id: Mapped[str | None]
    # Where the policy is somebody else's: a parent's, a spouse's.
    policy_holder_name: Mapped[str | None]
    policy_holder_phone: Mapped[str | None]
    priority: Mapped[int] = mapped_column(sa.SmallInteger, default=1, server_default="1")
    eligibility_status: Mapped[Eligibility] = mapped_column(
        ChoiceType(Eligibility), default=Eligibility.UNKNOWN, server_default=Eligibility.UNKNOWN.value
    )
    last_verified_at: Mapped[datetime | None]
    # NULL where an outside service said it.
    last_verified_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    verified_how: Mapped[VerifiedHow | None] = mapped_column(ChoiceType(VerifiedHow))
    # What the insurer called the answer: a reference, whom one spoke to.
    verified_note: Mapped[str | None]
    # An outside service was asked then and has not answered yet.
    asked_at: Mapped[datetime | None]
    # Whether the patient wrote it down themselves in the portal.
    from_patient: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    created_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)

    patient: Mapped[Patient] = relationship(foreign_keys="InsurancePolicy.patient_id")

    @property
    def is_live(self):
        """Whether it is still asked."""
        return self.ended_at is None
