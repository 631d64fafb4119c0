"""What tests of second factors share: people who have an app, recovery codes or a passkey."""

import json
import time

import pyotp

from clinic.actions import factors, passkeys, recovery_codes
from clinic.models.accounts import User
from tests.authenticator import Authenticator

SITE = passkeys.Site("Rose Street Clinic", "localhost", "http://localhost")


class Phone:
    """An app on a phone that holds a secret and shows its codes."""

    def __init__(self, secret):
        self.app = pyotp.TOTP(secret)

    def code(self, step=0):
        """The code of this half minute, or of one so many after it."""
        return self.app.generate_otp(int(time.time()) // 30 + step)


def with_app(session, person):
    """The person's phone after they set up an app a while ago; any code it shows now is unused."""
    user = session.get(User, person.user.id)
    factors.begin_app(user, by=person.actor)
    phone = Phone(factors.secret_of(user))
    factors.confirm_app(user, phone.code(), by=person.actor, kept_session=None)
    user.totp_last_step = int(time.time()) // 30 - 5
    session.commit()
    return phone


def with_codes(session, person):
    """The person's recovery codes, just made."""
    codes = recovery_codes.renew(session.get(User, person.user.id), by=person.actor)
    session.commit()
    return codes


def with_passkey(session, person, session_id, device=None, name="My key"):
    """The person's security key after they added it in that session of theirs."""
    device = device or Authenticator()
    user = session.get(User, person.user.id)
    options = json.loads(passkeys.ask_to_add(session, session_id, user, SITE))
    session.commit()
    challenge = passkeys.take_challenge(session, session_id)
    passkeys.add(
        session.get(User, person.user.id), device.make(options), by=person.actor, name=name, challenge=challenge,
        site=SITE, kept_session=None,
    )  # fmt: skip
    session.commit()
    return device
