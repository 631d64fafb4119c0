"""Jobs about accounts: the mail of an invitation, and the last one to somebody who left."""

import sqlalchemy as sa

from clinic.actions import accounts
from clinic.actions.tokens import hash_token, new_token
from clinic.links import link
from clinic.models.accounts import User, UserToken
from clinic.models.organizations import Clinic
from clinic.work.handlers import handles
from clinic.work.letters import ATTEMPTS, letter, post


@handles("accounts.invite", attempts=ATTEMPTS)
def invite(session, *, by, token_id):
    """Mail an invitation: with a link of its own, beside the one that the administrator was shown."""
    shown = session.get(UserToken, token_id, with_for_update=True)
    if (
        shown is None
        or shown.used_at
        or not session.scalar(sa.select(UserToken.expires_at > sa.func.now()).where(UserToken.id == token_id))
    ):
        return
    user, clinic, token = session.get(User, shown.user_id), session.get(Clinic, by.clinic_id), new_token()
    accounts.write_second_link(shown, hash_token(token), by=by)
    post(session, letter(
        "invitation", to=user.email, language=user.language, clinic_name=clinic.name, role=shown.role.label,
        link=link("public.accounts.join", token=token), hours=accounts.INVITATION_HOURS,
    ))  # fmt: skip


@handles("accounts.say_goodbye", attempts=ATTEMPTS)
def say_goodbye(session, *, by, user_id):
    """Confirm to somebody that their account is closed; the row of the account is hidden already."""
    email = session.scalar(sa.select(User.__table__.c.email).where(User.__table__.c.id == user_id))
    if email:
        post(session, letter("account_closed", to=email))
