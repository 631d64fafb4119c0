"""What every entry about a patient's health has: who wrote it down, at which visit, and whether it was a mistake."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from clinic.db import Choice, ChoiceType, Timestamped, now, one_of, word
from clinic.models.accounts import User
from clinic.models.keys import belongs_to_clinic, index, refers, refers_to_user
from clinic.models.providers import Provider
from clinic.scope import PatientOwned


class RecordSource(Choice):
    """Where an entry came from."""

    CLINIC = "clinic", word("The clinic")
    PATIENT = "patient", word("The patient")
    IMPORT = "import", word("Import")


class Recorded(PatientOwned, Timestamped):
    """One entry about a patient's health. Nothing is ever removed: a wrong entry is marked as a mistake and stays."""

    visit_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    # Whose finding it is, where that is known; who typed it is another matter.
    provider_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    recorded_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    source: Mapped[RecordSource] = mapped_column(ChoiceType(RecordSource), default=RecordSource.CLINIC)
    # What the source calls it, where it has a code of a known system (SNOMED CT, CVX, RxNorm).
    code: Mapped[str | None]
    code_system: Mapped[str | None]
    notes: Mapped[str | None]
    mistaken_at: Mapped[datetime | None]
    mistaken_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)

    @declared_attr
    def recorded_by(cls) -> Mapped[User | None]:
        """The person who typed it."""
        return relationship(foreign_keys=f"{cls.__name__}.recorded_by_id")

    @declared_attr
    def provider(cls) -> Mapped[Provider | None]:
        """The doctor whose finding it is."""
        return relationship(foreign_keys=f"{cls.__name__}.provider_id", viewonly=True)

    @property
    def is_mistaken(self):
        """Whether it was marked as written down by mistake."""
        return self.mistaken_at is not None

    def mark_mistaken(self, user_id):
        """Say that it was never true; it stays to be seen by whoever asks what was believed."""
        self.mistaken_at, self.mistaken_by_id = now(), user_id


def recorded_rules(table, at):
    """The constraints and indexes of a table of entries, read by patient and in the order of ``at``."""
    return (
        belongs_to_clinic(table),
        refers("patient_id", "patients"),
        refers("visit_id", "visits"),
        refers("provider_id", "providers"),
        refers_to_user("recorded_by_id"),
        refers_to_user("mistaken_by_id"),
        one_of(RecordSource, "source"),
        index(table, "patient_id", at, "id"),
        *(
            index(table, column, postgresql_where=sa.text(f"{column} IS NOT NULL"))
            for column in ("visit_id", "provider_id", "recorded_by_id", "mistaken_by_id")
        ),
    )
