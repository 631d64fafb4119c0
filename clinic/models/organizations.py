"""The clinic itself and where it works."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
import uuid_utils.compat
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base, Timestamped
from clinic.models.keys import belongs_to_clinic
from clinic.scope import ClinicOwned, SoftDeleted


class Clinic(SoftDeleted, Timestamped, Base):
    """The tenant: one practice with its own people, patients, hours and look."""

    __tablename__ = "clinics"
    __table_args__ = (
        sa.CheckConstraint("slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'", name="slug_is_plain"),
        sa.CheckConstraint("country ~ '^[A-Z]{2}$'", name="country_is_iso"),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_is_iso"),
        sa.CheckConstraint("octet_length(logo) <= 262144", name="logo_is_small"),
    )

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True, default=uuid_utils.compat.uuid7)
    name: Mapped[str]
    slug: Mapped[str] = mapped_column(unique=True)
    email: Mapped[str | None]
    phone: Mapped[str | None]
    address_line: Mapped[str | None]
    city: Mapped[str | None]
    postal_code: Mapped[str | None]
    country: Mapped[str] = mapped_column(server_default="GB")
    timezone: Mapped[str] = mapped_column(server_default="Europe/London")
    locale: Mapped[str] = mapped_column(server_default="en_GB")
    currency: Mapped[str] = mapped_column(server_default="GBP")
    # {"colour": "#005ea5"}: the one colour of its public page, portal and mail.
    branding: Mapped[dict] = mapped_column(JSONB, default=dict, server_default="{}")
    logo: Mapped[bytes | None] = mapped_column(sa.LargeBinary, deferred=True)
    logo_type: Mapped[str | None]
    settings: Mapped[dict] = mapped_column(JSONB, default=dict, server_default="{}")
    closed_at: Mapped[datetime | None]

    @property
    def colour(self):
        """The clinic's one colour as #rrggbb, or None for the product's own."""
        return self.branding.get("colour")


class Location(ClinicOwned, Timestamped, Base):
    """A place where the clinic sees patients."""

    __tablename__ = "locations"
    __table_args__ = (belongs_to_clinic("locations"),)

    name: Mapped[str]
    address_line: Mapped[str | None]
    city: Mapped[str | None]
    postal_code: Mapped[str | None]
    country: Mapped[str | None]
    directions: Mapped[str | None]
