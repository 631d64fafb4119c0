"""What was answered to which form."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
import uuid_utils.compat
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base, Timestamped
from clinic.models.keys import refers_to_user


class IdempotencyKey(Timestamped, Base):
    """One sending of one form by one person, and the answer it got; the same key again gets the same answer."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        refers_to_user("user_id"),
        sa.UniqueConstraint("user_id", "key"),
        sa.Index("ix_idempotency_keys_expires_at", "expires_at"),
    )

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True, default=uuid_utils.compat.uuid7)
    user_id: Mapped[UUID] = mapped_column(sa.Uuid)
    key: Mapped[str]
    method: Mapped[str]
    path: Mapped[str]
    request_hash: Mapped[bytes] = mapped_column(sa.LargeBinary)
    status_code: Mapped[int | None]
    answer_encrypted: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    expires_at: Mapped[datetime]
