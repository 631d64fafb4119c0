"""What the tests of standing in for a colleague share: rows as they are now, and how it begins."""

import pytest
import sqlalchemy as sa

from clinic.models.accounts import UserSession

WAY_BACK = "/staff/standing-in/end"
WHY = "She cannot see the walk-ins; I look at her screen"


@pytest.fixture
def row(session, cast):
    """A row as the database has it now."""

    def look(model, *where):
        session.rollback()
        session.enter(cast.scope)
        session.expire_all()
        return session.scalars(sa.select(model).where(*where).order_by(model.created_at.desc())).first()

    return look


@pytest.fixture
def begun(ines):
    """Ines stands in for somebody; returns the answer."""

    def begin(person, reason=WHY):
        return ines.send("staff.standing_in.create", {"reason": reason}, user_id=person.user.id)

    return begin


def token_hash(row, person):
    """The hash of the person's live session token."""
    return row(UserSession, UserSession.user_id == person.user.id).token_hash
