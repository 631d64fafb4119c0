"""A time that is kept for one person and offered to them, until they answer or its end."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.db import Base, Choice, ChoiceType, Timestamped, now, one_of, word
from clinic.models.keys import belongs_to_clinic, index, refers, refers_to_user
from clinic.models.patients import Patient
from clinic.models.people import VisitMode
from clinic.models.providers import Provider
from clinic.models.schedule import VisitType
from clinic.models.visits import Visit
from clinic.scope import PatientOwned


class OfferPurpose(Choice):
    """Why a time is offered."""

    STRANDED = "stranded", word("The doctor cannot be there at the booked time")
    WAITLIST = "waitlist", word("A time became free")
    REQUEST = "request", word("The patient asked for a visit")


class OfferStatus(Choice):
    """What has become of an offer."""

    PREPARED = "prepared", word("Not sent yet")
    SENT = "sent", word("Waiting for an answer")
    ACCEPTED = "accepted", word("Accepted")
    DECLINED = "declined", word("Declined")
    LAPSED = "lapsed", word("Not answered in time")
    WITHDRAWN = "withdrawn", word("Withdrawn")


O = OfferStatus  # noqa: E741 (the only O there is)
LIVE = (O.PREPARED, O.SENT)
IS_LIVE = "status IN ('prepared', 'sent')"


class SlotOffer(PatientOwned, Timestamped, Base):
    """A time held for one patient: when, with whom and until when; what it said stays after the held slot is gone.

    Accepting moves ``visit_id`` there, or books a new visit where it is empty, whose id it then names.
    """

    __tablename__ = "slot_offers"
    noun = "offer"
    __table_args__ = (
        belongs_to_clinic("slot_offers"),
        refers("patient_id", "patients"),
        refers("provider_id", "providers"),
        refers("visit_type_id", "visit_types"),
        refers("visit_id", "visits"),
        refers("request_id", "visit_requests"),
        refers("waitlist_entry_id", "waitlist_entries"),
        refers_to_user("answered_by_id"),
        # An expired hold is deleted by whoever next books with the doctor; the offer then only forgets which it was.
        sa.ForeignKeyConstraint(
            ["clinic_id", "slot_id"], ["slots.clinic_id", "slots.id"], ondelete="SET NULL (slot_id)"
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "seat_hold_id"], ["seat_holds.clinic_id", "seat_holds.id"], ondelete="SET NULL (seat_hold_id)"
        ),
        one_of(OfferPurpose, "purpose"),
        one_of(OfferStatus, "status"),
        one_of(VisitMode, "visit_mode"),
        sa.CheckConstraint("ends_at > starts_at", name="ends_after_it_starts"),
        sa.CheckConstraint("(visit_starts_at IS NOT NULL) = is_move", name="moves_from_somewhere"),
        sa.CheckConstraint("NOT is_move OR visit_id IS NOT NULL", name="moves_a_visit"),
        sa.CheckConstraint("status NOT IN ('accepted', 'declined') OR answered_at IS NOT NULL", name="answered_when"),
        sa.CheckConstraint(
            "status <> 'sent' OR (token_hash IS NOT NULL AND sent_at IS NOT NULL)", name="sent_has_link"
        ),
        # One live offer a person; only who lost several visits at once is asked about each of them. That none of those
        # joins another offer keeps actions/offers.py, under the patient's lock.
        sa.Index(
            "uq_slot_offers_patient_id", "clinic_id", "patient_id", unique=True,
            postgresql_where=sa.text(f"{IS_LIVE} AND purpose <> 'stranded'"),
        ),
        sa.Index(
            "uq_slot_offers_visit_id", "clinic_id", "visit_id", unique=True,
            postgresql_where=sa.text(f"{IS_LIVE} AND is_move"),
        ),
        sa.Index("uq_slot_offers_token_hash", "clinic_id", "token_hash", unique=True),
        index("slot_offers", "patient_id", "created_at"),
        index("slot_offers", "visit_id", postgresql_where=sa.text("visit_id IS NOT NULL")),
        index("slot_offers", "slot_id", postgresql_where=sa.text("slot_id IS NOT NULL")),
        index("slot_offers", "seat_hold_id", postgresql_where=sa.text("seat_hold_id IS NOT NULL")),
        index("slot_offers", "provider_id", "starts_at"),
        index("slot_offers", "visit_type_id"),
        index("slot_offers", "request_id", postgresql_where=sa.text("request_id IS NOT NULL")),
        index("slot_offers", "waitlist_entry_id", postgresql_where=sa.text("waitlist_entry_id IS NOT NULL")),
        index("slot_offers", "answered_by_id", postgresql_where=sa.text("answered_by_id IS NOT NULL")),
        index("slot_offers", "until", name="ix_slot_offers_live", postgresql_where=sa.text(IS_LIVE)),
        # What the waiting list has refilled, counted by week and month.
        index(
            "slot_offers", "answered_at", name="ix_slot_offers_refilled",
            postgresql_where=sa.text("purpose = 'waitlist' AND status = 'accepted'"),
        ),
    )  # fmt: skip

    purpose: Mapped[OfferPurpose] = mapped_column(ChoiceType(OfferPurpose))
    status: Mapped[OfferStatus] = mapped_column(ChoiceType(OfferStatus), default=O.PREPARED)
    provider_id: Mapped[UUID] = mapped_column(sa.Uuid)
    visit_type_id: Mapped[UUID] = mapped_column(sa.Uuid)
    visit_mode: Mapped[VisitMode] = mapped_column(ChoiceType(VisitMode))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    # The held piece of time while it stands; in a time for several, the seat in it.
    slot_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    seat_hold_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    # Whether accepting moves a visit, and from when: moved meanwhile, the offer is of no use any more.
    is_move: Mapped[bool] = mapped_column(default=False, server_default="false")
    visit_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    visit_starts_at: Mapped[datetime | None]
    request_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    waitlist_entry_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    # The patient's link: found by the hash, opened again by the key ring to be sent once more.
    token_hash: Mapped[bytes | None]
    token_encrypted: Mapped[bytes | None]
    # Until when the time is held.
    until: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    # NULL: by the link, without an account.
    answered_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)

    patient: Mapped[Patient] = relationship(foreign_keys="SlotOffer.patient_id")
    provider: Mapped[Provider] = relationship(foreign_keys=[provider_id])
    visit_type: Mapped[VisitType] = relationship(foreign_keys=[visit_type_id])
    visit: Mapped[Visit | None] = relationship(foreign_keys=[visit_id], viewonly=True)

    @property
    def state(self):
        """The status as it is at this moment: an offer whose end is past has lapsed, written down or not."""
        return O.LAPSED if self.status in LIVE and self.until <= now() else self.status

    @property
    def is_live(self):
        """Whether the time is still kept for the patient."""
        return self.state in LIVE

    @property
    def turns_the_visit(self):
        """Whether the visit that would move is by video and the offered time in person, or the other way round."""
        return self.is_move and self.visit.visit_mode != self.visit_mode
