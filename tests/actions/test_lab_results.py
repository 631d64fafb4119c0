"""Laboratory results: flags by the range, files taken in twice, results without an order, wrong ones withdrawn."""

import io
import zipfile
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from clinic.actions import lab_orders, lab_results, patient_merges
from clinic.actions.acting import Actor, Refused
from clinic.actions.lab_results import Reported, Rule
from clinic.db import now
from clinic.models.lab_orders import LabOrder, LabOrderStatus
from clinic.models.lab_results import Comparator, Flag, LabResult, flag_of
from clinic.models.releasing import ReleaseRule
from clinic.queries.exports import write_released
from clinic.scope import Scope
from tests.at_once import rush
from tests.labs import entered, ordered, sodium
from tests.races.invariants import broken


def results(session):
    """Every result, in the order they came."""
    return session.scalars(sa.select(LabResult).order_by(LabResult.id)).all()


def loose(cast, session, rule=None):
    """A result of Maya's that nobody here ordered."""
    lab_results.enter(cast.maya_patient, [sodium()], rule=rule, by=cast.osei.actor)
    session.commit()
    return results(session)[-1]


def reported(value, key="urn:lab|7"):
    """Sodium as a laboratory's file has it."""
    return Reported(key, value.encode(), replace(sodium(value), laboratory="City Lab"))


@pytest.mark.parametrize(
    ("value", "comparator", "low", "high", "flag"),
    [
        ("139", None, "135", "145", Flag.NORMAL), ("135", None, "135", "145", Flag.NORMAL),
        ("134.9", None, "135", None, Flag.LOW), ("145.1", None, None, "145", Flag.HIGH),
        ("5", Comparator.LESS, None, "10", Flag.NORMAL), ("5", Comparator.LESS, "5", None, Flag.LOW),
        ("60", Comparator.MORE, "60", None, Flag.NORMAL), ("60", Comparator.MORE, None, "60", Flag.HIGH),
        ("20", Comparator.LESS, None, "10", None), ("3", Comparator.MORE, "5", None, None),
        ("139", None, None, None, None), (None, None, "1", "2", None),
    ],
)  # fmt: skip
def test_the_range_says_how_a_value_lies_and_nothing_where_it_cannot_know(value, comparator, low, high, flag):
    value, low, high = (each and Decimal(each) for each in (value, low, high))
    assert flag_of(value, comparator, low, high) == flag


def test_what_the_laboratory_says_of_a_value_counts_before_its_range(cast, session):
    entered(cast, session, ordered(cast, session), sodium("151"), sodium("160", flag=Flag.VERY_HIGH))
    assert [each.flag for each in results(session)] == [Flag.HIGH, Flag.VERY_HIGH]


def test_the_same_file_again_changes_nothing_and_a_corrected_one_takes_the_place_of_what_it_said(cast, session):
    order = ordered(cast, session)
    for value, became in (("139", "new"), ("139", "known"), ("141", "corrected")):
        counts = lab_results.take_in(cast.maya_patient, [reported(value)], order=order, by=cast.osei.actor)
        session.commit()
        assert counts == {became: 1}
    first, second = results(session)
    assert first.is_withdrawn and first.value == 139
    assert (second.value, second.order_id, second.is_withdrawn) == (141, order.id, False)
    gone = replace(reported("141"), finding=None)
    assert lab_results.take_in(cast.maya_patient, [gone, gone], by=cast.osei.actor) == {"taken_back": 1, "known": 1}
    assert all(each.is_withdrawn for each in results(session))


def test_what_a_laboratory_corrects_after_the_release_waits_for_another_look(cast, session):
    order = ordered(cast, session)
    lab_results.take_in(cast.maya_patient, [reported("139")], order=order, by=cast.osei.actor)
    lab_orders.complete(order, by=cast.osei.actor)
    lab_orders.review(order, by=cast.osei.actor)
    session.commit()
    # The file is sent again from the chart, without naming the order: it stays the order's.
    lab_results.take_in(cast.maya_patient, [reported("150")], by=cast.osei.actor)
    session.commit()
    assert order.reviewed_at is None
    assert [(each.is_withdrawn, each.is_released) for each in results(session)] == [(True, True), (False, False)]


def test_a_result_without_an_order_has_a_rule_of_its_own(cast, session):
    shown = loose(cast, session, Rule(ReleaseRule.NOW))
    assert shown.is_released
    seen = loose(cast, session)
    lab_results.review(seen, by=cast.osei.actor)
    assert seen.is_released
    later = loose(cast, session, Rule(ReleaseRule.AFTER_DAYS, 2))
    assert not later.is_released
    later.release_due_at = now() - timedelta(minutes=1)
    session.commit()
    lab_results.release_due(later, by=Actor.job(cast.rose.id, "lab_results.release_due"))
    assert later.is_released
    lab_results.revoke(later, by=cast.osei.actor)
    with pytest.raises(Refused, match="held this back"):
        lab_results.release(later, by=cast.lind.actor)


def test_a_result_of_an_order_is_decided_about_with_its_order(cast, session):
    entered(cast, session, ordered(cast, session))
    (result,) = results(session)
    for verb in (lab_results.review, lab_results.release, lab_results.revoke):
        with pytest.raises(Refused, match="belongs to an order"):
            verb(result, by=cast.osei.actor)


