"""What was done to a patient: operations, examinations, treatments."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base, Choice, ChoiceType, one_of, word
from clinic.models.recorded import Recorded, recorded_rules


class ProcedureStatus(Choice):
    """How far it went."""

    IN_PROGRESS = "in_progress", word("Under way")
    COMPLETED = "completed", word("Done")
    STOPPED = "stopped", word("Broken off")


class Procedure(Recorded, Base):
    """One thing that was done, here or elsewhere."""

    __tablename__ = "procedures"
    __table_args__ = (
        *recorded_rules("procedures", "performed_at"),
        one_of(ProcedureStatus, "status"),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 500", name="name_length"),
        sa.CheckConstraint("ended_at >= performed_at", name="ends_after_it_began"),
    )

    name: Mapped[str]
    status: Mapped[ProcedureStatus] = mapped_column(ChoiceType(ProcedureStatus), default=ProcedureStatus.COMPLETED)
    # When it began. A day that was typed is its beginning in the clinic's zone.
    performed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    site: Mapped[str | None]
    outcome: Mapped[str | None]
