"""Jobs about second factors: telling people by mail what changed in how they sign in."""

from clinic.actions.factors import RESET_HOURS
from clinic.links import link
from clinic.models.accounts import User
from clinic.scope import Scope
from clinic.work.handlers import handles
from clinic.work.letters import ATTEMPTS, clinic_name_for, letter, post


@handles("factors.tell", attempts=ATTEMPTS)
def tell(session, *, by, user_id):
    """Tell somebody that what they sign in with was changed, in case it was not them."""
    _write(session, user_id, "factors_changed", page="public.passwords.forgotten")


@handles("factors.tell_code_used", attempts=ATTEMPTS)
def tell_code_used(session, *, by, user_id):
    """Tell somebody that one of their recovery codes was used."""
    _write(session, user_id, "recovery_code_used", page="public.factors.index")


@handles("factors.tell_reset", attempts=ATTEMPTS)
def tell_reset(session, *, by, user_id):
    """Tell somebody that an administrator resets their second step, and that they can stop it."""
    _write(session, user_id, "factors_reset", page="public.factors.index", hours=RESET_HOURS)


def _write(session, user_id, name, *, page, **facts):
    session.enter(Scope.person(user_id))
    user = session.get(User, user_id)
    if user:
        place = clinic_name_for(session, user_id)
        post(session, letter(name, to=user.email, language=user.language, clinic_name=place, link=link(page), **facts))
