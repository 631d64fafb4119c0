"""Doctors as the calendar sees them, and which visit types each offers."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.db import Base, Timestamped, money_range
from clinic.models.keys import belongs_to_clinic, index, refers, refers_to_user
from clinic.models.organizations import Location
from clinic.models.schedule import VisitType
from clinic.scope import ClinicOwned


class Provider(ClinicOwned, Timestamped, Base):
    """One who sees patients. Without an approval nobody is shown them and nothing can be booked with them."""

    __tablename__ = "providers"
    __table_args__ = (
        belongs_to_clinic("providers"),
        refers_to_user("user_id"),
        refers("location_id", "locations"),
        money_range("consultation_fee"),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name="rating_in_range"),
        sa.CheckConstraint("colour ~ '^#[0-9a-f]{6}$'", name="colour_is_hex"),
        sa.CheckConstraint("years_experience BETWEEN 0 AND 90", name="years_experience_in_range"),
        sa.Index("uq_providers_license_number", "clinic_id", "license_number", unique=True),
        sa.Index("uq_providers_user_id", "clinic_id", "user_id", unique=True),
        index("providers", "location_id"),
    )

    user_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    location_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    display_name: Mapped[str]
    title: Mapped[str | None]
    specialties: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list, server_default="{}")
    languages: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list, server_default="{}")
    license_number: Mapped[str | None]
    years_experience: Mapped[int | None]
    qualifications: Mapped[str | None]
    bio: Mapped[str | None]
    consultation_fee: Mapped[Decimal | None]
    telemed_enabled: Mapped[bool] = mapped_column(default=False, server_default="false")
    approved_at: Mapped[datetime | None]
    is_active: Mapped[bool] = mapped_column(default=True, server_default="true")
    # The average of what patients answered after their visits, and of how many; see actions/visit_feedback.py.
    rating: Mapped[Decimal | None] = mapped_column(sa.Numeric(3, 2))
    rating_count: Mapped[int] = mapped_column(default=0, server_default="0")
    colour: Mapped[str | None]

    location: Mapped[Location | None] = relationship(foreign_keys=[location_id])
    offers: Mapped[list["ProviderVisitType"]] = relationship(
        back_populates="provider", foreign_keys="ProviderVisitType.provider_id"
    )

    @property
    def is_bookable(self):
        """Approved and at work: shown to patients and open for booking."""
        return self.approved_at is not None and self.is_active


class ProviderVisitType(ClinicOwned, Timestamped, Base):
    """One visit type that one doctor offers, with their own length and fee where these differ from the type's."""

    __tablename__ = "provider_visit_types"
    __table_args__ = (
        belongs_to_clinic("provider_visit_types"),
        refers("provider_id", "providers"),
        refers("visit_type_id", "visit_types"),
        money_range("fee"),
        sa.CheckConstraint("minutes BETWEEN 1 AND 1440", name="minutes_in_range"),
        sa.Index(
            "uq_provider_visit_types_offer",
            "clinic_id",
            "provider_id",
            "visit_type_id",
            unique=True,
        ),
        index("provider_visit_types", "visit_type_id"),
    )

    provider_id: Mapped[UUID] = mapped_column(sa.Uuid)
    visit_type_id: Mapped[UUID] = mapped_column(sa.Uuid)
    minutes: Mapped[int | None]
    fee: Mapped[Decimal | None]

    provider: Mapped[Provider] = relationship(back_populates="offers", foreign_keys=[provider_id])
    visit_type: Mapped[VisitType] = relationship(foreign_keys=[visit_type_id])

    @property
    def length(self):
        """Minutes of this visit with this doctor."""
        return self.minutes or self.visit_type.minutes
