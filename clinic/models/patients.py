"""Patients, how they are found, who may act for them, and the tags the desk gives them."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.db import Base, Choice, ChoiceType, Timestamped, now, one_of, word
from clinic.models.keys import belongs_to_clinic, index, refers, refers_to_user
from clinic.models.people import ContactMethod, Gender, Relation
from clinic.scope import ClinicOwned, PatientOwned, SoftDeleted

# In the demographics of somebody who has died on a day that nobody knows; deceased_at is then when it was written down.
DAY_UNKNOWN = {"deceased": "date unknown"}


class TagKind(Choice):
    """A tag is a note of the desk's; a flag is a warning everyone sees."""

    TAG = "tag", word("Tag")
    FLAG = "flag", word("Flag")


class Patient(ClinicOwned, SoftDeleted, Timestamped, Base):
    """Somebody the clinic cares for. Only the name must be known; most patients have no account."""

    __tablename__ = "patients"
    __table_args__ = (
        belongs_to_clinic("patients"),
        refers("merged_into_id", "patients"),
        one_of(Gender, "gender"),
        one_of(ContactMethod, "preferred_contact_method"),
        sa.CheckConstraint(
            "date_of_birth BETWEEN '1880-01-01' AND '2999-12-31'",
            name="date_of_birth_in_range",
        ),
        sa.CheckConstraint("height_cm BETWEEN 20 AND 280", name="height_in_range"),
        sa.CheckConstraint("length(full_name) BETWEEN 1 AND 255", name="full_name_length"),
        sa.Index("uq_patients_mrn", "clinic_id", "mrn", unique=True),
        index("patients", "date_of_birth"),
        index(
            "patients",
            "merged_into_id",
            postgresql_where=sa.text("merged_into_id IS NOT NULL"),
        ),
        index("patients", "created_at"),
        index(
            "patients",
            "signed_up_at",
            postgresql_where=sa.text("signed_up_at IS NOT NULL AND sign_up_seen_at IS NULL AND deleted_at IS NULL"),
        ),
        index("patients", "email", postgresql_where=sa.text("email IS NOT NULL")),
    )

    # The record number people say at the desk.
    mrn: Mapped[str]
    full_name: Mapped[str]
    first_name: Mapped[str | None]
    last_name: Mapped[str | None]
    date_of_birth: Mapped[date | None]
    gender: Mapped[Gender | None] = mapped_column(ChoiceType(Gender))
    blood_group: Mapped[str | None]
    height_cm: Mapped[Decimal | None] = mapped_column(sa.Numeric(4, 1))
    phone: Mapped[str | None]
    email: Mapped[str | None]
    address_line: Mapped[str | None]
    city: Mapped[str | None]
    state: Mapped[str | None]
    postal_code: Mapped[str | None]
    country: Mapped[str | None]
    timezone: Mapped[str | None]
    language: Mapped[str | None]
    preferred_contact_method: Mapped[ContactMethod | None] = mapped_column(ChoiceType(ContactMethod))
    emergency_contact_name: Mapped[str | None]
    emergency_contact_phone: Mapped[str | None]
    # The sentences a source system held, until they are entered one by one.
    allergies: Mapped[str | None]
    chronic_diseases: Mapped[str | None]
    demographics: Mapped[dict] = mapped_column(JSONB, default=dict, server_default="{}")
    # Administrative; the desk reads it.
    notes: Mapped[str | None]
    deceased_at: Mapped[datetime | None]
    merged_into_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    # When the patient made the record themselves in the portal, and when the desk said whether it knows them already.
    signed_up_at: Mapped[datetime | None]
    sign_up_seen_at: Mapped[datetime | None]
    # Nothing of the person is left here since then; the row stays for the visits that must be kept.
    erased_at: Mapped[datetime | None]

    tags: Mapped[list["PatientTag"]] = relationship(
        back_populates="patient",
        foreign_keys="PatientTag.patient_id",
        order_by="PatientTag.tag",
    )

    @property
    def is_deceased(self):
        """Whether the patient has died."""
        return self.deceased_at is not None

    @property
    def died_at(self):
        """The moment that tells the day on which the patient died; None where they live or nobody knows the day."""
        return None if DAY_UNKNOWN.items() <= self.demographics.items() else self.deceased_at

    @property
    def likes_calls(self):
        """Whether the patient is told things by phone, because they want it so."""
        return self.preferred_contact_method == ContactMethod.PHONE and bool(self.phone)

    @property
    def flags(self):
        """The warnings about this patient, as words."""
        return [tag.tag for tag in self.tags if tag.kind == TagKind.FLAG]


class PatientWord(Base):
    """One normalised word by which a patient is found; see ``actions/patient_words.py`` for what becomes a word."""

    __tablename__ = "patient_words"
    __table_args__ = (
        belongs_to_clinic("patient_words"),
        refers("patient_id", "patients"),
        index("patient_words", "patient_id"),
    )

    clinic_id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    word: Mapped[str] = mapped_column(sa.Text(collation="C"), primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)


class PatientAccess(PatientOwned, Timestamped, Base):
    """That one person may act for one patient in the portal, for ever or until a day."""

    __tablename__ = "patient_access"
    __table_args__ = (
        belongs_to_clinic("patient_access"),
        refers("patient_id", "patients"),
        refers_to_user("user_id"),
        one_of(Relation, "relation"),
        sa.Index(
            "uq_patient_access_patient_id_user_id",
            "clinic_id",
            "patient_id",
            "user_id",
            unique=True,
        ),
        index("patient_access", "user_id"),
    )

    user_id: Mapped[UUID] = mapped_column(sa.Uuid)
    relation: Mapped[Relation] = mapped_column(ChoiceType(Relation))
    until: Mapped[datetime | None]
    # When they last looked at the record, and the end of the time before in which they did: what came since is new.
    looked_at: Mapped[datetime | None]
    looked_before_at: Mapped[datetime | None]

    patient: Mapped[Patient] = relationship(foreign_keys="PatientAccess.patient_id")

    @property
    def is_live(self):
        """Whether the access has not run out."""
        return self.until is None or self.until > now()

    @property
    def is_own(self):
        """Whether it is the patient themself who sees the record."""
        return self.relation == Relation.SELF


class PatientTag(PatientOwned, Timestamped, Base):
    """A word the clinic pinned to a patient."""

    __tablename__ = "patient_tags"
    __table_args__ = (
        belongs_to_clinic("patient_tags"),
        refers("patient_id", "patients"),
        one_of(TagKind, "kind"),
        sa.Index("uq_patient_tags_tag", "clinic_id", "patient_id", "kind", "tag", unique=True),
    )

    kind: Mapped[TagKind] = mapped_column(ChoiceType(TagKind))
    tag: Mapped[str]

    patient: Mapped[Patient] = relationship(back_populates="tags", foreign_keys="PatientTag.patient_id")
