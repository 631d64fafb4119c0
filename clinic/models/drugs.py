"""The medicines a clinic has loaded to choose from, the words they are found by, and each doctor's favourites."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base, Timestamped
from clinic.models.keys import belongs_to_clinic, index, refers
from clinic.scope import ClinicOwned


class Drug(ClinicOwned, Timestamped, Base):
    """One medicine of a list that the clinic loaded; the list's newest state counts."""

    __tablename__ = "drugs"
    __table_args__ = (
        belongs_to_clinic("drugs"),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 500", name="name_length"),
        sa.Index("uq_drugs_code", "clinic_id", "list_name", "code", unique=True),
    )

    # What the clinic calls the list it came from, and the list's own code for it.
    list_name: Mapped[str]
    code: Mapped[str]
    name: Mapped[str]
    synonyms: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list, server_default="{}")
    # No longer in its list: not offered any more.
    retired_at: Mapped[datetime | None]


class DrugWord(Base):
    """One normalised word by which a medicine is found, as patients are; see ``actions/drugs.py``."""

    __tablename__ = "drug_words"
    __table_args__ = (
        belongs_to_clinic("drug_words"),
        refers("drug_id", "drugs"),
        index("drug_words", "drug_id"),
    )

    clinic_id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    word: Mapped[str] = mapped_column(sa.Text(collation="C"), primary_key=True)
    drug_id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    # In its name, and not only in another name of it.
    is_name: Mapped[bool]


class FavouriteMedicine(ClinicOwned, Timestamped, Base):
    """A medicine a doctor often prescribes, with how they usually prescribe it."""

    __tablename__ = "favourite_medicines"
    __table_args__ = (
        belongs_to_clinic("favourite_medicines"),
        refers("provider_id", "providers"),
        sa.CheckConstraint("length(medicine_name) BETWEEN 1 AND 500", name="medicine_name_length"),
        sa.Index(
            "uq_favourite_medicines_medicine", "clinic_id", "provider_id", "medicine_name", "potency", unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )  # fmt: skip

    provider_id: Mapped[UUID] = mapped_column(sa.Uuid)
    medicine_name: Mapped[str]
    potency: Mapped[str | None]
    dosage: Mapped[str | None]
    frequency: Mapped[str | None]
    duration: Mapped[str | None]
    notes: Mapped[str | None]
