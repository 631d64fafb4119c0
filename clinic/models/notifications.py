"""What patients are told about their visits: each message from the change that caused it to its arrival."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.db import Base, Choice, ChoiceType, Timestamped, one_of, word
from clinic.models.accounts import User
from clinic.models.keys import belongs_to_clinic, index, refers, refers_to_user
from clinic.models.patients import Patient
from clinic.models.visits import Visit
from clinic.scope import PatientOwned


class NotificationKind(Choice):
    """What a message says."""

    BOOKED = "booked", word("The visit is booked")
    REQUESTED = "requested", word("The visit is asked for")
    ACCEPTED = "accepted", word("The clinic has accepted")
    MOVED = "moved", word("The visit has another time")
    CANCELLED = "cancelled", word("The visit is cancelled")
    RESTORED = "restored", word("The visit takes place after all")
    REMINDER = "reminder", word("Reminder")
    TICKET = "ticket", word("The number in the queue")
    OFFER = "offer", word("A time is offered")
    OFFER_WITHDRAWN = "offer_withdrawn", word("The offer is taken back")
    REQUEST_RECEIVED = "request_received", word("The request has arrived")
    REQUEST_CLOSED = "request_closed", word("The request is closed")


class Channel(Choice):
    """How a message reaches somebody."""

    EMAIL = "email", word("Email")
    SMS = "sms", word("Text message")
    PHONE = "phone", word("Phone call")


class NotificationState(Choice):
    """Where a message stands."""

    WAITING = "waiting", word("Waiting")
    SENDING = "sending", word("Being sent")
    SENT = "sent", word("Sent")
    DELIVERED = "delivered", word("Delivered")
    CALL = "call", word("To be told by phone")
    FAILED = "failed", word("Not delivered")
    UNCLEAR = "unclear", word("Not known whether it arrived")
    NOT_NEEDED = "not_needed", word("Not sent")


class Why(Choice):
    """Why a message was not sent, or did not arrive."""

    PATIENT_GONE = "patient_gone", word("The record has been closed since.")
    OVERTAKEN = "overtaken", word("What happened since has made it needless.")
    SWITCHED_OFF = "switched_off", word("The clinic does not send messages of this kind.")
    KNOWN = "known", word("The patient knows it already.")
    TOO_LATE = "too_late", word("It would have come too late.")
    NO_ADDRESS = "no_address", word("There is no address and no number to reach the patient.")
    REFUSED = "refused", word("The address or number does not take it.")
    AWAY = "away", word("The service that sends it could not be reached for too long.")
    NO_ANSWER = "no_answer", word("The service did not say whether it took the message.")
    STOPPED = "stopped", word("The patient has asked for no more text messages.")
    TOGETHER = "together", word("It was told together with the other visits.")
    CALLED_ONCE = "called_once", word("One call before a visit is enough.")


class Notification(PatientOwned, Timestamped, Base):
    """One thing one patient is told once, by one way; kept as it was told, with the keys in its links left out."""

    __tablename__ = "notifications"
    __table_args__ = (
        belongs_to_clinic("notifications"),
        refers("patient_id", "patients"),
        refers("visit_id", "visits"),
        refers("offer_id", "slot_offers"),
        refers_to_user("created_by_id"),
        refers_to_user("desk_done_by_id"),
        one_of(NotificationKind, "kind"),
        one_of(Channel, "channel"),
        one_of(NotificationState, "state"),
        one_of(Why, "why"),
        sa.CheckConstraint("(kind = 'reminder') = (offset_hours IS NOT NULL)", name="reminder_has_its_offset"),
        sa.CheckConstraint("kind <> 'reminder' OR visit_id IS NOT NULL", name="reminder_of_a_visit"),
        sa.CheckConstraint(
            "state IN ('waiting', 'not_needed', 'failed') OR channel IS NOT NULL", name="sent_by_a_channel"
        ),
        # A reminder is told once for each time the visit has had; moved back and forth, none comes twice.
        sa.Index(
            "uq_notifications_reminder", "clinic_id", "visit_id", "offset_hours", "visit_starts_at", unique=True,
            postgresql_where=sa.text("kind = 'reminder'"),
        ),
        index("notifications", "patient_id", "created_at"),
        index("notifications", "visit_id", "created_at"),
        index("notifications", "offer_id", postgresql_where=sa.text("offer_id IS NOT NULL")),
        index("notifications", "created_by_id", postgresql_where=sa.text("created_by_id IS NOT NULL")),
        index("notifications", "desk_done_by_id", postgresql_where=sa.text("desk_done_by_id IS NOT NULL")),
        index(
            "notifications", "desk_since", name="ix_notifications_desk",
            postgresql_where=sa.text("desk_since IS NOT NULL AND desk_done_at IS NULL"),
        ),
        index("notifications", "send_at", postgresql_where=sa.text("state IN ('waiting', 'sending')")),
        index("notifications", "sent_to", "sent_at", postgresql_where=sa.text("channel = 'sms'")),
    )  # fmt: skip

    visit_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    offer_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    kind: Mapped[NotificationKind] = mapped_column(ChoiceType(NotificationKind))
    # Decided when it is sent: what the patient prefers, and can be reached by, then.
    channel: Mapped[Channel | None] = mapped_column(ChoiceType(Channel))
    state: Mapped[NotificationState] = mapped_column(
        ChoiceType(NotificationState),
        default=NotificationState.WAITING,
        server_default=NotificationState.WAITING.value,
    )
    why: Mapped[Why | None] = mapped_column(ChoiceType(Why))
    # The answer to what the patient has done this moment, or to who stands at the desk: they are awake, so it does not
    # wait for the morning.
    at_once: Mapped[bool] = mapped_column(default=False, server_default="false")
    # Not sent before; and, while it is being sent, since when.
    send_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    # The time the message speaks of; for a visit that has another one by now, it is told no more.
    visit_starts_at: Mapped[datetime | None]
    old_starts_at: Mapped[datetime | None]
    offset_hours: Mapped[int | None] = mapped_column(sa.SmallInteger)
    # Ids and times that the words need besides; never anybody's words.
    facts: Mapped[dict] = mapped_column(JSONB, default=dict, server_default="{}")
    language: Mapped[str | None]
    sent_to: Mapped[str | None]
    subject: Mapped[str | None]
    text: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    # What the service calls the message, and the last thing it said of it.
    service_id: Mapped[str | None]
    service_status: Mapped[str | None]
    service_code: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    # Since when the desk has something to do about it, and when that was done.
    desk_since: Mapped[datetime | None]
    desk_done_at: Mapped[datetime | None]
    desk_done_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    # NULL: a job or an outside system.
    created_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)

    patient: Mapped[Patient] = relationship(foreign_keys="Notification.patient_id")
    visit: Mapped[Visit | None] = relationship(foreign_keys=[visit_id])
    desk_done_by: Mapped[User | None] = relationship(foreign_keys=[desk_done_by_id])

    @property
    def is_under_way(self):
        """Whether it is still to be handed over."""
        return self.state in (NotificationState.WAITING, NotificationState.SENDING)

    @property
    def is_said_at_the_desk(self):
        """Whether the patient it is for is at the clinic: nobody calls them where it does not arrive."""
        return self.kind == NotificationKind.TICKET

    @property
    def waits_for_the_desk(self):
        """Whether somebody has to tell the patient by another way."""
        return self.desk_since is not None and self.desk_done_at is None
