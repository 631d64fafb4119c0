"""Times for groups that were called off; one that stands is a published slot and nothing else."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base, ChoiceType, Timestamped, one_of
from clinic.models.keys import belongs_to_clinic, index, refers, refers_to_user
from clinic.models.people import VisitMode
from clinic.models.visits import CancelReason
from clinic.scope import ClinicOwned


class CalledOffGroup(ClinicOwned, Timestamped, Base):
    """What a published slot was before it was called off, under the slot's own id, so that it can stand again.

    Its visits are those cancelled at the very moment of ``called_off_at``.
    """

    __tablename__ = "called_off_groups"
    __table_args__ = (
        belongs_to_clinic("called_off_groups"),
        refers("provider_id", "providers"),
        refers("visit_type_id", "visit_types"),
        refers("location_id", "locations"),
        refers_to_user("called_off_by_id"),
        one_of(VisitMode, "visit_mode"),
        one_of(CancelReason, "reason"),
        sa.CheckConstraint("ends_at > starts_at", name="ends_after_it_starts"),
        sa.CheckConstraint("capacity BETWEEN 1 AND 500", name="capacity_in_range"),
        index("called_off_groups", "starts_at"),
        index("called_off_groups", "provider_id"),
        index("called_off_groups", "visit_type_id"),
        index("called_off_groups", "location_id"),
        index("called_off_groups", "called_off_by_id"),
    )

    provider_id: Mapped[UUID] = mapped_column(sa.Uuid)
    visit_type_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    location_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    title: Mapped[str | None]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    busy_from: Mapped[datetime]
    busy_until: Mapped[datetime]
    visit_mode: Mapped[VisitMode | None] = mapped_column(ChoiceType(VisitMode))
    capacity: Mapped[int]
    closed_at: Mapped[datetime | None]
    called_off_at: Mapped[datetime]
    called_off_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    reason: Mapped[CancelReason] = mapped_column(ChoiceType(CancelReason))
    note: Mapped[str | None]
