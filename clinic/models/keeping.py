"""What must be kept although its time to go has come, and whose record was asked to be erased."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.db import Base, Timestamped
from clinic.models.accounts import User
from clinic.models.keys import belongs_to_clinic, index, refers, refers_to_user
from clinic.models.patients import Patient
from clinic.scope import PatientOwned


class LegalHold(PatientOwned, Timestamped, Base):
    """That nothing of one patient may be purged or erased, and why, until somebody ends it."""

    __tablename__ = "legal_holds"
    __table_args__ = (
        belongs_to_clinic("legal_holds"),
        refers("patient_id", "patients"),
        refers_to_user("placed_by_id"),
        refers_to_user("ended_by_id"),
        index("legal_holds", "patient_id"),
        index("legal_holds", "placed_by_id"),
        index("legal_holds", "ended_by_id"),
    )

    reason: Mapped[str]
    placed_by_id: Mapped[UUID] = mapped_column(sa.Uuid)
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)

    patient: Mapped[Patient] = relationship(foreign_keys="LegalHold.patient_id")
    placed_by: Mapped[User] = relationship(foreign_keys=[placed_by_id])


class Erasure(PatientOwned, Timestamped, Base):
    """That somebody asked for a patient's record to be erased, why, and what became of it: confirmed or withdrawn.

    Nobody's name in ``confirmed_by_id`` although it is confirmed: done again by the operator, after a restore.
    """

    __tablename__ = "erasures"
    __table_args__ = (
        belongs_to_clinic("erasures"),
        refers("patient_id", "patients"),
        refers_to_user("asked_by_id"),
        refers_to_user("confirmed_by_id"),
        refers_to_user("withdrawn_by_id"),
        sa.CheckConstraint("num_nonnulls(confirmed_at, withdrawn_at) <= 1", name="one_answer"),
        sa.Index(
            "uq_erasures_patient_id",
            "clinic_id",
            "patient_id",
            unique=True,
            postgresql_where=sa.text("withdrawn_at IS NULL"),
        ),
        index("erasures", "asked_by_id"),
        index("erasures", "confirmed_by_id"),
        index("erasures", "withdrawn_by_id"),
    )

    reason: Mapped[str]
    asked_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    confirmed_at: Mapped[datetime | None]
    confirmed_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)

    patient: Mapped[Patient] = relationship(foreign_keys="Erasure.patient_id")
    asked_by: Mapped[User | None] = relationship(foreign_keys=[asked_by_id])
