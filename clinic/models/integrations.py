"""The outside systems a clinic is connected to, and what they call its rows."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.db import Base, Choice, ChoiceType, Timestamped, one_of, word
from clinic.models.keys import belongs_to_clinic, refers
from clinic.scope import ClinicOwned


class IntegrationKind(Choice):
    """An outside service or an import."""

    CAL = "cal", word("Cal.com")
    ACUITY = "acuity", word("Acuity")
    RETELL = "retell", word("Retell")
    DAILY = "daily", word("Daily")
    JITSI = "jitsi", word("Jitsi")
    STRIPE = "stripe", word("Stripe")
    RAZORPAY = "razorpay", word("Razorpay")
    WITHINGS = "withings", word("Withings")
    FITBIT = "fitbit", word("Fitbit")
    OURA = "oura", word("Oura")
    GARMIN = "garmin", word("Garmin")
    FHIR_IMPORT = "fhir_import", word("FHIR import")
    CSV_IMPORT = "csv_import", word("CSV import")


class Integration(ClinicOwned, Timestamped, Base):
    """One clinic's connection to one outside service."""

    __tablename__ = "integrations"
    __table_args__ = (
        belongs_to_clinic("integrations"),
        one_of(IntegrationKind, "kind"),
        sa.Index("uq_integrations_kind", "clinic_id", "kind", unique=True),
    )

    kind: Mapped[IntegrationKind] = mapped_column(ChoiceType(IntegrationKind))
    api_key_encrypted: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    settings: Mapped[dict] = mapped_column(JSONB, default=dict, server_default="{}")
    is_active: Mapped[bool] = mapped_column(default=True, server_default="true")


class ExternalId(ClinicOwned, Timestamped, Base):
    """What an outside system calls one of our rows."""

    __tablename__ = "external_ids"
    __table_args__ = (
        belongs_to_clinic("external_ids"),
        refers("integration_id", "integrations"),
        sa.Index(
            "uq_external_ids_external_id",
            "clinic_id",
            "integration_id",
            "resource_type",
            "external_id",
            unique=True,
        ),
        sa.Index("ix_external_ids_resource_id", "clinic_id", "resource_type", "resource_id"),
    )

    integration_id: Mapped[UUID] = mapped_column(sa.Uuid)
    resource_type: Mapped[str]
    resource_id: Mapped[UUID] = mapped_column(sa.Uuid)
    external_id: Mapped[str]
    # SHA-256 of what the outside system last said of the row; the same said again changes nothing here.
    digest: Mapped[bytes | None] = mapped_column(sa.LargeBinary)

    integration: Mapped[Integration] = relationship(foreign_keys=[integration_id])
