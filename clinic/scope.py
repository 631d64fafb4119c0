"""Whose rows this request may see: the marks on tables, a session's Scope, and the listener that keeps to it."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

import sqlalchemy as sa
import uuid_utils.compat
from sqlalchemy.orm import Mapped, mapped_column, with_loader_criteria


class ScopeMissing(RuntimeError):
    """A statement ran before anyone said whose rows it may see: a fault in the program, never in the input."""


@dataclass(frozen=True, slots=True)
class Scope:
    """One clinic's rows, as one person may see them.

    ``patient_ids`` is None for staff, who see every patient of the clinic, and otherwise the only patients visible:
    the portal's own, or none at all on a public page.
    """

    clinic_id: UUID | None = None
    user_id: UUID | None = None
    patient_ids: frozenset[UUID] | None = None

    @classmethod
    def staff(cls, clinic_id, user_id=None):
        """Every row of the clinic."""
        return cls(clinic_id, user_id)

    @classmethod
    def portal(cls, clinic_id, user_id, patient_ids):
        """The clinic's public rows and those of the given patients."""
        return cls(clinic_id, user_id, frozenset(patient_ids))

    @classmethod
    def public(cls, clinic_id):
        """What a visitor of the clinic's public page may see: nobody's data."""
        return cls(clinic_id, None, frozenset())

    @classmethod
    def person(cls, user_id=None):
        """No clinic yet: sign-in, choosing a clinic, a link's token."""
        return cls(None, user_id, frozenset())

    @property
    def settings(self) -> dict[str, str]:
        """The scope as PostgreSQL's row-level policies read it."""
        patients = "" if self.patient_ids is None else "{" + ",".join(str(i) for i in sorted(self.patient_ids)) + "}"
        return {
            "clinic_id": str(self.clinic_id or ""),
            "user_id": str(self.user_id or ""),
            "patient_ids": patients,
        }


class ClinicOwned:
    """A row that belongs to one clinic; its key begins with the clinic's."""

    clinic_id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True, default=uuid_utils.compat.uuid7)


class PatientOwned(ClinicOwned):
    """A clinic's row about one patient, who may see it in the portal."""

    patient_id: Mapped[UUID] = mapped_column(sa.Uuid)


class SoftDeleted:
    """A row that is hidden instead of deleted."""

    deleted_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))


def stay_in_scope(query):
    """Add the session's scope to an ORM statement, or refuse to run it without one.

    ``all_clinics`` lifts the clinic for the few look-ups made before a clinic is known; row-level security still holds.
    Loads of a relationship need nothing: the composite key they follow carries the clinic.
    """
    if query.is_relationship_load or query.is_column_load:
        return
    scope = query.session.scope
    if scope is None:
        raise ScopeMissing("a statement ran without a scope")
    if query.is_orm_statement and not query.is_insert:
        wide = query.execution_options.get("all_clinics", False)
        query.statement = query.statement.options(HIDE_DELETED, *(() if wide else _criteria(scope)))


HIDE_DELETED = with_loader_criteria(SoftDeleted, lambda row: row.deleted_at.is_(None), include_aliases=True)


@lru_cache(maxsize=1024)
def _criteria(scope):
    """The scope as criteria of a statement; made once, since the same few people ask again and again."""
    clinic_id = scope.clinic_id
    own = with_loader_criteria(ClinicOwned, lambda row: row.clinic_id == clinic_id, include_aliases=True)
    if scope.patient_ids is None:
        return (own,)
    ids = list(scope.patient_ids)
    return own, with_loader_criteria(PatientOwned, lambda row: row.patient_id.in_(ids), include_aliases=True)
