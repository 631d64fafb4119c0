"""Closing one's own account: out of every clinic, out of every device; the clinics keep what is theirs."""

from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.orm import object_session

from clinic import jobs
from clinic.actions import sign_ins, user_tokens
from clinic.actions.accounts import keep_an_admin
from clinic.actions.acting import Refused, action
from clinic.models.accounts import Membership, User, UserStatus
from clinic.models.factors import Passkey, RecoveryCode
from clinic.models.patients import PatientAccess
from clinic.queries.accounts import places_of
from clinic.scope import Scope


def close(session, user_id, *, by):
    """Close the person's account; refused while a clinic has no other administrator. All of it happens, or nothing."""
    session.enter(Scope.person(user_id))
    # In the order of their ids, so that two who close theirs at once wait for each other in one order.
    for place in sorted(places_of(session, user_id), key=lambda place: place.id):
        session.enter(Scope.staff(place.id, user_id))
        _leave(session, place, user_id, by=replace(by, clinic_id=place.id))
    session.enter(Scope.person(user_id))
    user = session.get(User, user_id, with_for_update=True)
    shut(user, by=replace(by, clinic_id=None))


def _leave(session, place, user_id, *, by):
    held = sa.select(Membership).where(Membership.user_id == user_id, Membership.ended_at.is_(None))
    for membership in session.scalars(held.order_by(Membership.id)).all():
        try:
            keep_an_admin(membership)
        except Refused:
            raise Refused(
                "You are the last administrator of %(clinic)s. Make a colleague one first.", clinic=place.name
            ) from None
        leave(membership, by=by)
    # The record stays; that the person may see it ends.
    session.execute(
        sa.update(PatientAccess)
        .where(
            PatientAccess.user_id == user_id,
            sa.or_(PatientAccess.until.is_(None), PatientAccess.until > sa.func.now()),
        )
        .values(until=sa.func.now()),
        execution_options={"synchronize_session": False},
    )


@action
def leave(membership, *, by):
    """Belong to the clinic no longer, of one's own accord."""
    membership.ended_at = sa.func.now()
    return membership


@action
def shut(user, *, by):
    """Let nobody sign in with the account again; its address is free, what proved the person is gone."""
    session = object_session(user)
    jobs.put(session, "accounts.say_goodbye", user_id=user.id)
    user.status, user.deleted_at = UserStatus.INACTIVE, sa.func.now()
    user.password_hash = user.mfa_enabled_at = user.mfa_secret_encrypted = user.totp_last_step = None
    for kind in (Passkey, RecoveryCode):
        session.execute(sa.delete(kind).where(kind.user_id == user.id))
    user_tokens.end(session, user.id)
    sign_ins.end_others(session, user.id)
    return user
