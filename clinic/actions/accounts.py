"""Who works in a clinic and as what: inviting colleagues, changing and ending their roles."""

from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic import jobs
from clinic.actions import emails, grants, passwords, sign_ins
from clinic.actions.acting import Refused, action
from clinic.actions.tokens import hash_token, new_token
from clinic.db import now
from clinic.models.accounts import Membership, Role, TokenPurpose, User, UserStatus, UserToken
from clinic.models.organizations import Clinic

INVITATION_HOURS = 72


def invite(session, *, by, email, first_name, last_name, role):
    """Invite somebody to work in the actor's clinic; returns the user, and the token of a link or None.

    None comes back for somebody who works here already: they get the role at once. Everybody else, with an account or
    without, joins by the link, since an address alone proves nothing about whose account it is. The link is good for
    72 hours, once; a newer one from this clinic ends it.
    """
    if role == Role.PATIENT:
        raise Refused("Patients are not invited as colleagues.", field="role")
    user = user_with(session, email, first_name=first_name, last_name=last_name)
    if user.status != UserStatus.ACTIVE:
        raise Refused("This account is suspended and cannot be invited.", field="email")
    if staff_roles_of(session, by.clinic_id, user.id):
        add_role(user, role, by=by)
        return user, None
    token = new_token()
    write_invitation(user, role, hash_token(token), by=by)
    return user, token


def user_with(session, email, **names):
    """The user with this address, made now if there is none; two who make the same one at once get one."""
    email = emails.normal(email) or email.strip().lower()
    session.connection().execute(
        insert(User.__table__)
        .values(id=uuid7(), email=email, created_at=now(), updated_at=now(), **names)
        .on_conflict_do_nothing()
    )
    return session.scalars(sa.select(User).where(User.email == email)).one()


@action
def write_invitation(user, role, token_hash, *, by):
    """Write the invitation whose link holds the token; the clinic's earlier ones for this person end."""
    session = object_session(user)
    _end_invitations(session, user.id, by.clinic_id)
    invitation = UserToken(
        user_id=user.id, clinic_id=by.clinic_id, purpose=TokenPurpose.INVITE, role=role, token_hash=token_hash,
        expires_at=now() + timedelta(hours=INVITATION_HOURS),
    )  # fmt: skip
    session.add(invitation)
    session.flush()
    jobs.put(session, "accounts.invite", clinic_id=by.clinic_id, token_id=invitation.id)
    return invitation


@action
def write_second_link(invitation, token_hash, *, by):
    """Write the same invitation's other link, the one that is mailed; an earlier mailed one ends."""
    session = object_session(invitation)
    _end_invitations(session, invitation.user_id, invitation.clinic_id, but=invitation.id)
    mailed = UserToken(
        user_id=invitation.user_id, clinic_id=invitation.clinic_id, purpose=TokenPurpose.INVITE, role=invitation.role,
        token_hash=token_hash, expires_at=invitation.expires_at,
    )  # fmt: skip
    session.add(mailed)
    return mailed


def _end_invitations(session, user_id, clinic_id, but=None):
    session.execute(
        sa.update(UserToken)
        .where(
            UserToken.user_id == user_id, UserToken.clinic_id == clinic_id, UserToken.used_at.is_(None),
            UserToken.purpose == TokenPurpose.INVITE, UserToken.id.is_distinct_from(but),
        )
        .values(used_at=now()),
        execution_options={"synchronize_session": False},
    )  # fmt: skip


def invitation(session, token_hash):
    """The invitation with this token, while it can be accepted; locked, so that it is accepted once."""
    return session.scalars(
        sa.select(UserToken)
        .join(User, User.id == UserToken.user_id)
        .join(Clinic, Clinic.id == UserToken.clinic_id)
        .where(
            UserToken.token_hash == token_hash, UserToken.purpose == TokenPurpose.INVITE, UserToken.used_at.is_(None),
            UserToken.expires_at > now(), User.status == UserStatus.ACTIVE, Clinic.closed_at.is_(None),
        )
        .with_for_update(of=UserToken)
    ).one_or_none()  # fmt: skip


