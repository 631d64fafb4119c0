"""Prescriptions: issued once and never changed. A correction is another one that names it, an end is a stop."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.db import Base, Choice, ChoiceType, now, one_of, word
from clinic.models.keys import belongs_to_clinic, index, refers, refers_to_user
from clinic.models.providers import Provider
from clinic.models.recorded import RecordSource
from clinic.scope import ClinicOwned, PatientOwned

MOST_ITEMS = 20


class PrescriptionState(Choice):
    """What has become of a prescription, or of one medicine on it."""

    ACTIVE = "active", word("Active")
    STOPPED = "stopped", word("Stopped")
    REPLACED = "replaced", word("Replaced")


class Prescription(PatientOwned, Base):
    """What a doctor prescribed on one occasion. The application may add rows here, and neither change nor remove any.

    An imported one has what its source knew: everything but the patient may be missing, and is shown as not recorded.
    """

    __tablename__ = "prescriptions"
    noun = "prescription"
    __table_args__ = (
        belongs_to_clinic("prescriptions"),
        refers("patient_id", "patients"),
        refers("visit_id", "visits"),
        refers("consultation_id", "consultations"),
        refers("provider_id", "providers"),
        refers("replaces_id", "prescriptions"),
        refers_to_user("issued_by_id"),
        one_of(RecordSource, "source"),
        sa.CheckConstraint("source <> 'clinic' OR provider_id IS NOT NULL", name="own_has_a_doctor"),
        sa.CheckConstraint("source <> 'clinic' OR is_dated", name="own_is_dated"),
        sa.CheckConstraint("replaces_id <> id", name="replaces_another"),
        # Two corrections of one prescription at once: the second one finds it replaced.
        sa.Index(
            "uq_prescriptions_replaces_id", "clinic_id", "replaces_id", unique=True,
            postgresql_where=sa.text("replaces_id IS NOT NULL"),
        ),
        index("prescriptions", "patient_id", "issued_at", "id"),
        index("prescriptions", "provider_id", postgresql_where=sa.text("provider_id IS NOT NULL")),
        index("prescriptions", "visit_id", postgresql_where=sa.text("visit_id IS NOT NULL")),
        index("prescriptions", "consultation_id", postgresql_where=sa.text("consultation_id IS NOT NULL")),
        index("prescriptions", "issued_by_id", postgresql_where=sa.text("issued_by_id IS NOT NULL")),
    )  # fmt: skip

    visit_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    # The note that the doctor had open about the visit.
    consultation_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    provider_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    # The name and licence under which it was issued; the doctor's profile may say something else by now.
    prescriber: Mapped[str | None]
    licence_number: Mapped[str | None]
    advice: Mapped[str | None]
    replaces_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    source: Mapped[RecordSource] = mapped_column(ChoiceType(RecordSource), default=RecordSource.CLINIC)
    issued_at: Mapped[datetime] = mapped_column(default=now)
    # False where an imported one does not say when: then issued_at is when it came in.
    is_dated: Mapped[bool] = mapped_column(default=True, server_default="true")
    issued_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    created_at: Mapped[datetime] = mapped_column(default=now, server_default=sa.func.now())

    items: Mapped[list["PrescriptionItem"]] = relationship(
        back_populates="prescription", foreign_keys="PrescriptionItem.prescription_id",
        order_by="PrescriptionItem.position",
    )  # fmt: skip
    stops: Mapped[list["PrescriptionStop"]] = relationship(
        back_populates="prescription", foreign_keys="PrescriptionStop.prescription_id",
        order_by="PrescriptionStop.created_at",
    )  # fmt: skip
    provider: Mapped[Provider | None] = relationship(foreign_keys=[provider_id], viewonly=True)
    replaces: Mapped["Prescription | None"] = relationship(
        foreign_keys=[replaces_id], remote_side="[Prescription.clinic_id, Prescription.id]", viewonly=True
    )
    replaced_by: Mapped["Prescription | None"] = relationship(
        primaryjoin="and_(Prescription.clinic_id == foreign(remote(Prescription.clinic_id)),"
        " Prescription.id == foreign(remote(Prescription.replaces_id)))",
        uselist=False, viewonly=True,
    )  # fmt: skip

    @property
    def state(self):
        """What has become of it: replaced, stopped with all its medicines, or still good."""
        if self.replaced_by:
            return PrescriptionState.REPLACED
        return PrescriptionState.ACTIVE if any(map(self.is_taken, self.items)) else PrescriptionState.STOPPED

    def stop_of(self, item):
        """The stop that ended this medicine, by itself or with the whole prescription, or None."""
        return next((stop for stop in self.stops if stop.item_id in (None, item.id)), None)

    def is_taken(self, item):
        """Whether the medicine was not stopped."""
        return self.stop_of(item) is None

    @property
    def is_own(self):
        """Whether it was issued here; an imported one may lack facts."""
        return self.source == RecordSource.CLINIC


class PrescriptionItem(ClinicOwned, Base):
    """One medicine of a prescription, in the doctor's words."""

    __tablename__ = "prescription_items"
    __table_args__ = (
        belongs_to_clinic("prescription_items"),
        refers("prescription_id", "prescriptions"),
        sa.CheckConstraint("length(medicine_name) BETWEEN 1 AND 500", name="medicine_name_length"),
        sa.CheckConstraint(
            "(allergy_warning IS NULL) = (allergy_reason IS NULL)", name="a_warning_was_answered"
        ),
        sa.Index(
            "uq_prescription_items_position", "clinic_id", "prescription_id", "position", unique=True
        ),
    )  # fmt: skip

    prescription_id: Mapped[UUID] = mapped_column(sa.Uuid)
    position: Mapped[int] = mapped_column(sa.SmallInteger)
    medicine_name: Mapped[str]
    # The strength of a homeopathic medicine (30C, Q), or of any other (500 mg).
    potency: Mapped[str | None]
    dosage: Mapped[str | None]
    frequency: Mapped[str | None]
    duration: Mapped[str | None]
    notes: Mapped[str | None]
    # The recorded allergy that the doctor was warned of, and why it was prescribed all the same.
    allergy_warning: Mapped[str | None]
    allergy_reason: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now, server_default=sa.func.now())

    prescription: Mapped[Prescription] = relationship(back_populates="items", foreign_keys=[prescription_id])


