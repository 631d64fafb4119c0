"""A forgotten password: asking for a link, and choosing a new password by it; it never signs anybody in."""

from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic import jobs
from clinic.actions import sign_ins, throttles, user_tokens
from clinic.actions.acting import action, audit
from clinic.models.accounts import TokenPurpose, User, UserStatus

MINUTES = 30
# After a change of address: who took over an open screen must not take the password too before the owner has read
# what was sent to the former address.
HOURS_AFTER_A_CHANGE = 24
PURPOSE = TokenPurpose.RESET_PASSWORD


def ask(session, email, *, by):
    """Have a link sent if there is an account with this address; does the same work where there is none."""
    account, address, everybody = throttles.RESETS
    throttles.spend(session, account.of(email), address.of(throttles.network(by.ip_address)), everybody.of())
    user_id = session.scalar(
        sa.select(User.id).where(User.email == email, User.status == UserStatus.ACTIVE, User.password_hash.is_not(None))
    )
    audit(session, "resets.ask", by=replace(by, clinic_id=None), resource=("users", user_id))
    # The job for nobody finds nobody, and ends.
    jobs.put(session, "passwords.send_link", user_id=user_id or uuid7())


def may_reset(user):
    """The SQL that says whether the person's address has been theirs for long enough."""
    long_ago = sa.func.now() - sa.func.make_interval(0, 0, 0, 0, HOURS_AFTER_A_CHANGE)
    return sa.select(sa.func.coalesce(User.email_changed_at <= long_ago, True)).where(User.id == user.id)


def found(session, token_hash, lock=False):
    """The link with this token, while a password can be chosen by it; else None."""
    return user_tokens.found(session, token_hash, PURPOSE, lock)


def use(session, token_hash, password_hash, *, by):
    """Set the password if the link is still good, once; returns the user or None."""
    link = found(session, token_hash)
    if link is None:
        return None
    # First the person, then the link: a password changed elsewhere at this moment comes before or after, never between.
    session.get(User, link.user_id, with_for_update=True, populate_existing=True)
    link = found(session, token_hash, lock=True)
    return link and reset(link, password_hash, by=replace(by, user_id=link.user_id, clinic_id=None))


@action
def reset(link, password_hash, *, by):
    """Choose a new password by the link; every sign-in of the person ends, and they are told."""
    session = object_session(link)
    user = session.get(User, link.user_id)
    user.password_hash, user.password_changed_at = password_hash, sa.func.now()
    # Whoever opened the link reads what is sent to the address.
    user.email_verified_at = user.email_verified_at or sa.func.now()
    link.used_at = sa.func.now()
    session.flush()
    user_tokens.end(session, user.id, PURPOSE)
    sign_ins.end_others(session, user.id)
    jobs.put(session, "passwords.tell", user_id=user.id)
    return user