@action
def accept_invite(invited, *, by, password_hash=None, first_name=None, last_name=None):
    """Join the clinic: with a first password, or, for somebody who has one, signed in as themselves."""
    user = object_session(invited).get(User, invited.user_id, with_for_update=True)
    if user.password_hash:
        if by.user_id != user.id:
            raise Refused("Sign in first: you have a password already.")
    elif not password_hash:
        raise Refused("Choose a password first.", field="password")
    else:
        user.password_hash = password_hash
        user.password_changed_at = sa.func.now()
        user.first_name, user.last_name = user.first_name or first_name, user.last_name or last_name
    invited.used_at = now()
    _end_invitations(object_session(invited), user.id, invited.clinic_id)
    _give(user, invited.clinic_id, invited.role)
    emails.ask_to_verify(object_session(invited), user, by=replace(by, clinic_id=invited.clinic_id))
    return invited


@action
def add_role(user, role, *, by):
    """Give a colleague one more role in the actor's clinic."""
    _not_oneself(user.id, by)
    if role == Role.PATIENT or user.status != UserStatus.ACTIVE:
        raise Refused("This role cannot be given to this person.", field="role")
    if not _ever_worked_here(user, by.clinic_id):
        raise Refused("Invite them first: nobody becomes a colleague without the link.", field="role")
    grants.end_all_of(object_session(user), by.clinic_id, user.id)
    return _give(user, by.clinic_id, role)


@action
def end_role(membership, *, by):
    """Take one role away, at once."""
    _not_oneself(membership.user_id, by)
    keep_an_admin(membership)
    membership.ended_at = now()
    grants.end_all_of(object_session(membership), membership.clinic_id, membership.user_id)
    return membership


def end_membership(user, *, by):
    """Take every role away by which somebody works in the actor's clinic."""
    for membership in staff_roles_of(object_session(user), by.clinic_id, user.id):
        end_role(membership, by=by)


def staff_roles_of(session, clinic_id, user_id):
    """The live memberships by which the person works in the clinic."""
    return session.scalars(
        sa.select(Membership).where(
            Membership.clinic_id == clinic_id, Membership.user_id == user_id, Membership.ended_at.is_(None),
            Membership.role != Role.PATIENT,
        )
    ).all()  # fmt: skip


@action
def change_password(user, old, new, *, by, kept_session=None):
    """Choose a new password, proving the old one; every other sign-in of the person ends."""
    if not passwords.matches(user.password_hash, old):
        raise Refused("That is not your present password.", field="old_password")
    user.password_hash = passwords.hash_password(new, user.email, user.first_name, user.last_name)
    user.password_changed_at = sa.func.now()
    jobs.put(object_session(user), "passwords.tell", user_id=user.id)
    sign_ins.end_others(object_session(user), user.id, kept_session)
    return user


def _ever_worked_here(user, clinic_id):
    rows = sa.select(Membership.id).where(
        Membership.clinic_id == clinic_id, Membership.user_id == user.id, Membership.role != Role.PATIENT
    )
    return object_session(user).execute(rows.limit(1)).first() is not None


def _give(user, clinic_id, role):
    session = object_session(user)
    membership = session.scalars(
        sa.select(Membership).where(
            Membership.clinic_id == clinic_id, Membership.user_id == user.id, Membership.role == role
        )
    ).one_or_none()
    if membership is None:
        membership = Membership(clinic_id=clinic_id, user_id=user.id, role=role)
        session.add(membership)
    membership.ended_at = None
    return membership


def _not_oneself(user_id, by):
    if user_id == by.user_id:
        raise Refused("Nobody changes their own roles; ask another administrator.")


def keep_an_admin(membership):
    """Refuse to end the last role of an administrator who can sign in; locked against two who end each other's."""
    if membership.role != Role.ADMIN:
        return
    admins = object_session(membership).execute(
        sa.select(Membership.id, User.status, User.password_hash)
        .join(User, User.id == Membership.user_id)
        .where(
            Membership.clinic_id == membership.clinic_id, Membership.role == Role.ADMIN, Membership.ended_at.is_(None)
        )
        .order_by(Membership.id)
        # The people too: of two who are suspended at once, the second sees that the first cannot sign in any more.
        .with_for_update(of=[Membership, User], key_share=True)
    )
    able = {row.id for row in admins if row.status == UserStatus.ACTIVE and row.password_hash}
    if not able - {membership.id}:
        raise Refused("A clinic keeps at least one administrator.")
