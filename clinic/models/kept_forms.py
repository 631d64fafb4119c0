"""Forms that were sent after their sign-in had ended."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
import uuid_utils.compat
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base, Timestamped
from clinic.models.keys import refers_to_user


class KeptForm(Timestamped, Base):
    """What somebody sent a moment too late, kept encrypted for an hour, so that they need not type it again."""

    __tablename__ = "kept_forms"
    __table_args__ = (
        refers_to_user("user_id"),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"]),
        sa.Index("ix_kept_forms_user_id", "user_id", "expires_at"),
    )

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True, default=uuid_utils.compat.uuid7)
    user_id: Mapped[UUID] = mapped_column(sa.Uuid)
    # Where they were signed in: sent again, it goes to that clinic or nowhere.
    clinic_id: Mapped[UUID] = mapped_column(sa.Uuid)
    path: Mapped[str]
    # JSON: [[name, value], …] in the order of the form.
    fields_encrypted: Mapped[bytes] = mapped_column(sa.LargeBinary)
    expires_at: Mapped[datetime]
