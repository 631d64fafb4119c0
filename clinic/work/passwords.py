"""Jobs about passwords: the link to a new one, and telling that it was changed."""

from clinic.actions import resets, user_tokens
from clinic.actions.tokens import hash_token, new_token
from clinic.links import link
from clinic.models.accounts import User, UserStatus
from clinic.scope import Scope
from clinic.work.handlers import handles
from clinic.work.letters import ATTEMPTS, clinic_name_for, letter, post


@handles("passwords.send_link", attempts=ATTEMPTS)
def send_link(session, *, by, user_id):
    """Send the link to a new password; sent again, the newer link works and the older does not."""
    session.enter(Scope.person(user_id))
    user = session.get(User, user_id)
    if user is None or user.status != UserStatus.ACTIVE:
        return
    name = clinic_name_for(session, user_id)
    if not session.scalar(resets.may_reset(user)):
        hours = resets.HOURS_AFTER_A_CHANGE
        post(session, letter("reset_later", to=user.email, language=user.language, clinic_name=name, hours=hours))
        return
    token = new_token()
    user_tokens.write(user, resets.PURPOSE, hash_token(token), resets.MINUTES, by=by)
    post(session, letter(
        "reset_password", to=user.email, language=user.language, clinic_name=name,
        link=link("public.passwords.reset", token=token), minutes=resets.MINUTES,
    ))  # fmt: skip


@handles("passwords.tell", attempts=ATTEMPTS)
def tell(session, *, by, user_id):
    """Tell somebody that their password was changed, in case it was not them."""
    session.enter(Scope.person(user_id))
    user = session.get(User, user_id)
    if user:
        name, forgotten = clinic_name_for(session, user_id), link("public.passwords.forgotten")
        post(session, letter(
            "password_changed", to=user.email, language=user.language, clinic_name=name, link=forgotten,
        ))  # fmt: skip
