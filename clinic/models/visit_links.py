"""The patient's link to one visit: an address that stays the same for the visit's whole life, until it is revoked."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.db import Base, Timestamped
from clinic.models.keys import belongs_to_clinic, refers
from clinic.models.visits import Visit
from clinic.scope import ClinicOwned


class VisitLink(ClinicOwned, Timestamped, Base):
    """One link: its token is found by the hash, and sent again out of the sealed copy."""

    __tablename__ = "visit_links"
    noun = "visit's link"
    __table_args__ = (
        belongs_to_clinic("visit_links"),
        refers("visit_id", "visits"),
        sa.Index("uq_visit_links_token_hash", "clinic_id", "token_hash", unique=True),
        # However many were revoked, a visit has one link that works.
        sa.Index(
            "uq_visit_links_visit_id",
            "clinic_id",
            "visit_id",
            unique=True,
            postgresql_where=sa.text("revoked_at IS NULL"),
        ),
        sa.Index("ix_visit_links_visit_id", "clinic_id", "visit_id"),
    )

    visit_id: Mapped[UUID] = mapped_column(sa.Uuid)
    token_hash: Mapped[bytes] = mapped_column(sa.LargeBinary)
    token_encrypted: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True)
    revoked_at: Mapped[datetime | None]

    visit: Mapped[Visit] = relationship(foreign_keys=[visit_id], viewonly=True)
