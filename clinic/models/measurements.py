"""What was measured on patients: one narrow table for every kind of value, whoever or whatever measured it."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.db import Base, Choice, ChoiceType, Timestamped, one_of, word
from clinic.models.accounts import User
from clinic.models.keys import belongs_to_clinic, index, refers, refers_to_user
from clinic.scope import PatientOwned


class Kind(Choice):
    """What was measured."""

    BLOOD_PRESSURE = "blood_pressure", word("Blood pressure")
    GLUCOSE = "glucose", word("Blood glucose")
    WEIGHT = "weight", word("Weight")
    HEIGHT = "height", word("Height")
    BMI = "bmi", word("BMI")
    HEART_RATE = "heart_rate", word("Heart rate")
    SPO2 = "spo2", word("Oxygen saturation")
    RESPIRATION = "respiration", word("Breaths")
    HRV_RMSSD = "hrv_rmssd", word("Heart rate variability, RMSSD")
    HRV_SDNN = "hrv_sdnn", word("Heart rate variability, SDNN")
    SLEEP = "sleep", word("Sleep")
    STEPS = "steps", word("Steps")
    MOOD = "mood", word("Mood")
    A1C = "a1c", word("HbA1c")
    TEMPERATURE = "temperature", word("Temperature")
    OTHER = "other", word("Other")


class MeasurementSource(Choice):
    """Who or what measured it."""

    MANUAL = "manual", word("The patient")
    HEALTHKIT = "healthkit", word("Apple Health")
    APPLE = "apple", word("Apple")
    OURA = "oura", word("Oura")
    FITBIT = "fitbit", word("Fitbit")
    GARMIN = "garmin", word("Garmin")
    WITHINGS = "withings", word("Withings")
    DEVICE = "device", word("Device")
    DESK = "desk", word("The clinic")
    IMPORT = "import", word("Import")


class Context(Choice):
    """What the patient did meanwhile."""

    SLEEP = "sleep", word("Asleep")
    REST = "rest", word("At rest")
    WORKOUT = "workout", word("During exercise")
    UNKNOWN = "unknown", word("Not known")


class Measurement(PatientOwned, Timestamped, Base):
    """One measured value. What was measured together has one ``reading_id``; a wrong value is marked and stays.

    Partitioned by the year of ``measured_at`` (UTC); nothing refers to it.
    """

    __tablename__ = "measurements"
    __table_args__ = (
        belongs_to_clinic("measurements"),
        refers("patient_id", "patients"),
        refers("visit_id", "visits"),
        refers_to_user("entered_by_id"),
        refers_to_user("mistaken_by_id"),
        one_of(Kind, "kind"),
        one_of(MeasurementSource, "source"),
        one_of(Context, "context"),
        sa.CheckConstraint("num_nonnulls(value, value_text) > 0", name="says_something"),
        # It also keeps NaN and Infinity out.
        sa.CheckConstraint("value > -1000000000 AND value < 1000000000", name="value_in_range"),
        sa.CheckConstraint("length(value_text) <= 500 AND length(unit) <= 50", name="words_length"),
        index("measurements", "patient_id", "kind", "measured_at"),
        index("measurements", "patient_id", "measured_at", "id"),
        *(
            index("measurements", column, postgresql_where=sa.text(f"{column} IS NOT NULL"))
            for column in ("reading_id", "visit_id", "entered_by_id", "mistaken_by_id")
        ),
        {"postgresql_partition_by": "RANGE (measured_at)"},
    )

    measured_at: Mapped[datetime] = mapped_column(primary_key=True)
    visit_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    kind: Mapped[Kind] = mapped_column(ChoiceType(Kind))
    value: Mapped[Decimal | None] = mapped_column(sa.Numeric)
    value_text: Mapped[str | None]
    # {"diastolic": 80} of a blood pressure, {"height_cm": 172} of a BMI.
    components: Mapped[dict] = mapped_column(JSONB, default=dict, server_default="{}")
    unit: Mapped[str | None]
    reading_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    source: Mapped[MeasurementSource] = mapped_column(ChoiceType(MeasurementSource))
    context: Mapped[Context] = mapped_column(ChoiceType(Context), default=Context.UNKNOWN)
    # ``metadata`` is the declarative base's own name. {"type": the source's own word, "entered": as it was typed}
    details: Mapped[dict] = mapped_column("metadata", JSONB, default=dict, server_default="{}")
    entered_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    mistaken_at: Mapped[datetime | None]
    mistaken_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)

    entered_by: Mapped[User | None] = relationship(foreign_keys=[entered_by_id])

    @property
    def diastolic(self):
        """The second value of a blood pressure."""
        return self.components.get("diastolic")
