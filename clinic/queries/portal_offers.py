"""What a clinic offers to patients who book for themselves: visit types, doctors, and the patients they may act for."""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

import sqlalchemy as sa

from clinic.models.organizations import Clinic
from clinic.models.patients import Patient
from clinic.models.people import VisitMode
from clinic.models.providers import Provider, ProviderVisitType
from clinic.models.schedule import BookingRule, PatientsMayChange, VisitType
from clinic.queries.doctors_to_choose import DoctorsToChoose

# Asked by every page on the way to a visit, so it is one statement of plain columns: a row for each doctor.
OFFER = sa.text(
    """SELECT t.id, t.name, t.visit_mode, t.booking, t.answer_within_hours, t.cancel_cutoff_hours,
       t.move_cutoff_hours, t.minimum_notice_minutes, t.horizon_days,
       CASE WHEN t.limit_per_patient IS NULL THEN false ELSE t.limit_per_patient <= (
            SELECT count(*) FROM visits AS v
             WHERE v.clinic_id = t.clinic_id AND v.patient_id = :patient_id AND v.visit_type_id = t.id
               AND v.status IN ('requested', 'booked', 'confirmed') AND v.starts_at > now()) END AS enough,
       who.id AS patient_id, who.full_name, who.timezone,
       p.id AS provider_id, p.display_name, p.title, p.specialties, p.languages,
       coalesce(o.fee, p.consultation_fee, t.fee) AS price, p.telemed_enabled, p.location_id
  FROM visit_types AS t
  LEFT JOIN patients AS who ON who.clinic_id = t.clinic_id AND who.id = :patient_id AND who.deleted_at IS NULL
  LEFT JOIN (provider_visit_types AS o
             JOIN providers AS p ON p.clinic_id = o.clinic_id AND p.id = o.provider_id
                                AND p.approved_at IS NOT NULL AND p.is_active)
         ON o.clinic_id = t.clinic_id AND o.visit_type_id = t.id
        AND (t.visit_mode IS DISTINCT FROM 'virtual' OR p.telemed_enabled)
 WHERE t.clinic_id = :clinic_id AND t.id = :visit_type_id AND t.is_active
 ORDER BY p.display_name"""
)

# A doctor's own fee for the type goes before what they take for any visit, and that before the type's.
PRICE = sa.text(
    """SELECT coalesce(o.fee, p.consultation_fee, t.fee) FROM visit_types AS t
  JOIN providers AS p ON p.clinic_id = t.clinic_id AND p.id = :provider_id
  LEFT JOIN provider_visit_types AS o ON o.clinic_id = t.clinic_id AND o.visit_type_id = t.id AND o.provider_id = p.id
 WHERE t.clinic_id = :clinic_id AND t.id = :visit_type_id"""
)
PRICES = sa.text(
    """SELECT t.id, min(cost.fee) AS lowest, count(DISTINCT cost.fee) > 1 OR count(*) > count(cost.fee) AS differ
  FROM visit_types AS t
  LEFT JOIN (provider_visit_types AS o
             JOIN providers AS p ON p.clinic_id = o.clinic_id AND p.id = o.provider_id
                                AND p.approved_at IS NOT NULL AND p.is_active)
         ON o.clinic_id = t.clinic_id AND o.visit_type_id = t.id
        AND (t.visit_mode IS DISTINCT FROM 'virtual' OR p.telemed_enabled)
 CROSS JOIN LATERAL (SELECT coalesce(o.fee, p.consultation_fee, t.fee) AS fee) AS cost
 WHERE t.clinic_id = :clinic_id AND t.id = ANY(CAST(:visit_type_ids AS uuid[])) GROUP BY t.id"""
)

# The ids of the visit types that at least one bookable doctor offers.
WITH_DOCTORS = (
    sa.select(ProviderVisitType.visit_type_id)
    .join(ProviderVisitType.provider)
    .where(Provider.approved_at.is_not(None), Provider.is_active)
)


@dataclass(frozen=True, slots=True)
class OfferedType(PatientsMayChange):
    """A type of visit in use, as far as somebody who books it needs to know."""

    is_active: ClassVar[bool] = True
    id: UUID
    name: str
    visit_mode: VisitMode | None
    booking: BookingRule
    answer_within_hours: int
    cancel_cutoff_hours: int
    move_cutoff_hours: int
    minimum_notice_minutes: int
    horizon_days: int


@dataclass(frozen=True, slots=True)
class OfferedDoctor:
    """A bookable doctor, as far as somebody who chooses one needs to know."""

    id: UUID
    display_name: str
    title: str | None
    specialties: tuple[str, ...]
    languages: tuple[str, ...]
    # What the visit costs with this doctor; None where nothing is said.
    price: Decimal | None
    telemed_enabled: bool
    location_id: UUID | None


@dataclass(frozen=True, slots=True)
class OfferedTo:
    """The patient a visit is to be booked for."""

    id: UUID
    full_name: str
    timezone: str | None


@dataclass(frozen=True, slots=True)
class Offer(DoctorsToChoose):
    """A type of visit, its doctors by name, and the patient; None where the patient cannot be seen."""

    visit_type: OfferedType
    doctors: list[OfferedDoctor]
    patient: OfferedTo | None
    # The patient has as many visits of the type to come as it allows.
    is_enough: bool


def own_patients(session, patient_ids):
    """The patients somebody may act for in the portal, by name."""
    if not patient_ids:
        return []
    return session.scalars(sa.select(Patient).where(Patient.id.in_(patient_ids)).order_by(Patient.full_name)).all()


def visit_types_with_doctors(session):
    """Active visit types that at least one bookable doctor offers, in the clinic's own order."""
    return session.scalars(
        sa.select(VisitType)
        .where(VisitType.is_active, VisitType.id.in_(WITH_DOCTORS))
        .order_by(VisitType.position, VisitType.name)
    ).all()


def offer_of(session, clinic_id, visit_type_id, patient_id):
    """The visit type with the bookable doctors who offer it and the patient; None where the type is not in use here."""
    ids = {"clinic_id": clinic_id, "visit_type_id": visit_type_id, "patient_id": patient_id}
    rows = session.connection().execute(OFFER, ids).all()
    if not rows:
        return None
    first = rows[0]
    visit_type = OfferedType(
        first.id, first.name, first.visit_mode and VisitMode(first.visit_mode), BookingRule(first.booking),
        first.answer_within_hours, first.cancel_cutoff_hours, first.move_cutoff_hours, first.minimum_notice_minutes,
        first.horizon_days,
    )  # fmt: skip
    patient = OfferedTo(first.patient_id, first.full_name, first.timezone) if first.patient_id else None
    doctors = [
        OfferedDoctor(
            row.provider_id, row.display_name, row.title, tuple(row.specialties), tuple(row.languages),
            row.price, row.telemed_enabled, row.location_id,
        )
        for row in rows if row.provider_id
    ]  # fmt: skip
    return Offer(visit_type, doctors, patient, first.enough)


def prices(session, clinic_id, visit_types) -> dict:
    """By visit type id: its ``lowest`` price, None where nothing is said, and whether doctors ``differ``."""
    ids = {"clinic_id": clinic_id, "visit_type_ids": [each.id for each in visit_types]}
    return {row.id: row for row in session.connection().execute(PRICES, ids)}


def price_of(session, clinic_id, visit_type_id, provider_id):
    """What the visit costs with this doctor, or None where nothing is said."""
    ids = {"clinic_id": clinic_id, "visit_type_id": visit_type_id, "provider_id": provider_id}
    return session.connection().execute(PRICE, ids).scalar()


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
