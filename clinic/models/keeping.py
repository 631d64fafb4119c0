"""What must be kept although its time to go has come."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base, Timestamped
from clinic.models.keys import belongs_to_clinic, index, refers, refers_to_user
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
