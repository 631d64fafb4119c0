"""What anybody did or tried to do, kept apart from everything it names."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, INET, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base, Choice, ChoiceType, now, one_of, word
from clinic.scope import ClinicOwned


class Decision(Choice):
    """What became of the attempt."""

    ALLOWED = "allowed", word("Allowed")
    REFUSED = "refused", word("Refused")


# Entries outside any clinic (a sign-in, say) carry this id.
NO_CLINIC = UUID(int=0)


class AuditEntry(ClinicOwned, Base):
    """One act: who, as what, for whom, what, on which row, from where. No foreign keys: it outlives all it names.

    Partitioned by month of ``created_at`` (UTC). The application may insert and read, never change or remove.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        one_of(Decision, "decision"),
        sa.Index("ix_audit_entries_created_at", "clinic_id", "created_at"),
        sa.Index(
            "ix_audit_entries_resource",
            "clinic_id",
            "resource_type",
            "resource_id",
            "created_at",
        ),
        # Few of many: what was refused is asked for alone.
        sa.Index(
            "ix_audit_entries_refused", "clinic_id", "created_at", postgresql_where=sa.text("decision = 'refused'")
        ),
        sa.Index("ix_audit_entries_actor_id", "clinic_id", "actor_id", "created_at"),
        sa.Index(
            "ix_audit_entries_patient_id",
            "clinic_id",
            "patient_id",
            "created_at",
            postgresql_where=sa.text("patient_id IS NOT NULL"),
        ),
        {"postgresql_partition_by": "RANGE (created_at)"},
    )

    created_at: Mapped[datetime] = mapped_column(primary_key=True, default=now)
    actor_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    actor_role: Mapped[str | None]
    on_behalf_of_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    action: Mapped[str]
    decision: Mapped[Decision] = mapped_column(ChoiceType(Decision), default=Decision.ALLOWED)
    resource_type: Mapped[str | None]
    resource_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    # Whom it is about, where it is about one patient: they may read who opened their record.
    patient_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    # {"column": [before, after]}; free text is shown as "…", so that no record is copied into the log.
    changes: Mapped[dict] = mapped_column(JSONB, default=dict)
    # ``metadata`` is the declarative base's own name, so the attribute has another.
    details: Mapped[dict] = mapped_column("metadata", JSONB, default=dict)
    ip_address: Mapped[str | None] = mapped_column(INET)
    user_agent: Mapped[str | None]
    request_id: Mapped[str | None]


class AuditSeal(ClinicOwned, Base):
    """One link of a clinic's chain: which entries it covers, and a hash over them and the link before.

    Entries outside any clinic have a chain of their own, under the nil id. The keeper writes it, the application reads.
    """

    __tablename__ = "audit_seals"
    __table_args__ = (
        sa.UniqueConstraint("clinic_id", "number", name="uq_audit_seals_clinic_id_number"),
        sa.UniqueConstraint("clinic_id", "previous_hash", name="uq_audit_seals_clinic_id_previous_hash"),
        sa.CheckConstraint("number > 0", name="number_counts"),
        sa.CheckConstraint("cardinality(entry_ids) > 0", name="seals_something"),
    )

    number: Mapped[int] = mapped_column(sa.BigInteger)
    entry_ids: Mapped[list[UUID]] = mapped_column(ARRAY(sa.Uuid))
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    previous_hash: Mapped[bytes] = mapped_column(sa.LargeBinary)
    hash: Mapped[bytes] = mapped_column(sa.LargeBinary)
    created_at: Mapped[datetime] = mapped_column(default=now, server_default=sa.func.now())
