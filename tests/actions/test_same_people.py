"""Joining a sign-up with the record the desk knows, while others do the same or the patient books."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa

from clinic.actions import insurance, patient_merges, same_people
from clinic.actions.acting import Refused
from clinic.actions.booking import book
from clinic.actions.patients import register
from clinic.db import db
from clinic.models.accounts import Role
from clinic.models.insurance import InsurancePolicy
from clinic.models.patient_merges import PatientMerge
from clinic.models.patients import Patient, PatientAccess
from clinic.models.people import IdentityCheck, Relation
from clinic.models.visits import Visit
from tests.cast import Person

ROUNDS = 5


@pytest.fixture
def sign_up(cast, session):
    """A record that Ada made herself in the portal, and Ada; Tom's is the one the desk knows."""
    user = cast._person(cast.rose, "Ada", "Byron", Role.PATIENT).user
    made = register(session, by=cast.amara.actor, full_name="Tom Baker", signed_up_at=sa.func.now())
    access = {"clinic_id": cast.rose.id, "user_id": user.id, "relation": Relation.SELF}
    session.add(PatientAccess(patient_id=made.id, **access))
    session.commit()
    made.of = Person(user, cast.rose, Role.PATIENT, patient_id=made.id)
    return made


def together(app, cast, *acts):
    """Do all of it at the same moment, each in a session of its own; what came of each: its result or the refusal."""
    barrier = Barrier(len(acts))

    def one(act):
        with app.app_context():
            session = db.session()
            session.enter(cast.scope)
            barrier.wait()
            try:
                result = act(session)
                session.commit()
                return result
            except Refused as refused:
                session.rollback()
                return refused

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, acts))


def joins(cast, sign_up):
    """The desk's act of joining, for a session of its own."""

    keys, by = [(cast.rose.id, each) for each in (sign_up.id, cast.tom.id)], cast.amara.actor

    def join(session):
        records = [session.get(Patient, key) for key in keys]
        if records[0] is None:
            raise Refused("gone")
        return same_people.join(*records, by=by, checked=IdentityCheck.KNOWN)

    return join


def test_two_desks_that_join_the_same_sign_up_join_it_once(app, cast, session, sign_up):
    visit = cast.booked(patient=sign_up)
    session.rollback()
    act = joins(cast, sign_up)
    answers = together(app, cast, act, act, act)
    assert sum(isinstance(each, Refused) for each in answers) == 2
    session.rollback()
    session.expire_all()
    assert session.get(Visit, (cast.rose.id, visit.id)).patient_id == cast.tom.id
    accesses = session.scalars(sa.select(PatientAccess).where(PatientAccess.user_id == sign_up.of.user.id)).all()
    assert [each.patient_id for each in accesses] == [cast.tom.id]


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_visit_booked_while_the_records_are_joined_is_never_lost_with_the_hidden_one(
    app, cast, session, sign_up, number
):
    wish, by = cast.wish(cast.tomorrow_at(10), patient=sign_up), sign_up.of.actor
    joined, booked = together(app, cast, joins(cast, sign_up), lambda own: book(own, wish, by=by))
    assert not isinstance(joined, Refused)
    session.rollback()
    owners = session.scalars(sa.select(Visit.patient_id)).all()
    assert owners == ([] if isinstance(booked, Refused) else [cast.tom.id])


def test_an_access_the_person_had_to_the_known_record_becomes_their_own(cast, session, sign_up):
    session.add(PatientAccess(clinic_id=cast.rose.id, patient_id=cast.tom.id, user_id=sign_up.of.user.id,
                              relation=Relation.CARER, until=sa.func.now()))  # fmt: skip
    session.commit()
    joins(cast, sign_up)(session)
    session.commit()
    rows = session.execute(
        sa.select(PatientAccess.patient_id, PatientAccess.relation)
        .where(PatientAccess.user_id == sign_up.of.user.id)
        .where(sa.or_(PatientAccess.until.is_(None), PatientAccess.until > sa.func.now()))
    ).all()
    assert rows == [(cast.tom.id, Relation.SELF)]


def test_whom_they_let_see_the_other_record_sees_nothing_any_more(cast, session, sign_up):
    session.add(PatientAccess(clinic_id=cast.rose.id, patient_id=sign_up.id, user_id=cast.maya.user.id,
                              relation=Relation.CARER))  # fmt: skip
    session.commit()
    joins(cast, sign_up)(session)
    session.commit()
    lasting = sa.or_(PatientAccess.until.is_(None), PatientAccess.until > sa.func.now())
    rows = session.execute(sa.select(PatientAccess.patient_id, PatientAccess.user_id).where(lasting)).all()
    expected = {(cast.maya_patient.id, cast.maya.user.id), (cast.tom.id, sign_up.of.user.id)}
    assert set(map(tuple, rows)) == expected


def test_what_they_wrote_down_in_the_portal_comes_along_and_all_of_it_can_be_undone(app, cast, session, sign_up):
    policy = insurance.add(sign_up, by=cast.amara.actor, insurer_name="Bluebell Mutual")
    session.commit()
    same_people.join(sign_up, cast.tom, by=cast.amara.actor, checked=IdentityCheck.KNOWN)
    session.commit()
    session.expire_all()
    assert session.get(InsurancePolicy, (cast.rose.id, policy.id)).patient_id == cast.tom.id
    patient_merges.undo(session.scalars(sa.select(PatientMerge)).one(), by=cast.ines.actor)
    session.commit()
    session.expire_all()
    assert session.get(InsurancePolicy, (cast.rose.id, policy.id)).patient_id == sign_up.id
    own = sa.select(PatientAccess.patient_id).where(PatientAccess.user_id == sign_up.of.user.id)
    assert session.scalars(own).all() == [sign_up.id]
    assert session.get(Patient, (cast.rose.id, sign_up.id)).merged_into_id is None
