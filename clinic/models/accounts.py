"""People who sign in, what they are in which clinic, and their sign-ins."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
import uuid_utils.compat
from sqlalchemy.dialects.postgresql import INET
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.db import Base, Choice, ChoiceType, Timestamped, now, one_of, word
from clinic.models.keys import belongs_to_clinic, index, refers, refers_to_user
from clinic.models.people import Gender, Relation
from clinic.scope import ClinicOwned, SoftDeleted


class UserStatus(Choice):
    """Whether a person may sign in."""

    ACTIVE = "active", word("Active")
    INACTIVE = "inactive", word("Inactive")
    SUSPENDED = "suspended", word("Suspended")


class Role(Choice):
    """What a person is in one clinic."""

    ADMIN = "admin", word("Administrator")
    RECEPTIONIST = "receptionist", word("Receptionist")
    DOCTOR = "doctor", word("Doctor")
    MEDICAL_ASSISTANT = "medical_assistant", word("Medical assistant")
    SUPPORT = "support", word("Support")
    REFERRER = "referrer", word("Referrer")
    PATIENT = "patient", word("Patient")


class TokenPurpose(Choice):
    """What a single-use link lets its bearer do."""

    VERIFY_EMAIL = "verify_email", word("Confirm an email address")
    RESET_PASSWORD = "reset_password", word("Choose a new password")
    INVITE = "invite", word("Join a clinic")
    CHANGE_EMAIL = "change_email", word("Use a new email address")
    CONNECT_PATIENT = "connect_patient", word("See a patient's record in the portal")


class User(SoftDeleted, Timestamped, Base):
    """A person who signs in, in whichever clinics they belong to."""

    __tablename__ = "users"
    __table_args__ = (
        one_of(UserStatus, "status"),
        one_of(Gender, "gender"),
        sa.CheckConstraint("email = lower(email)", name="email_is_lower_case"),
        sa.Index(
            "uq_users_email",
            "email",
            unique=True,
            postgresql_where=sa.text("deleted_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True, default=uuid_utils.compat.uuid7)
    email: Mapped[str]
    password_hash: Mapped[str | None]
    first_name: Mapped[str | None]
    last_name: Mapped[str | None]
    phone: Mapped[str | None]
    avatar_key: Mapped[str | None]
    gender: Mapped[Gender | None] = mapped_column(ChoiceType(Gender))
    date_of_birth: Mapped[date | None]
    status: Mapped[UserStatus] = mapped_column(
        ChoiceType(UserStatus),
        default=UserStatus.ACTIVE,
        server_default=UserStatus.ACTIVE.value,
    )
    email_verified_at: Mapped[datetime | None]
    mfa_enabled_at: Mapped[datetime | None]
    mfa_secret_encrypted: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    # The half-minute (Unix time / 30) whose code was used last; an earlier one is worth nothing any more.
    totp_last_step: Mapped[int | None] = mapped_column(sa.BigInteger)
    # From when on a sign-in forgets the factors that an administrator reset, unless one of them was used before.
    factors_reset_at: Mapped[datetime | None]
    password_changed_at: Mapped[datetime | None]
    email_changed_at: Mapped[datetime | None]
    timezone: Mapped[str | None]
    language: Mapped[str | None]

    @property
    def name(self):
        """First and last name, or the address where neither is known."""
        return " ".join(part for part in (self.first_name, self.last_name) if part) or self.email


class Membership(ClinicOwned, Timestamped, Base):
    """One role of one person in one clinic; a person's staff roles in a clinic unite."""

    __tablename__ = "memberships"
    __table_args__ = (
        belongs_to_clinic("memberships"),
        refers_to_user("user_id"),
        one_of(Role, "role"),
        sa.Index("uq_memberships_user_role", "clinic_id", "user_id", "role", unique=True),
        sa.Index("ix_memberships_user_id", "user_id"),
    )

    user_id: Mapped[UUID] = mapped_column(sa.Uuid)
    role: Mapped[Role] = mapped_column(ChoiceType(Role))
    ended_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()


class UserSession(Timestamped, Base):
    """One sign-in on one device. Only the token's SHA-256 is kept; revoking the row ends it at once."""

    __tablename__ = "user_sessions"
    __table_args__ = (
        refers_to_user("user_id"),
        refers_to_user("impersonates_id"),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"]),
        sa.Index("ix_user_sessions_user_id", "user_id"),
    )

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True, default=uuid_utils.compat.uuid7)
    user_id: Mapped[UUID] = mapped_column(sa.Uuid)
    clinic_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    token_hash: Mapped[bytes] = mapped_column(sa.LargeBinary, unique=True)
    device: Mapped[str | None]
    ip_address: Mapped[str | None] = mapped_column(INET)
    last_seen_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    impersonates_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    # The password was right; a code or a passkey must follow before the session is worth anything.
    awaits_factor: Mapped[bool] = mapped_column(default=False, server_default="false")
    # When the person last proved that it is they, by password or factor.
    proved_at: Mapped[datetime] = mapped_column(default=now, server_default=sa.func.now())
    # What a passkey must sign, once, until then.
    challenge: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    challenge_expires_at: Mapped[datetime | None]


class UserToken(Timestamped, Base):
    """A hashed single-use link sent or shown to a person."""

    __tablename__ = "user_tokens"
    __table_args__ = (
        refers_to_user("user_id"),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"]),
        one_of(TokenPurpose, "purpose"),
        one_of(Role, "role"),
        one_of(Relation, "relation"),
        refers("patient_id", "patients"),
        sa.CheckConstraint("user_id IS NOT NULL OR purpose = 'connect_patient'", name="has_its_person"),
        sa.Index("ix_user_tokens_user_id", "user_id"),
        index("user_tokens", "patient_id", postgresql_where=sa.text("patient_id IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True, default=uuid_utils.compat.uuid7)
    # Nobody's yet where an address is invited to see a record: whether it has an account is asked when it is used.
    user_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    clinic_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    purpose: Mapped[TokenPurpose] = mapped_column(ChoiceType(TokenPurpose))
    # What an invitation makes its bearer in the clinic.
    role: Mapped[Role | None] = mapped_column(ChoiceType(Role))
    token_hash: Mapped[bytes] = mapped_column(sa.LargeBinary, unique=True)
    # The address the link is about: one to prove, to use from then on, or that was invited to see a record.
    new_email: Mapped[str | None]
    # The one it takes the place of, which is told.
    former_email: Mapped[str | None]
    # Whose record the bearer will see in the portal, as what, and until when.
    patient_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    relation: Mapped[Relation | None] = mapped_column(ChoiceType(Relation))
    access_until: Mapped[datetime | None]
    # How often a wrong date of birth was given.
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    user: Mapped[User | None] = relationship()
