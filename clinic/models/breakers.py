"""Breakers: outside services that failed again and again and are left alone for a while."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base, Timestamped


class Breaker(Timestamped, Base):
    """How often one outside service has failed since it last answered, and until when nobody asks it again."""

    __tablename__ = "breakers"
    __table_args__ = (sa.CheckConstraint("failures >= 0", name="failures_are_a_count"),)

    service: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    # NULL: asked as always.
    rests_until: Mapped[datetime | None]
