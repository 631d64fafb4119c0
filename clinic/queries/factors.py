"""What somebody has, besides the password, to prove who they are; and what their clinic asks for."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from clinic.models.accounts import Membership, Role, User
from clinic.models.factors import Passkey, RecoveryCode
from clinic.models.organizations import Clinic

REQUIRED = "required"
FACTOR_SETTING, IDLE_SETTING = "staff_factor", "idle_minutes"
IDLE_MINUTES = 30


@dataclass(frozen=True, slots=True)
class Held:
    """A person's second factors: whether an app is set up and since when, their passkeys, unused recovery codes."""

    has_app: bool
    passkeys: list
    codes_left: int
    since: datetime | None
    resets_at: datetime | None

    @property
    def any(self):
        """Whether signing in asks for a second step."""
        return self.since is not None


def held(session, user_id):
    """What the person has."""
    codes = sa.select(sa.func.count()).where(RecoveryCode.user_id == User.id, RecoveryCode.used_at.is_(None))
    row = session.execute(
        sa.select(
            User.mfa_enabled_at, User.factors_reset_at, User.totp_last_step.is_not(None).label("has_app"),
            codes.scalar_subquery().label("codes"),
        ).where(User.id == user_id)
    ).one()  # fmt: skip
    keys = session.scalars(sa.select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.created_at)).all()
    return Held(row.has_app, keys, row.codes, row.mfa_enabled_at, row.factors_reset_at)


def has_factor(session, user_id):
    """Whether signing in asks the person for a second step."""
    return session.scalar(sa.select(User.mfa_enabled_at.is_not(None)).where(User.id == user_id))


def asked_of_staff(session, clinic_id):
    """Whether the clinic asks everybody who works there for a second factor."""
    settings = session.scalar(sa.select(Clinic.settings).where(Clinic.id == clinic_id)) or {}
    return settings.get(FACTOR_SETTING) == REQUIRED


def staff_without(session):
    """How many of those who work in the clinic of the session's scope have no second factor."""
    works = sa.exists().where(
        Membership.user_id == User.id, Membership.ended_at.is_(None), Membership.role != Role.PATIENT
    )
    return session.scalar(sa.select(sa.func.count()).select_from(User).where(User.mfa_enabled_at.is_(None), works))
