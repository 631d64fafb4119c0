"""Days that somebody signed off, and that an administrator opened again."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.db import Base, Choice, ChoiceType, now, one_of, word
from clinic.models.accounts import User
from clinic.models.keys import belongs_to_clinic, index, refers, refers_to_user
from clinic.models.providers import Provider
from clinic.scope import ClinicOwned


class ClosingStep(Choice):
    """What was done with a day."""

    CLOSED = "closed", word("Closed")
    REOPENED = "reopened", word("Opened again")


class DayClosing(ClinicOwned, Base):
    """One signature under a day of the clinic's calendar, or its reopening: never changed, the last one counts.

    Without a doctor it is the whole clinic's; with one, that doctor's own part.
    """

    __tablename__ = "day_closings"
    __table_args__ = (
        belongs_to_clinic("day_closings"),
        refers("provider_id", "providers"),
        refers_to_user("signed_by_id"),
        one_of(ClosingStep, "step"),
        sa.CheckConstraint("step = 'closed' OR notes IS NOT NULL", name="reopened_has_a_reason"),
        # Of two who sign at once, one is told that it is done.
        sa.Index(
            "uq_day_closings_number", "clinic_id", "on_date", "provider_id", "number", unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        index("day_closings", "provider_id"),
        index("day_closings", "signed_by_id"),
    )  # fmt: skip

    on_date: Mapped[date]
    provider_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    # 1, 2, 3 … for each day and doctor.
    number: Mapped[int]
    step: Mapped[ClosingStep] = mapped_column(ChoiceType(ClosingStep))
    # How much of each check was open, by its name: {"outcomes": 2}.
    left_open: Mapped[dict] = mapped_column(JSONB, default=dict, server_default="{}")
    notes: Mapped[str | None]
    signed_by_id: Mapped[UUID] = mapped_column(sa.Uuid)
    created_at: Mapped[datetime] = mapped_column(default=now, server_default=sa.func.now())

    provider: Mapped[Provider | None] = relationship(foreign_keys=[provider_id])
    signed_by: Mapped[User] = relationship(foreign_keys=[signed_by_id])
