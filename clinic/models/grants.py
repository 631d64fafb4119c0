"""Rights that somebody has for a reason and for a while."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.db import Base, Choice, ChoiceType, Timestamped, now, one_of, word
from clinic.models.accounts import User
from clinic.models.keys import belongs_to_clinic, index, refers, refers_to_user
from clinic.models.patients import Patient
from clinic.scope import ClinicOwned


class GrantKind(Choice):
    """What the grant is for."""

    BREAK_GLASS = "break_glass", word("A patient's record in an emergency")
    SUPPORT = "support", word("Help from support")
    IMPERSONATION = "impersonation", word("Standing in for a colleague")


class SupportScope(Choice):
    """What a support window lets somebody read."""

    SCHEDULE = "schedule", word("Doctors' hours and blocks")
    VISITS = "visits", word("The day and its visits")
    PATIENTS = "patients", word("Patients and their contact details")


class AccessGrant(ClinicOwned, Timestamped, Base):
    """One such right: who, why, over what, until when; never longer than four hours, and never without a reason."""

    __tablename__ = "access_grants"
    __table_args__ = (
        belongs_to_clinic("access_grants"),
        refers_to_user("user_id"),
        refers_to_user("granted_by_id"),
        refers_to_user("subject_id"),
        refers_to_user("reviewed_by_id"),
        refers("patient_id", "patients"),
        one_of(GrantKind, "kind"),
        sa.CheckConstraint("char_length(btrim(reason)) >= 10", name="reason_is_said"),
        sa.CheckConstraint("until <= created_at + interval '4 hours'", name="is_short"),
        sa.CheckConstraint(
            "(kind = 'break_glass') = (patient_id IS NOT NULL) AND (kind = 'impersonation') = (subject_id IS NOT NULL)"
            " AND (kind = 'support') = (cardinality(scope) > 0)",
            name="says_what_for",
        ),
        sa.CheckConstraint("subject_id <> user_id", name="is_for_another"),
        index("access_grants", "user_id", "until", name="ix_access_grants_user_id"),
        index("access_grants", "granted_by_id"),
        index("access_grants", "subject_id"),
        index("access_grants", "reviewed_by_id"),
        index("access_grants", "patient_id"),
        index("access_grants", "created_at"),
    )

    kind: Mapped[GrantKind] = mapped_column(ChoiceType(GrantKind))
    user_id: Mapped[UUID] = mapped_column(sa.Uuid)
    granted_by_id: Mapped[UUID] = mapped_column(sa.Uuid)
    # Whom somebody stands in for.
    subject_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    patient_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    scope: Mapped[list] = mapped_column(ARRAY(sa.Text), default=list, server_default="{}")
    reason: Mapped[str]
    until: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    reviewed_at: Mapped[datetime | None]
    reviewed_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)

    user: Mapped[User] = relationship(foreign_keys=[user_id])
    granted_by: Mapped[User] = relationship(foreign_keys=[granted_by_id])
    subject: Mapped[User | None] = relationship(foreign_keys=[subject_id])
    reviewed_by: Mapped[User | None] = relationship(foreign_keys=[reviewed_by_id])
    patient: Mapped[Patient | None] = relationship(foreign_keys="AccessGrant.patient_id", viewonly=True)

    @property
    def is_live(self):
        """Whether it still holds."""
        return self.ended_at is None and self.until > now()

    @property
    def over_at(self):
        """When it ended or will end by itself (UTC)."""
        return min(self.ended_at, self.until) if self.ended_at else self.until

    @property
    def waits_for_review(self):
        """Whether an administrator has still to look why a record was opened."""
        return self.kind == GrantKind.BREAK_GLASS and self.reviewed_at is None

    @property
    def scopes(self):
        """What support may read, each with its word."""
        return [SupportScope(each) for each in self.scope]
