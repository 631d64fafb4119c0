"""Email addresses: how they are written, proving that one is one's own, and changing to another."""

import secrets
from dataclasses import replace

import sqlalchemy as sa
from email_validator import EmailNotValidError, validate_email
from sqlalchemy.orm import object_session

from clinic import jobs
from clinic.actions import sign_ins, throttles, user_tokens
from clinic.actions.acting import action
from clinic.models.accounts import TokenPurpose, User

VERIFY_MINUTES = 3 * 24 * 60
CHANGE_MINUTES = 60


def normal(typed: str) -> str | None:
    """The one way an address is kept and compared: its domain in ASCII, all of it small; None for no address.

    Letters that only look like others, or become others when made small, are settled here, before anything is
    compared: a mail then goes to what is kept, never to what was typed.
    """
    try:
        known = validate_email((typed or "").strip(), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        return None
    return known.ascii_email.lower()


def ask_to_verify(session, user, *, by):
    """Have a mail sent whose link proves that the address is the person's."""
    if user.email_verified_at is None:
        where = {"clinic_id": by.clinic_id} if by.clinic_id else {}
        jobs.put(session, "emails.verify", user_id=user.id, **where)


def ask_again(session, user_id, *, by):
    """The same once more, for somebody who did not get it; not more often than somebody would."""
    throttles.spend(session, throttles.EMAIL_CHECKS.of(user_id))
    ask_to_verify(session, session.get(User, user_id), by=by)


def of_link(session, token_hash, lock=False):
    """The link that proves an address, while it is still the person's address; else None."""
    link = user_tokens.found(session, token_hash, TokenPurpose.VERIFY_EMAIL, lock)
    return link if link and link.new_email == session.get(User, link.user_id).email else None


@action
def verify(link, *, by):
    """The address is the person's own: somebody opened the link that was sent there."""
    user = object_session(link).get(User, link.user_id)
    user.email_verified_at = user.email_verified_at or sa.func.now()
    link.used_at = sa.func.now()
    return user


def ask_to_change(session, user_id, new_email, *, by):
    """Write to the new address, whose owner must open the link, and tell the old one at once.

    Nothing is said of whether somebody has an account with the new address.
    """
    person, target = throttles.EMAIL_CHANGES
    throttles.spend(session, person.of(user_id), target.of(new_email))
    user = session.get(User, user_id)
    # Good for nothing until the job gives it the token that it sends.
    nobodys = secrets.token_bytes(32)
    link = user_tokens.write(
        user, TokenPurpose.CHANGE_EMAIL, nobodys, CHANGE_MINUTES, by=by, new_email=new_email, former_email=user.email
    )
    jobs.put(session, "emails.tell_former", token_id=link.id)
    jobs.put(session, "emails.offer", token_id=link.id)


@action
def change(link, *, by):
    """Sign in with the new address from now on; other devices are signed out, open links end."""
    session = object_session(link)
    user = session.get(User, link.user_id, with_for_update=True)
    user.email, user.email_verified_at, user.email_changed_at = link.new_email, sa.func.now(), sa.func.now()
    link.used_at = sa.func.now()
    session.flush()
    user_tokens.end(session, user.id, TokenPurpose.RESET_PASSWORD, TokenPurpose.VERIFY_EMAIL, TokenPurpose.CHANGE_EMAIL)
    jobs.put(session, "emails.tell_changed", token_id=link.id)
    return user


def change_here(session, link, kept_session, *, by):
    """Change the address in the session whose token hash is given; the person's other sign-ins end."""
    user = change(link, by=replace(by, user_id=link.user_id, clinic_id=None))
    sign_ins.end_others(session, user.id, kept_session)
    return user
