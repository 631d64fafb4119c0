"""Rights for a reason and for a while: opening a record in an emergency, letting support look, standing in."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic import bell, jobs
from clinic.actions.acting import Refused, action
from clinic.db import now
from clinic.models.accounts import Membership, Role, User, UserStatus
from clinic.models.grants import AccessGrant, GrantKind
from clinic.queries.own_patients import Own, among

SHORTEST_REASON = 10
BREAK_GLASS_MINUTES = 60
IMPERSONATION_MINUTES = 30
MOST_SUPPORT_HOURS = 4


@action
def break_glass(patient, reason, *, by):
    """Open the record of another doctor's patient for an hour, in an emergency; the administrators hear of it."""
    session = object_session(patient)
    own = Own(by.provider_id)
    if patient.id in among(session, patient.clinic_id, own, [patient.id]):
        raise Refused("This is your own patient; the record is open to you anyway.")
    grant = _give(
        session, GrantKind.BREAK_GLASS, timedelta(minutes=BREAK_GLASS_MINUTES), by=by, user_id=by.user_id,
        patient_id=patient.id, reason=reason,
    )  # fmt: skip
    for admin_id in _admins(session, by):
        jobs.put(session, "grants.tell", clinic_id=by.clinic_id, grant_id=grant.id, user_id=admin_id)
    return grant


@action
def open_support(user, scope, reason, hours, *, by):
    """Let somebody from support read the named parts of the clinic's data, for a few hours."""
    _not_oneself(user, by)
    if Role.SUPPORT not in roles_of(user, by.clinic_id) or user.status != UserStatus.ACTIVE:
        raise Refused("Only somebody from support can be let in.", field="user_id")
    if not 1 <= hours <= MOST_SUPPORT_HOURS:
        raise Refused("A window is open for four hours at most.", field="hours")
    return _give(
        object_session(user), GrantKind.SUPPORT, timedelta(hours=hours), by=by, user_id=user.id,
        scope=sorted({str(each) for each in scope}), reason=reason,
    )  # fmt: skip


@action
def stand_in(user, signed_in, reason, token_hash, *, by, allowed):
    """See the clinic as a colleague sees it, for half an hour; the session goes on under a new token.

    ``allowed`` tells of a set of roles whether somebody with them may be stood in for.
    """
    _not_oneself(user, by)
    if by.on_behalf_of_id or signed_in.user_id != by.user_id or signed_in.clinic_id != by.clinic_id:
        raise Refused("You stand in for somebody already. End that first.")
    if user.status != UserStatus.ACTIVE or not allowed(roles_of(user, by.clinic_id)):
        raise Refused("Nobody stands in for this person: only for a receptionist, a doctor or a referrer.")
    signed_in.impersonates_id = user.id
    signed_in.token_hash = token_hash
    return _give(
        object_session(user), GrantKind.IMPERSONATION, timedelta(minutes=IMPERSONATION_MINUTES), by=by,
        user_id=by.user_id, subject_id=user.id, reason=reason,
    )  # fmt: skip


@action
def stop_standing_in(signed_in, token_hash, *, by):
    """Be oneself again, under a new token."""
    session = object_session(signed_in)
    _end_all(
        session, AccessGrant.kind == GrantKind.IMPERSONATION, AccessGrant.user_id == signed_in.user_id,
        AccessGrant.subject_id == signed_in.impersonates_id,
    )  # fmt: skip
    signed_in.impersonates_id = None
    signed_in.token_hash = token_hash
    return signed_in


@action
def end(grant, *, by):
    """End the right at once; of one's own emergency opening, every grant on that patient."""
    if not grant.is_live:
        return grant
    grant.ended_at = now()
    if grant.kind == GrantKind.BREAK_GLASS:
        _end_all(
            object_session(grant), AccessGrant.kind == grant.kind, AccessGrant.user_id == grant.user_id,
            AccessGrant.patient_id == grant.patient_id, AccessGrant.id != grant.id,
        )  # fmt: skip
    bell.ring(object_session(grant), grant.clinic_id, "grants")
    return grant


@action
def review(grant, *, by):
    """An administrator has looked why the record was opened; nobody reviews what they did themselves."""
    if grant.kind != GrantKind.BREAK_GLASS:
        raise Refused("Only a record opened in an emergency is reviewed.")
    if by.user_id in (None, grant.user_id):
        raise Refused("Nobody reviews what they did themselves; another administrator does.")
    if grant.reviewed_at is None:
        grant.reviewed_at, grant.reviewed_by_id = now(), by.user_id
        bell.ring(object_session(grant), grant.clinic_id, "grants")
    return grant


def end_all_of(session, clinic_id, user_id):
    """End what somebody holds for a while in the clinic, and every standing in for them: their roles change."""
    session.flush()
    of_them = sa.or_(AccessGrant.user_id == user_id, AccessGrant.subject_id == user_id)
    _end_all(session, AccessGrant.clinic_id == clinic_id, of_them)


def roles_of(user, clinic_id):
    """The roles by which the person works in the clinic now."""
    held = sa.select(Membership.role).where(
        Membership.clinic_id == clinic_id, Membership.user_id == user.id, Membership.ended_at.is_(None),
        Membership.role != Role.PATIENT,
    )  # fmt: skip
    return frozenset(object_session(user).scalars(held))


def _admins(session, by):
    """The clinic's other administrators who can sign in."""
    held = sa.select(Membership.user_id).join(User, User.id == Membership.user_id).where(
        Membership.clinic_id == by.clinic_id, Membership.role == Role.ADMIN, Membership.ended_at.is_(None),
        User.status == UserStatus.ACTIVE, User.id != by.user_id,
    )  # fmt: skip
    return session.scalars(held.order_by(Membership.user_id)).all()


def _give(session, kind, long, *, by, reason, **facts):
    """Write the grant; both its moments are the database's."""
    reason = reason.strip()
    if len(reason) < SHORTEST_REASON:
        raise Refused("Say why, in at least ten characters.", field="reason")
    grant = AccessGrant(
        clinic_id=by.clinic_id, id=uuid7(), kind=kind, granted_by_id=by.user_id, reason=reason,
        created_at=sa.func.now(), until=sa.func.now() + long, **facts,
    )  # fmt: skip
    session.add(grant)
    session.flush()
    bell.ring(session, by.clinic_id, "grants")
    return grant


def _end_all(session, *which):
    session.execute(
        sa.update(AccessGrant).where(AccessGrant.ended_at.is_(None), AccessGrant.until > sa.func.now(), *which)
        .values(ended_at=sa.func.now()),
        execution_options={"synchronize_session": False},
    )  # fmt: skip


def _not_oneself(user: User, by):
    if user.id == by.user_id:
        raise Refused("Nobody does this for themselves.")
