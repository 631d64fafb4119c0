"""Prescriptions as they are read: a patient's, newest first, one with all its medicines, and what is still taken."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from clinic.db import word
from clinic.models.prescriptions import Prescription, PrescriptionItem, PrescriptionState, PrescriptionStop
from clinic.queries.entries import CLINIC_ID, PATIENT_ID, Source

ON_A_PAGE = 20
NAMED = 3
WHOLE = (
    selectinload(Prescription.items), selectinload(Prescription.stops), joinedload(Prescription.provider),
    joinedload(Prescription.replaces), joinedload(Prescription.replaced_by),
)  # fmt: skip

own, items, stops = Prescription.__table__.c, PrescriptionItem.__table__.c, PrescriptionStop.__table__.c


def of_patient(session, records, number: int = 1, size: int = ON_A_PAGE) -> list[Prescription]:
    """A page of the prescriptions of these records (a patient's, and merged ones), newest first, and one more."""
    wanted = (
        sa.select(Prescription)
        .where(Prescription.patient_id.in_(list(records)))
        .order_by(Prescription.issued_at.desc(), Prescription.id.desc())
        .options(*WHOLE)
    )
    return list(session.scalars(wanted.limit(size + 1).offset((number - 1) * size)))


def of_visit(session, visit) -> list[Prescription]:
    """What was prescribed at this visit, newest first; 20 at most."""
    wanted = sa.select(Prescription).where(Prescription.visit_id == visit.id).options(*WHOLE)
    return list(
        session.scalars(wanted.order_by(Prescription.issued_at.desc(), Prescription.id.desc()).limit(ON_A_PAGE))
    )


def one(session, clinic_id: UUID, prescription_id: UUID) -> Prescription | None:
    """The prescription with its medicines, its stops, and what it replaces or is replaced by."""
    wanted = sa.select(Prescription).where(Prescription.clinic_id == clinic_id, Prescription.id == prescription_id)
    return session.scalars(wanted.options(*WHOLE).execution_options(populate_existing=True)).one_or_none()


def _replaced():
    later = Prescription.__table__.alias("later")
    return sa.exists().where(later.c.clinic_id == own.clinic_id, later.c.replaces_id == own.id)


def _stopped():
    """Whether every medicine was stopped, one by one or all at once."""
    each, ended = PrescriptionItem.__table__.alias("each"), PrescriptionStop.__table__.alias("ended")
    stopped = sa.exists().where(
        ended.c.clinic_id == each.c.clinic_id, ended.c.prescription_id == each.c.prescription_id,
        sa.or_(ended.c.item_id.is_(None), ended.c.item_id == each.c.id),
    )  # fmt: skip
    return ~sa.exists().where(each.c.clinic_id == own.clinic_id, each.c.prescription_id == own.id, ~stopped)


def _names():
    """The first few medicines, in the order in which they were written."""
    first = (
        sa.select(items.medicine_name, items.position)
        .where(items.clinic_id == own.clinic_id, items.prescription_id == own.id)
        .correlate(Prescription.__table__)
        .order_by(items.position)
        .limit(NAMED)
        .subquery("first")
    )
    named = sa.func.string_agg(first.c.medicine_name, sa.literal(", "))
    return sa.select(named).select_from(first).scalar_subquery()


TIMELINE = Source(
    "prescription",
    word("Prescription"),
    word("Prescriptions"),
    sa.select(
        sa.literal("prescription").label("kind"),
        own.id,
        own.issued_at.label("at"),
        _names().label("title"),
        sa.case(
            (_replaced(), PrescriptionState.REPLACED.value), (_stopped(), PrescriptionState.STOPPED.value),
            else_=PrescriptionState.ACTIVE.value,
        ).label("state"),
        own.visit_id,
        own.provider_id,
    ).where(own.clinic_id == CLINIC_ID, own.patient_id == PATIENT_ID),
    path="/staff/patients/{patient_id}/prescriptions/{id}",
    states=PrescriptionState,
    desk=True,
)  # fmt: skip
