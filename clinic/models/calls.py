"""Calls the desk makes to tell patients something, and what came of each."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.db import Base, Choice, ChoiceType, Timestamped, one_of, word
from clinic.models.accounts import User
from clinic.models.keys import belongs_to_clinic, index, refers, refers_to_user
from clinic.models.notifications import Notification
from clinic.scope import ClinicOwned


class CallOutcome(Choice):
    """What came of a call."""

    REACHED = "reached", word("Reached")
    LEFT_MESSAGE = "left_message", word("Left a message")
    NO_ANSWER = "no_answer", word("No answer")


class CallAttempt(ClinicOwned, Timestamped, Base):
    """One call about one message; one that was written down by mistake stays, taken back."""

    __tablename__ = "call_attempts"
    __table_args__ = (
        belongs_to_clinic("call_attempts"),
        refers("notification_id", "notifications"),
        refers_to_user("called_by_id"),
        one_of(CallOutcome, "outcome"),
        index("call_attempts", "notification_id", "created_at"),
        index("call_attempts", "called_by_id"),
    )

    notification_id: Mapped[UUID] = mapped_column(sa.Uuid)
    outcome: Mapped[CallOutcome] = mapped_column(ChoiceType(CallOutcome))
    note: Mapped[str | None]
    called_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    undone_at: Mapped[datetime | None]

    notification: Mapped[Notification] = relationship(foreign_keys="CallAttempt.notification_id")
    called_by: Mapped[User | None] = relationship(foreign_keys=[called_by_id])
