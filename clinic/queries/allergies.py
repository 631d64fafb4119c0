"""What a patient must not be given: read by the chart's banner, at booking, and before something is prescribed."""

import sqlalchemy as sa

from clinic.models.allergies import Allergy, AllergyStatus, Criticality

MOST = 100
LIVE = (Allergy.status == AllergyStatus.ACTIVE, Allergy.mistaken_at.is_(None))
# What may threaten life first, then in the order of the alphabet.
ORDER = (sa.case((Allergy.criticality == Criticality.HIGH, 0), else_=1), sa.func.lower(Allergy.substance), Allergy.id)


def live(session, patient_id) -> list[Allergy]:
    """The allergies that have to be heeded now, the dangerous ones first; 100 at most."""
    wanted = sa.select(Allergy).where(Allergy.patient_id == patient_id, *LIVE, ~Allergy.is_none_known)
    return list(session.scalars(wanted.order_by(*ORDER).limit(MOST)))


def none_known(session, patient_id) -> Allergy | None:
    """That somebody asked and the patient knows of no allergy; None where nobody has asked, or there are some."""
    wanted = sa.select(Allergy).where(Allergy.patient_id == patient_id, *LIVE, Allergy.is_none_known)
    return session.scalars(wanted).first()


def former(session, patient_id) -> list[Allergy]:
    """Those that no longer count, or never did; 100 at most, the latest first."""
    wanted = sa.select(Allergy).where(
        Allergy.patient_id == patient_id, sa.not_(sa.and_(*LIVE)), ~Allergy.is_none_known
    )  # fmt: skip
    return list(session.scalars(wanted.order_by(Allergy.recorded_at.desc(), Allergy.id).limit(MOST)))
