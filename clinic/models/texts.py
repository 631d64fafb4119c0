"""Text messages that come back: what numbers were written to, who wants no more, and the answers."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
import uuid_utils.compat
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.db import Base, Choice, ChoiceType, Timestamped, one_of, word
from clinic.models.accounts import User
from clinic.models.keys import belongs_to_clinic, index, refers, refers_to_user
from clinic.models.notifications import Notification
from clinic.models.patients import Patient
from clinic.scope import ClinicOwned


class ReplyMeaning(Choice):
    """What a one-word answer means."""

    CONFIRM = "confirm", word("They will come")
    CANCEL = "cancel", word("They cancel")
    STOP = "stop", word("No more text messages")
    START = "start", word("Text messages again")
    OTHER = "other", word("In their own words")


class ReplyResult(Choice):
    """What became of an answer."""

    CONFIRMED = "confirmed", word("The visit is confirmed")
    CANCELLED = "cancelled", word("The visit is cancelled")
    NOTED = "noted", word("Noted")
    SEVERAL = "several", word("It could be about more than one visit")
    NONE = "none", word("No visit waits for an answer")
    NOT_POSSIBLE = "not_possible", word("It could not be done any more")
    TO_READ = "to_read", word("Somebody has to read it")


class TextNumber(Timestamped, Base):
    """A number that a clinic has written to; the number itself is a hash that only this installation can make.

    Of no clinic alone: all write from the same number, and who answers STOP stops it for every one of them.
    """

    __tablename__ = "text_numbers"
    __table_args__ = (
        sa.UniqueConstraint("number_hash", "clinic_id", name="uq_text_numbers_number_hash_clinic_id"),
        sa.Index("ix_text_numbers_clinic_id", "clinic_id"),
    )

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True, default=uuid_utils.compat.uuid7)
    number_hash: Mapped[bytes] = mapped_column(sa.LargeBinary)
    clinic_id: Mapped[UUID] = mapped_column(sa.Uuid)
    last_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None]


class TextReply(ClinicOwned, Timestamped, Base):
    """What somebody answered by text message, to which of our messages, and what became of it."""

    __tablename__ = "text_replies"
    __table_args__ = (
        belongs_to_clinic("text_replies"),
        refers("patient_id", "patients"),
        refers("notification_id", "notifications"),
        refers_to_user("desk_done_by_id"),
        one_of(ReplyMeaning, "meaning"),
        one_of(ReplyResult, "result"),
        # The service may bring the same answer again.
        sa.Index("uq_text_replies_service_id", "clinic_id", "service_id", unique=True),
        index("text_replies", "patient_id", postgresql_where=sa.text("patient_id IS NOT NULL")),
        index("text_replies", "notification_id", postgresql_where=sa.text("notification_id IS NOT NULL")),
        index("text_replies", "desk_done_by_id", postgresql_where=sa.text("desk_done_by_id IS NOT NULL")),
        index(
            "text_replies", "desk_since", name="ix_text_replies_desk",
            postgresql_where=sa.text("desk_since IS NOT NULL AND desk_done_at IS NULL"),
        ),
    )  # fmt: skip

    # NULL: several patients are reached by this number, or none is any more.
    patient_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    notification_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    service_id: Mapped[str]
    sender: Mapped[str]
    text: Mapped[str]
    meaning: Mapped[ReplyMeaning] = mapped_column(ChoiceType(ReplyMeaning))
    result: Mapped[ReplyResult] = mapped_column(ChoiceType(ReplyResult))
    desk_since: Mapped[datetime | None]
    desk_done_at: Mapped[datetime | None]
    desk_done_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)

    patient: Mapped[Patient | None] = relationship(foreign_keys="TextReply.patient_id")
    notification: Mapped[Notification | None] = relationship(foreign_keys=[notification_id])
    desk_done_by: Mapped[User | None] = relationship(foreign_keys=[desk_done_by_id])
