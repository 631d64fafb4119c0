"""Screens that nobody signs in to: which there are, and whose code somebody typed."""

import sqlalchemy as sa

from clinic.models.screens import Screen

# Often enough to see whether a screen is alive, seldom enough not to write all day.
SEEN = sa.text(
    """UPDATE screens SET last_seen_at = now() WHERE clinic_id = :clinic_id AND id = :id
          AND (last_seen_at IS NULL OR last_seen_at < now() - interval '5 minutes')"""
)


def live_screens(session):
    """The screens whose code works, by name; the actions allow fifty."""
    return session.scalars(
        sa.select(Screen).where(Screen.revoked_at.is_(None)).order_by(Screen.name, Screen.id).limit(100)
    ).all()


def screen_of(session, clinic_id, kind, code_hash):
    """The id of the live screen of this kind with this code, or None; that it was seen is noted now and then."""
    found = session.scalar(
        sa.select(Screen.id).where(
            Screen.clinic_id == clinic_id, Screen.code_hash == code_hash, Screen.kind == kind,
            Screen.revoked_at.is_(None),
        )
    )  # fmt: skip
    if found:
        session.connection().execute(SEEN, {"clinic_id": clinic_id, "id": found})
    return found
