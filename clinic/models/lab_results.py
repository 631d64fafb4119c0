"""What a laboratory found: one row for each analyte, with its unit, its range and what it means."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.db import Base, Choice, ChoiceType, Timestamped, one_of, word
from clinic.models.keys import belongs_to_clinic, index, refers, refers_to_user
from clinic.models.lab_orders import LabOrder
from clinic.models.patients import Patient
from clinic.models.releasing import Releasable, releasing_rules
from clinic.scope import PatientOwned

# Numbers beyond are no finding of any laboratory's; the bounds also keep NaN and infinity out.
FARTHEST = Decimal(10) ** 15
UNIT = "^[!-~]{1,60}$"
LOINC = "^[0-9]{1,7}-[0-9]$"
OPEN_SQL = "order_id IS NULL AND reviewed_at IS NULL AND withdrawn_at IS NULL AND source <> 'import'"


class Flag(Choice):
    """What a result means beside its range, as the laboratory says or the range tells."""

    NORMAL = "normal", word("In range")
    LOW = "low", word("Low")
    HIGH = "high", word("High")
    ABNORMAL = "abnormal", word("Abnormal")
    VERY_LOW = "very_low", word("Critically low")
    VERY_HIGH = "very_high", word("Critically high")
    CRITICAL = "critical", word("Critical")

    @property
    def is_out(self):
        """Whether the result is not what is usual."""
        return self is not Flag.NORMAL

    @property
    def is_critical(self):
        """Whether somebody may have to act at once."""
        return self in (Flag.VERY_LOW, Flag.VERY_HIGH, Flag.CRITICAL)


class Comparator(Choice):
    """That the value is not exactly known: the instrument says no more than beyond or up to it."""

    LESS = "<", word("less than")
    AT_MOST = "<=", word("at most")
    AT_LEAST = ">=", word("at least")
    MORE = ">", word("more than")


class ResultSource(Choice):
    """How a result came here."""

    TYPED = "typed", word("Typed in")
    FILE = "file", word("File of the laboratory")
    IMPORT = "import", word("Record of another system")


class LabResult(PatientOwned, Releasable, Timestamped, Base):
    """One finding about one analyte. A wrong one is withdrawn and stays; another one takes its place.

    With an order the order's rule and review count for it; without one it has its own.
    """

    __tablename__ = "lab_results"
    noun = "result"
    __table_args__ = (
        belongs_to_clinic("lab_results"),
        refers("patient_id", "patients"),
        refers("provider_id", "providers"),
        refers_to_user("entered_by_id"),
        refers_to_user("withdrawn_by_id"),
        # Looked at when a transaction ends: a merge of two records moves the order first and then its results.
        sa.ForeignKeyConstraint(
            ["clinic_id", "order_id", "patient_id"], ["lab_orders.clinic_id", "lab_orders.id", "lab_orders.patient_id"],
            deferrable=True, initially="DEFERRED",
        ),
        one_of(Flag, "flag"),
        one_of(Comparator, "comparator"),
        one_of(ResultSource, "source"),
        *releasing_rules("lab_results"),
        sa.CheckConstraint("num_nonnulls(value, value_text) > 0", name="a_value_or_words"),
        sa.CheckConstraint("comparator IS NULL OR value IS NOT NULL", name="comparator_of_a_value"),
        *(
            sa.CheckConstraint(f"{column} > -1e15 AND {column} < 1e15", name=f"{column}_in_reach")
            for column in ("value", "range_low", "range_high")
        ),
        sa.CheckConstraint("range_high >= range_low", name="range_upwards"),
        sa.CheckConstraint(f"unit ~ '{UNIT}'", name="unit_is_ucum"),
        sa.CheckConstraint(f"code ~ '{LOINC}'", name="code_is_loinc"),
        sa.CheckConstraint("length(analyte) BETWEEN 1 AND 300", name="analyte_length"),
        sa.CheckConstraint("(order_id IS NULL) = (release_rule IS NOT NULL)", name="own_rule_without_an_order"),
        sa.CheckConstraint(
            "order_id IS NULL OR num_nonnulls(release_due_at, withheld_at) = 0", name="the_order_waits"
        ),
        index("lab_results", "patient_id", "sampled_at", "id"),
        index("lab_results", "order_id", postgresql_where=sa.text("order_id IS NOT NULL")),
        index("lab_results", "provider_id", postgresql_where=sa.text("provider_id IS NOT NULL")),
        index("lab_results", "entered_by_id", postgresql_where=sa.text("entered_by_id IS NOT NULL")),
        index("lab_results", "withdrawn_by_id", postgresql_where=sa.text("withdrawn_by_id IS NOT NULL")),
        sa.Index(
            "uq_lab_results_source_key", "clinic_id", "patient_id", "source_key", unique=True,
            postgresql_where=sa.text("source_key IS NOT NULL AND withdrawn_at IS NULL"),
        ),
        # The ageing list counts these patient by patient.
        index(
            "lab_results", "patient_id", "created_at", name="ix_lab_results_open", postgresql_where=sa.text(OPEN_SQL)
        ),
    )  # fmt: skip

    order_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    # On whose desk it lies, where it has no order.
    provider_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    entered_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    analyte: Mapped[str]
    # LOINC.
    code: Mapped[str | None]
    value: Mapped[Decimal | None] = mapped_column(sa.Numeric())
    comparator: Mapped[Comparator | None] = mapped_column(ChoiceType(Comparator))
    value_text: Mapped[str | None]
    # UCUM.
    unit: Mapped[str | None]
    range_low: Mapped[Decimal | None] = mapped_column(sa.Numeric())
    range_high: Mapped[Decimal | None] = mapped_column(sa.Numeric())
    range_text: Mapped[str | None]
    flag: Mapped[Flag | None] = mapped_column(ChoiceType(Flag))
    # When the sample was taken; where only its day is known, that day's beginning in the clinic's zone.
    sampled_at: Mapped[datetime]
    laboratory: Mapped[str | None]
    remark: Mapped[str | None]
    source: Mapped[ResultSource] = mapped_column(ChoiceType(ResultSource), default=ResultSource.TYPED)
    # What the laboratory's file calls it, and a hash of what it said, so that the same file again changes nothing.
    source_key: Mapped[str | None]
    digest: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)

    patient: Mapped[Patient] = relationship(foreign_keys="LabResult.patient_id")
    order: Mapped[LabOrder | None] = relationship(
        foreign_keys=[order_id],
        primaryjoin=lambda: sa.and_(LabOrder.clinic_id == LabResult.clinic_id, LabOrder.id == LabResult.order_id),
        viewonly=True,
    )

    @property
    def is_withdrawn(self):
        """Whether it was wrong and counts no more."""
        return self.withdrawn_at is not None


def flag_of(value, comparator, low, high) -> Flag | None:
    """What the range says about a value; None where it says nothing, or the value is not known well enough."""
    if value is None or (low is None and high is None):
        return None
    upwards = comparator in (Comparator.MORE, Comparator.AT_LEAST)
    downwards = comparator in (Comparator.LESS, Comparator.AT_MOST)
    if low is not None and not upwards and (value < low or (value == low and comparator is Comparator.LESS)):
        return Flag.LOW
    if high is not None and not downwards and (value > high or (value == high and comparator is Comparator.MORE)):
        return Flag.HIGH
    # "Less than 5" may be anything below: in range only where the range has no lower end, and the other way round.
    if (downwards and (low is not None or value > high)) or (upwards and (high is not None or value < low)):
        return None
    return Flag.NORMAL
