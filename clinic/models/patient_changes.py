"""What was known of a patient before: each change of a detail, who made it and when. Only ever added to."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base, now
from clinic.models.keys import belongs_to_clinic, index, refers, refers_to_user
from clinic.scope import PatientOwned


class PatientChange(PatientOwned, Base):
    """One detail of one patient's before and after a change; ``changed_by_id`` is None for a job or an import.

    ``field`` is a column of patients. The words go when the record is erased: then ``before`` and ``after`` are None.
    """

    __tablename__ = "patient_changes"
    __table_args__ = (
        belongs_to_clinic("patient_changes"),
        refers("patient_id", "patients"),
        refers_to_user("changed_by_id"),
        refers_to_user("changed_for_id"),
        index("patient_changes", "patient_id", "created_at"),
        index("patient_changes", "changed_by_id"),
        index("patient_changes", "changed_for_id", postgresql_where=sa.text("changed_for_id IS NOT NULL")),
    )

    field: Mapped[str]
    before: Mapped[str | None]
    after: Mapped[str | None]
    changed_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    # In whose name, where somebody stood in for a colleague.
    changed_for_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    created_at: Mapped[datetime] = mapped_column(default=now, server_default=sa.func.now())
