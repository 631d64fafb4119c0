"""What a clinic offers to patients who book for themselves: visit types, doctors, and the patients they may act for."""

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from clinic.models.organizations import Clinic
from clinic.models.patients import Patient
from clinic.models.people import VisitMode
from clinic.models.providers import Provider, ProviderVisitType
from clinic.models.schedule import VisitType


def own_patients(session, patient_ids):
    """The patients somebody may act for in the portal, by name."""
    if not patient_ids:
        return []
    return session.scalars(sa.select(Patient).where(Patient.id.in_(patient_ids)).order_by(Patient.full_name)).all()


def visit_types_with_doctors(session):
    """Active visit types that at least one bookable doctor offers, in the clinic's own order."""
    offered = (
        sa.select(ProviderVisitType.visit_type_id)
        .join(ProviderVisitType.provider)
        .where(Provider.approved_at.is_not(None), Provider.is_active)
    )
    return session.scalars(
        sa.select(VisitType)
        .where(VisitType.is_active, VisitType.id.in_(offered))
        .order_by(VisitType.position, VisitType.name)
    ).all()


def active_visit_type(session, visit_type_id):
    """The visit type if it is one of this clinic's and in use, else None."""
    return session.scalars(sa.select(VisitType).where(VisitType.id == visit_type_id, VisitType.is_active)).one_or_none()


def doctors_offering(session, visit_type):
    """The bookable doctors who offer the type, by name, each with the place they work at."""
    doctors = (
        sa.select(Provider)
        .join(Provider.offers)
        .where(
            ProviderVisitType.visit_type_id == visit_type.id, Provider.approved_at.is_not(None), Provider.is_active
        )
        .options(joinedload(Provider.location))
        .order_by(Provider.display_name)
    )  # fmt: skip
    if visit_type.visit_mode == VisitMode.VIRTUAL:
        doctors = doctors.where(Provider.telemed_enabled)
    return session.scalars(doctors).all()


def fee_of(session, visit_type, provider):
    """What the visit costs with this doctor, or None where nothing is said: their own, else the type's."""
    own = session.scalar(
        sa.select(ProviderVisitType.fee).where(
            ProviderVisitType.provider_id == provider.id, ProviderVisitType.visit_type_id == visit_type.id
        )
    )  # fmt: skip
    return next((fee for fee in (own, provider.consultation_fee, visit_type.fee) if fee is not None), None)


def is_known(session, visit_type_id, provider_id):
    """Whether the clinic has this visit type and this doctor at all, whatever may be booked of them."""
    keys = {VisitType: visit_type_id, Provider: provider_id}
    return all(
        session.scalar(sa.select(sa.exists(sa.select(kind.id).where(kind.id == row_id))))
        for kind, row_id in keys.items()
    )


def address_of(session, clinic_id):
    """The clinic itself as a place: name and address."""
    return session.scalars(sa.select(Clinic).where(Clinic.id == clinic_id)).one()
