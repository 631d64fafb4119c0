"""Texts that a doctor begins notes from."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base, Timestamped
from clinic.models.consultations import LONGEST, MOST_CODES, WORDS
from clinic.models.keys import belongs_to_clinic, index, refers
from clinic.scope import ClinicOwned

MOST_OF_A_DOCTOR = 50


class NoteTemplate(ClinicOwned, Timestamped, Base):
    """One doctor's text for notes of some kind: nobody's data, seen by that doctor alone."""

    __tablename__ = "note_templates"
    noun = "template"
    __table_args__ = (
        belongs_to_clinic("note_templates"),
        refers("provider_id", "providers"),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 100", name="name_length"),
        *(
            sa.CheckConstraint(f"length({name}) BETWEEN 1 AND {LONGEST}", name=f"{name}_length")
            for name in WORDS
        ),
        sa.CheckConstraint(f"cardinality(diagnosis_codes) <= {MOST_CODES}", name="diagnosis_codes_count"),
        index("note_templates", "provider_id", "name"),
        sa.Index(
            "uq_note_templates_name", "clinic_id", "provider_id", sa.text("lower(name)"), unique=True,
            postgresql_where=sa.text("retired_at IS NULL"),
        ),
    )  # fmt: skip

    provider_id: Mapped[UUID] = mapped_column(sa.Uuid)
    name: Mapped[str]
    complaints: Mapped[str | None]
    diagnosis: Mapped[str | None]
    diagnosis_codes: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list, server_default="{}")
    treatment: Mapped[str | None]
    notes: Mapped[str | None]
    # Taken off the list; a note that began from it keeps its words.
    retired_at: Mapped[datetime | None]
