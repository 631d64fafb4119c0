"""Who lets others see a patient's record, asked of the actions alone: whatever a page let through, they refuse it."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from clinic.actions import connections, proxies
from clinic.actions.acting import Refused
from clinic.models.accounts import UserToken
from clinic.models.patients import PatientAccess
from clinic.models.people import Relation
from tests.connections import link_to


@pytest.fixture
def carer(session, cast):
    """Somebody who sees Maya's record as her carer, as the actions know them."""
    session.add(
        PatientAccess(
            clinic_id=cast.rose.id, patient_id=cast.maya_patient.id, user_id=cast.lind.user.id, relation=Relation.CARER
        )
    )
    session.commit()
    return replace(cast.maya.actor, user_id=cast.lind.user.id)


def invite(cast, by):
    return proxies.invite(cast.maya_patient, by=by, email="ben@example.org", until_on=None, token_hash=b"x")


def accesses(session):
    return {each.user_id: each for each in session.scalars(sa.select(PatientAccess))}


def test_a_carer_lets_nobody_in_and_ends_nobodys_access(session, cast, carer):
    with pytest.raises(Refused, match="Only patients themselves"):
        invite(cast, carer)
    with pytest.raises(Refused, match="Only patients themselves"):
        proxies.end(accesses(session)[cast.lind.user.id], by=carer)


def test_whose_own_access_ended_decides_nothing_any_more(session, cast, carer):
    accesses(session)[cast.maya.user.id].until = sa.func.now() - sa.text("interval '1 second'")
    session.flush()
    with pytest.raises(Refused, match="Only patients themselves"):
        invite(cast, cast.maya.actor)


def test_a_link_for_somebody_with_a_password_is_not_taken_up_by_somebody_else(session, cast):
    link_to(session, cast, email=cast.lind.user.email)
    link = session.scalars(sa.select(UserToken)).one()
    with pytest.raises(Refused, match="Sign in first"):
        connections.take_up(session, link, by=cast.osei.actor)
