"""What several tests of the staff's pages stand on: an emergency, and what it left in the database."""

import pytest
import sqlalchemy as sa

from clinic.models.audit import AuditEntry
from clinic.models.grants import AccessGrant
from tests.views.staff.emergencies import WHY


@pytest.fixture
def grants(session, cast):
    """The grants there are now."""

    def look():
        session.rollback()
        session.enter(cast.scope)
        session.expire_all()
        return session.scalars(sa.select(AccessGrant).order_by(AccessGrant.created_at)).all()

    return look


@pytest.fixture
def entries(session, cast):
    """The audit entries of an action, oldest first."""

    def look(name):
        session.rollback()
        session.enter(cast.scope)
        found = sa.select(AuditEntry).where(AuditEntry.action.like(name)).order_by(AuditEntry.created_at)
        return session.scalars(found).all()

    return look


@pytest.fixture
def tom(cast):
    """Tom as a doctor in a hurry names him."""
    return {"mrn": cast.tom.mrn}


@pytest.fixture
def opened(lind, tom, grants):
    """Dr Lind has opened Tom's record."""
    assert lind.send("staff.break_glass.create", {**tom, "reason": WHY}).status_code == 303
    return grants()[0]
