"""A person's sign-ins, as they recognise them: the device, where, and when it was used last."""

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from clinic.db import now
from clinic.models.accounts import UserSession
from clinic.models.organizations import Clinic

MOST = 100
BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
    ("Mac OS", "Mac"), ("CrOS", "Chromebook"), ("Linux", "Linux"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SignIn:
    """One live sign-in; times are in UTC."""

    id: UUID
    device: str | None
    ip_address: str | None
    clinic_name: str | None
    created_at: datetime
    last_seen_at: datetime

    @property
    def browser(self):
        """The browser's name, or None where it cannot be told."""
        return _first(BROWSERS, self.device)

    @property
    def system(self):
        """What it runs on, or None where it cannot be told."""
        return _first(SYSTEMS, self.device)


def live(session, user_id, idle_minutes) -> list[SignIn]:
    """The person's sign-ins that can still be used, the one used last first.

    ``idle_minutes`` is the longest that any clinic lets a sign-in rest.
    """
    row = UserSession.__table__.c
    found = session.connection().execute(
        sa.select(row.id, row.device, row.ip_address, Clinic.name, row.created_at, row.last_seen_at)
        .outerjoin_from(UserSession.__table__, Clinic.__table__, Clinic.__table__.c.id == row.clinic_id)
        .where(
            row.user_id == user_id, row.revoked_at.is_(None), row.awaits_factor.is_(False), row.expires_at > now(),
            row.last_seen_at > sa.func.now() - sa.func.make_interval(0, 0, 0, 0, 0, idle_minutes),
        )
        .order_by(row.last_seen_at.desc())
        .limit(MOST)
    )  # fmt: skip
    return [SignIn(*each) for each in found]


def _first(names, device):
    return next((said for sign, said in names if re.search(re.escape(sign), device or "")), None)
