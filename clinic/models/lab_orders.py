"""What a doctor asked a laboratory for, and how far it is."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.db import Base, Choice, ChoiceType, Timestamped, now, one_of, word
from clinic.models.keys import belongs_to_clinic, index, refers, refers_to_user
from clinic.models.patients import Patient
from clinic.models.providers import Provider
from clinic.models.releasing import Releasable, releasing_rules
from clinic.models.visits import Visit
from clinic.scope import PatientOwned


class LabOrderStatus(Choice):
    """Where an order stands."""

    ORDERED = "ordered", word("Ordered")
    IN_PROGRESS = "in_progress", word("In progress")
    COMPLETED = "completed", word("Results are here")
    CANCELLED = "cancelled", word("Cancelled")


S = LabOrderStatus
OPEN = (S.ORDERED, S.IN_PROGRESS)
OPEN_SQL = "status IN ('ordered', 'in_progress')"
UNREVIEWED_SQL = "status = 'completed' AND reviewed_at IS NULL"


class LabOrder(PatientOwned, Releasable, Timestamped, Base):
    """One order of one or more tests for one patient; its results are released together."""

    __tablename__ = "lab_orders"
    noun = "laboratory order"
    # Every step an order can take; `actions/lab_orders.py` is the only place that takes one.
    steps = {
        S.ORDERED: (S.IN_PROGRESS, S.COMPLETED, S.CANCELLED),
        S.IN_PROGRESS: (S.COMPLETED, S.CANCELLED),
    }

    __table_args__ = (
        belongs_to_clinic("lab_orders"),
        refers("patient_id", "patients"),
        refers("visit_id", "visits"),
        refers("provider_id", "providers"),
        refers_to_user("ordered_by_id"),
        one_of(LabOrderStatus, "status"),
        *releasing_rules("lab_orders"),
        # What results point at, so that they are of the order's own patient.
        sa.UniqueConstraint("clinic_id", "id", "patient_id"),
        sa.CheckConstraint("cardinality(tests) BETWEEN 1 AND 50", name="tests_are_some"),
        sa.CheckConstraint("(status = 'completed') = (completed_at IS NOT NULL)", name="completed_has_a_time"),
        sa.CheckConstraint("(status = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled_has_a_time"),
        sa.CheckConstraint(
            "status = 'completed' OR num_nonnulls(reviewed_at, released_at, release_due_at) = 0",
            name="released_when_completed",
        ),
        sa.CheckConstraint("release_rule IS NOT NULL", name="release_rule_is_there"),
        index("lab_orders", "patient_id", "ordered_at", "id"),
        index("lab_orders", "visit_id", postgresql_where=sa.text("visit_id IS NOT NULL")),
        index("lab_orders", "provider_id", "ordered_at", postgresql_where=sa.text("provider_id IS NOT NULL")),
        index("lab_orders", "ordered_by_id", postgresql_where=sa.text("ordered_by_id IS NOT NULL")),
        # The ageing list reads these two from their beginning.
        index("lab_orders", "ordered_at", "id", postgresql_where=sa.text(OPEN_SQL)),
        index("lab_orders", "completed_at", "id", postgresql_where=sa.text(UNREVIEWED_SQL)),
    )  # fmt: skip

    visit_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    # The doctor who waits for the results.
    provider_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    ordered_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    tests: Mapped[list[str]] = mapped_column(ARRAY(sa.Text))
    # For the laboratory; the patient never sees them.
    notes: Mapped[str | None]
    status: Mapped[LabOrderStatus] = mapped_column(ChoiceType(LabOrderStatus), default=S.ORDERED)
    ordered_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str | None]
    # What the doctor says to the patient about the results.
    comment: Mapped[str | None]

    patient: Mapped[Patient] = relationship(foreign_keys="LabOrder.patient_id")
    provider: Mapped[Provider | None] = relationship(foreign_keys=[provider_id])
    visit: Mapped[Visit | None] = relationship(foreign_keys=[visit_id])

    def may(self, step):
        """Whether the table of steps lets the order become this now."""
        return step in self.steps.get(self.status, ())

    @property
    def is_open(self):
        """Whether results are still awaited."""
        return self.status in OPEN

    @property
    def title(self):
        """The tests in one line."""
        return ", ".join(self.tests)