class PrescriptionStop(ClinicOwned, Base):
    """That a medicine, or the whole prescription, is no longer to be taken, and why."""

    __tablename__ = "prescription_stops"
    __table_args__ = (
        belongs_to_clinic("prescription_stops"),
        refers("prescription_id", "prescriptions"),
        refers("item_id", "prescription_items"),
        refers_to_user("stopped_by_id"),
        one_of(RecordSource, "source"),
        sa.CheckConstraint("source <> 'clinic' OR reason IS NOT NULL", name="own_has_a_reason"),
        sa.CheckConstraint("source <> 'clinic' OR stopped_at IS NOT NULL", name="own_has_a_time"),
        index("prescription_stops", "prescription_id"),
        sa.Index(
            "uq_prescription_stops_item_id", "clinic_id", "item_id", unique=True,
            postgresql_where=sa.text("item_id IS NOT NULL"),
        ),
        sa.Index(
            "uq_prescription_stops_whole", "clinic_id", "prescription_id", unique=True,
            postgresql_where=sa.text("item_id IS NULL"),
        ),
        index("prescription_stops", "stopped_by_id", postgresql_where=sa.text("stopped_by_id IS NOT NULL")),
    )  # fmt: skip

    prescription_id: Mapped[UUID] = mapped_column(sa.Uuid)
    # NULL: every medicine of the prescription.
    item_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    reason: Mapped[str | None]
    # NULL where an imported one does not say when.
    stopped_at: Mapped[datetime | None]
    stopped_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    source: Mapped[RecordSource] = mapped_column(ChoiceType(RecordSource), default=RecordSource.CLINIC)
    created_at: Mapped[datetime] = mapped_column(default=now, server_default=sa.func.now())

    prescription: Mapped[Prescription] = relationship(back_populates="stops", foreign_keys=[prescription_id])
