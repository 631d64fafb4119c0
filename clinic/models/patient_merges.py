"""Two records of one person: who said so, who looked it over, what moved, and until when it can be undone."""

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.db import Base, Timestamped, now
from clinic.models.accounts import User
from clinic.models.keys import belongs_to_clinic, index, refers, refers_to_user
from clinic.scope import PatientOwned

UNDONE_WITHIN = timedelta(days=30)


class PatientMerge(PatientOwned, Timestamped, Base):
    """That ``other`` is to become, or became, part of ``patient``: asked, declined, merged, or merged and undone.

    ``moved`` names what went along: {"table.column": [ids]}; ``filled`` the details that the patient's record lacked
    and took from the other's. Neither holds a word about anybody.
    """

    __tablename__ = "patient_merges"
    __table_args__ = (
        belongs_to_clinic("patient_merges"),
        refers("patient_id", "patients"),
        refers("other_id", "patients"),
        refers_to_user("asked_by_id"),
        refers_to_user("looked_over_by_id"),
        refers_to_user("declined_by_id"),
        refers_to_user("undone_by_id"),
        sa.CheckConstraint("patient_id <> other_id", name="two_records"),
        sa.CheckConstraint("num_nonnulls(merged_at, declined_at) <= 1", name="one_answer"),
        sa.CheckConstraint("undone_at IS NULL OR merged_at IS NOT NULL", name="undone_was_merged"),
        # Nobody looks over what they asked for themselves.
        sa.CheckConstraint("looked_over_by_id <> asked_by_id", name="two_pairs_of_eyes"),
        sa.Index(
            "uq_patient_merges_other_id", "clinic_id", "other_id", unique=True,
            postgresql_where=sa.text("declined_at IS NULL AND undone_at IS NULL"),
        ),
        index("patient_merges", "other_id"),
        index("patient_merges", "patient_id"),
        index("patient_merges", "created_at"),
        index("patient_merges", "asked_by_id"),
        index("patient_merges", "looked_over_by_id"),
        index("patient_merges", "declined_by_id"),
        index("patient_merges", "undone_by_id"),
    )  # fmt: skip

    other_id: Mapped[UUID] = mapped_column(sa.Uuid)
    reason: Mapped[str]
    asked_by_id: Mapped[UUID] = mapped_column(sa.Uuid)
    # NULL where an administrator merged without being asked.
    looked_over_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    declined_at: Mapped[datetime | None]
    declined_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    merged_at: Mapped[datetime | None]
    moved: Mapped[dict] = mapped_column(JSONB, default=dict, server_default="{}")
    filled: Mapped[list] = mapped_column(JSONB, default=list, server_default="[]")
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)

    asked_by: Mapped[User] = relationship(foreign_keys=[asked_by_id])
    looked_over_by: Mapped[User | None] = relationship(foreign_keys=[looked_over_by_id])

    @property
    def is_open(self):
        """Whether it waits for an answer."""
        return self.merged_at is None and self.declined_at is None

    @property
    def is_in_force(self):
        """Whether the two records are one now."""
        return self.merged_at is not None and self.undone_at is None

    @property
    def undone_until(self):
        """Until when it can be undone, or None where it never was done."""
        return self.merged_at and self.merged_at + UNDONE_WITHIN

    @property
    def may_be_undone(self):
        """Whether it is in force and young enough to be undone."""
        return self.is_in_force and now() < self.undone_until
