"""Jobs about email addresses: proving one, offering another, and telling the former one."""

from clinic.actions import emails, user_tokens
from clinic.actions.tokens import hash_token, new_token
from clinic.links import link
from clinic.models.accounts import TokenPurpose, User, UserToken
from clinic.models.organizations import Clinic
from clinic.queries.accounts import taken
from clinic.scope import Scope
from clinic.work.handlers import handles
from clinic.work.letters import ATTEMPTS, clinic_name_for, letter, post


@handles("emails.verify", attempts=ATTEMPTS)
def verify(session, *, by, user_id):
    """Send the link that proves an address; sent again, the newer link works and the older does not."""
    user = session.get(User, user_id)
    if user is None or user.email_verified_at:
        return
    clinic, token = by.clinic_id and session.get(Clinic, by.clinic_id), new_token()
    user_tokens.write(
        user, TokenPurpose.VERIFY_EMAIL, hash_token(token), emails.VERIFY_MINUTES, by=by, new_email=user.email
    )
    post(session, letter(
        "verify_email", to=user.email, language=user.language, clinic_name=clinic.name if clinic else None,
        link=link("public.emails.verify", token=token), days=emails.VERIFY_MINUTES // 1440,
    ))  # fmt: skip


@handles("emails.offer", attempts=ATTEMPTS)
def offer(session, *, by, token_id):
    """Send the link to the new address, unless it is somebody's already: then nobody hears anything."""
    asked, user = _asked(session, token_id)
    if asked is None or taken(session, asked.new_email):
        return
    name, token = _clinic_of(session, user), new_token()
    user_tokens.renew(asked, hash_token(token), emails.CHANGE_MINUTES, by=by)
    post(session, letter(
        "use_email", to=asked.new_email, language=user.language, clinic_name=name,
        link=link("public.emails.use", token=token), minutes=emails.CHANGE_MINUTES,
    ))  # fmt: skip


@handles("emails.tell_former", attempts=ATTEMPTS)
def tell_former(session, *, by, token_id):
    """Tell the present address that somebody asked for another."""
    _tell(session, "change_asked", session.get(UserToken, token_id))


@handles("emails.tell_changed", attempts=ATTEMPTS)
def tell_changed(session, *, by, token_id):
    """Tell the former address that it is the former one now."""
    _tell(session, "email_changed", session.get(UserToken, token_id))


def _tell(session, name, asked):
    user = asked and session.get(User, asked.user_id)
    if user:
        clinic_name = _clinic_of(session, user)
        post(session, letter(name, to=asked.former_email, language=user.language, clinic_name=clinic_name))


def _asked(session, token_id):
    asked = session.get(UserToken, token_id, with_for_update=True)
    if asked is None or asked.used_at:
        return None, None
    return asked, session.get(User, asked.user_id)


def _clinic_of(session, user):
    session.enter(Scope.person(user.id))
    return clinic_name_for(session, user.id)
