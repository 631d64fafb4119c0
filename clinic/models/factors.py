"""What proves who somebody is besides the password, and how often anything may be tried."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
import uuid_utils.compat
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base, Timestamped
from clinic.models.keys import refers_to_user


class RecoveryCode(Timestamped, Base):
    """One code for the day the phone is lost; only its hash is kept, and it works once."""

    __tablename__ = "recovery_codes"
    __table_args__ = (refers_to_user("user_id"), sa.UniqueConstraint("user_id", "code_hash"))

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True, default=uuid_utils.compat.uuid7)
    user_id: Mapped[UUID] = mapped_column(sa.Uuid)
    code_hash: Mapped[bytes] = mapped_column(sa.LargeBinary)
    used_at: Mapped[datetime | None]


class Passkey(Timestamped, Base):
    """One WebAuthn credential of a person, under the name they gave it."""

    __tablename__ = "passkeys"
    __table_args__ = (refers_to_user("user_id"), sa.Index("ix_passkeys_user_id", "user_id"))

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True, default=uuid_utils.compat.uuid7)
    user_id: Mapped[UUID] = mapped_column(sa.Uuid)
    name: Mapped[str]
    credential_id: Mapped[bytes] = mapped_column(sa.LargeBinary, unique=True)
    # COSE, as the authenticator sent it.
    public_key: Mapped[bytes] = mapped_column(sa.LargeBinary)
    sign_count: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    transports: Mapped[list] = mapped_column(ARRAY(sa.Text), default=list, server_default="{}")
    last_used_at: Mapped[datetime | None]


class Throttle(Timestamped, Base):
    """How many tries of one kind one key (a hash of an account, an address, or everybody) has spent in its window."""

    __tablename__ = "throttles"
    __table_args__ = (
        sa.CheckConstraint("spent >= 0", name="spent_is_a_count"),
        sa.Index("ix_throttles_started_at", "started_at"),
    )

    kind: Mapped[str] = mapped_column(primary_key=True)
    key_hash: Mapped[bytes] = mapped_column(sa.LargeBinary, primary_key=True)
    started_at: Mapped[datetime]
    spent: Mapped[int]