def test_a_wrong_result_is_withdrawn_once_seen_no_more_and_stays(cast, session):
    order = entered(cast, session, ordered(cast, session, ReleaseRule.NOW))
    (result,) = results(session)
    lab_results.withdraw(result, by=cast.osei.actor)
    session.commit()
    session.enter(Scope.portal(cast.rose.id, cast.maya.user.id, {cast.maya_patient.id}))
    assert session.scalar(sa.text("SELECT count(*) FROM lab_results")) == 0
    session.enter(cast.scope)
    session.refresh(result)
    with pytest.raises(Refused, match="withdrawn already"):
        lab_results.withdraw(result, by=cast.osei.actor)
    assert order.is_released


def test_results_are_of_the_orders_own_patient_or_nobodys(cast, session):
    order = ordered(cast, session)
    with pytest.raises(Refused, match="not this patient"):
        lab_results.enter(cast.tom, [sodium()], order=order, by=cast.osei.actor)
    session.rollback()
    entered(cast, session, order)
    session.execute(sa.update(LabResult).values(patient_id=cast.tom.id))
    with pytest.raises(sa.exc.IntegrityError):
        session.commit()


def test_nothing_is_entered_for_a_cancelled_order(cast, session):
    order = ordered(cast, session)
    lab_orders.cancel(order, None, by=cast.osei.actor)
    with pytest.raises(Refused, match="cancelled"):
        lab_results.enter(cast.maya_patient, [sodium()], order=order, by=cast.osei.actor)
    assert order.status == LabOrderStatus.CANCELLED


@pytest.mark.parametrize("has_order", [True, False])
def test_the_same_file_sent_twice_at_once_is_taken_in_once(app, cast, session, has_order):
    """Both wait for the patient's row; whoever is second knows it all."""
    order = ordered(cast, session)
    order_key, patient_key = (cast.rose.id, order.id), (cast.rose.id, cast.maya_patient.id)

    def take_in(own):
        patient, theirs = own.get(type(cast.maya_patient), patient_key), own.get(type(order), order_key)
        lab_results.take_in(patient, [reported("139")], order=theirs if has_order else None, by=cast.osei.actor)

    assert rush(app, cast, take_in, take_in) == ["done", "done"]
    assert len(results(session)) == 1


@pytest.mark.parametrize("released_by", ["job", "doctor", "doctor who saw that it was held back"])
def test_of_releasing_and_holding_back_a_result_at_once_there_is_one_outcome(app, cast, session, released_by):
    """Whichever is first it ends held back; only who saw that it was so may show it after that."""
    knowing = released_by.endswith("back")
    for _time in range(4):
        result = loose(cast, session, Rule(ReleaseRule.AFTER_DAYS, 1))
        result.release_due_at = now() - timedelta(minutes=1)
        session.commit()
        key = (cast.rose.id, result.id)

        def release(own, key=key):
            found = own.get(LabResult, key)
            if released_by == "job":
                lab_results.release_due(found, by=Actor.job(cast.rose.id, "lab_results.release_due"))
            else:
                lab_results.release(found, over_hold=knowing, by=cast.lind.actor)

        def revoke(own, key=key):
            lab_results.revoke(own.get(LabResult, key), by=cast.osei.actor)

        outcome = rush(app, cast, release, revoke)
        session.expire_all()
        assert result.is_withheld != result.is_released and result.release_due_at is None
        assert result.is_withheld or knowing
        assert outcome == ["done", "done"] or released_by == "doctor"


def test_an_erased_record_says_nothing_of_what_was_ordered_or_found(cast, session):
    entered(cast, session, ordered(cast, session, notes="Tired"), sodium("151", laboratory="City Lab"))
    waiting = ordered(cast, session)
    for statement in lab_orders.blanked(cast.rose.id, [cast.maya_patient.id]):
        session.connection().execute(statement)
    session.commit()
    session.expire_all()
    rows = [*session.scalars(sa.select(LabOrder)), *(found := results(session))]
    said = " ".join(str(vars(each)) for each in rows)
    assert not any(word in said for word in ("Sodium", "mmol", "Tired", "City Lab"))
    assert [each.value for each in found] == [None] and waiting.status == LabOrderStatus.CANCELLED


def test_results_go_along_when_two_records_become_one_and_come_back_when_they_are_two_again(cast, session):
    order = entered(cast, session, ordered(cast, session, patient=cast.tom))
    merge = patient_merges.merge(cast.maya_patient, cast.tom, "The same person", by=cast.ines.actor)
    session.commit()
    session.expire_all()
    assert {order.patient_id, results(session)[0].patient_id} == {cast.maya_patient.id}
    patient_merges.undo(merge, by=cast.ines.actor)
    session.commit()
    session.expire_all()
    assert {order.patient_id, results(session)[0].patient_id} == {cast.tom.id}


def test_a_patients_own_copy_holds_what_was_released_and_nothing_else(cast, session):
    entered(cast, session, ordered(cast, session, ReleaseRule.NOW), sodium("151"))
    entered(cast, session, ordered(cast, session), sodium("160"))
    session.enter(Scope.portal(cast.rose.id, cast.maya.user.id, {cast.maya_patient.id}))
    with io.BytesIO() as file:
        write_released(session, file, cast.rose, cast.maya_patient)
        found = zipfile.ZipFile(file).read("lab_results.json").decode()
    assert '"value": 151' in found and '"value": 160' not in found
    session.enter(cast.scope)


@pytest.mark.breaks
def test_the_check_finds_a_result_that_a_patient_sees_although_its_order_is_held_back(cast, session, server):
    order = entered(cast, session, ordered(cast, session, ReleaseRule.NOW))
    lab_orders.revoke(order, by=cast.osei.actor)
    session.commit()
    assert not broken(server.url("postgres"))
    session.execute(sa.update(LabResult).values(released_at=sa.func.now()))
    session.commit()
    assert any("held back" in each for each in broken(server.url("postgres")))
