"""What anybody may know of clinics: which are open, and what a clinic's public page says of it."""

import sqlalchemy as sa

from clinic.models.organizations import Clinic

MOST = 100
OPEN = (Clinic.closed_at.is_(None), Clinic.deleted_at.is_(None))
# As ``app_enter`` tells of the clinic somebody is in, and the address.
PUBLIC = sa.select(
    Clinic.id, Clinic.name, Clinic.slug, Clinic.timezone, Clinic.locale, Clinic.currency, Clinic.phone, Clinic.email,
    Clinic.branding["colour"].astext.label("colour"), Clinic.logo_type.is_not(None).label("has_logo"),
    sa.cast(sa.cast(sa.extract("epoch", Clinic.updated_at), sa.BigInteger), sa.Text).label("version"),
    Clinic.address_line, Clinic.city, Clinic.postal_code, Clinic.country,
)  # fmt: skip


def open_clinics(session):
    """The clinics open to the public, by name, at most a hundred."""
    return session.execute(PUBLIC.where(*OPEN).order_by(Clinic.name, Clinic.id).limit(MOST)).all()


def open_clinic(session, slug):
    """The open clinic with this address, or None."""
    return session.execute(PUBLIC.where(*OPEN, Clinic.slug == slug)).one_or_none()


def open_clinic_by_id(session, clinic_id):
    """The open clinic with this id, or None."""
    return session.execute(PUBLIC.where(*OPEN, Clinic.id == clinic_id)).one_or_none()


def is_closed(session, clinic_id) -> bool:
    """Whether the clinic was closed; its rows are then kept and nothing happens in it."""
    clinics = Clinic.__table__.c
    return session.connection().scalar(sa.select(clinics.closed_at).where(clinics.id == clinic_id)) is not None


def was_closed(session, slug) -> bool:
    """Whether a clinic that is still remembered had this address and was closed."""
    closed = sa.exists().where(Clinic.slug == slug, Clinic.closed_at.is_not(None), Clinic.deleted_at.is_(None))
    return session.scalar(sa.select(closed))


def logo_of(session, slug):
    """Bytes and type of an open clinic's logo, or None."""
    return session.execute(
        sa.select(Clinic.logo, Clinic.logo_type).where(*OPEN, Clinic.slug == slug, Clinic.logo.is_not(None))
    ).one_or_none()


def count_of_clinics(connection) -> int:
    """How many clinics there are, closed ones too."""
    return connection.scalar(sa.select(sa.func.count()).select_from(Clinic.__table__))
