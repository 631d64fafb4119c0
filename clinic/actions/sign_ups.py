"""Becoming a patient by oneself: an account and a record of one's own, never one the desk made."""

from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from clinic.actions import emails, patients, throttles
from clinic.actions.acting import Refused, action
from clinic.db import now
from clinic.models.accounts import Membership, Role, User
from clinic.models.patients import PatientAccess
from clinic.models.people import Relation


def spend_a_try(session, *, by):
    """Count a try to make an account, whatever becomes of it; an address makes only so many."""
    address, everybody = throttles.SIGN_UPS
    throttles.spend(session, address.of(throttles.network(by.ip_address)), everybody.of())


@action
def sign_up(session, *, by, user_id, patient_id, email, password_hash, date_of_birth=None, **facts):
    """Make an account with a new record in the actor's clinic; the session's scope is that person's already.

    An address that has an account is refused in words that fit every cause; of two at once, one gets it.
    """
    made = session.connection().execute(
        insert(User.__table__)
        .values(
            id=user_id, email=email, password_hash=password_hash, date_of_birth=date_of_birth, created_at=now(),
            updated_at=now(), **facts,
        )
        .on_conflict_do_nothing()
        .returning(User.id)
    )  # fmt: skip
    if made.scalar() is None:
        raise Refused("We could not make an account with these details. If you already have one, sign in.")
    user = session.get(User, user_id)
    become_patient(user, patient_id, by=replace(by, user_id=user_id, role=Role.PATIENT.value))
    emails.ask_to_verify(session, user, by=by)
    return user


@action
def become_patient(user, patient_id, *, by):
    """Give somebody with an account a new record in the actor's clinic; whoever has one there keeps it."""
    session = sa.orm.object_session(user)
    # One after the other, so that two clicks make one record.
    session.execute(sa.select(User.id).where(User.id == user.id).with_for_update())
    held = session.scalars(
        sa.select(Membership).where(Membership.user_id == user.id, Membership.role == Role.PATIENT)
    ).one_or_none()
    if held is not None and held.ended_at is not None:
        raise Refused("This clinic has closed your access. Please call them.")
    if held is None:
        session.add(Membership(clinic_id=by.clinic_id, user_id=user.id, role=Role.PATIENT))
        patient = patients.register(
            session, by=by, id=patient_id, full_name=user.name, first_name=user.first_name, last_name=user.last_name,
            date_of_birth=user.date_of_birth, phone=user.phone, email=user.email, signed_up_at=sa.func.now(),
        )  # fmt: skip
        session.add(
            PatientAccess(clinic_id=by.clinic_id, patient_id=patient.id, user_id=user.id, relation=Relation.SELF)
        )
    return user
