"""When a visit in a group is over: with the group, however long the type takes that was booked in it."""

from datetime import UTC, timedelta

import pytest

from clinic.actions import groups, moving, offers, visits
from clinic.actions.booking import book
from clinic.actions.groups import Group
from clinic.actions.offers import Offering
from clinic.models.offers import OfferPurpose
from clinic.models.visits import CancelReason, Visit
from clinic.queries import picking


@pytest.fixture
def evening(session, cast):
    """Tomorrow from six to seven, for three, of whatever type; consultations take twenty minutes."""
    group = Group(cast.dr_osei.id, 3, minutes=60, title="Back care")
    slot = groups.publish(session, group, cast.tomorrow_at(18), by=cast.amara.actor)
    session.commit()
    return slot


@pytest.fixture
def maya_sits(session, cast, evening):
    """Maya's seat in it."""
    visit_id = book(session, cast.wish(evening.starts_at, patient=cast.maya_patient), by=cast.maya.actor)
    session.commit()
    return session.get(Visit, (cast.rose.id, visit_id))


def test_whoever_books_a_seat_has_it_until_the_group_is_over(evening, maya_sits):
    assert maya_sits.ends_at == evening.ends_at == maya_sits.starts_at + timedelta(minutes=60)


def test_whoever_moves_in_stays_as_long_and_whoever_moves_out_as_long_as_the_type_takes(session, cast, evening):
    visit = cast.booked()
    visits.move_to(visit, cast.wish(evening.starts_at), by=cast.amara.actor)
    session.commit()
    assert visit.ends_at == evening.ends_at
    moving.undo_move(visit, cast.dr_osei.id, by=cast.amara.actor)
    session.commit()
    assert visit.ends_at == cast.tomorrow_at(10, 20)


def test_whoever_comes_back_stays_as_long_as_before(session, cast, evening, maya_sits):
    visits.cancel(maya_sits, CancelReason.PATIENT, by=cast.amara.actor)
    session.commit()
    visits.undo(maya_sits, by=cast.amara.actor)
    session.commit()
    assert maya_sits.ends_at == evening.ends_at


def test_an_offer_of_a_seat_says_until_when_it_is(session, cast, evening):
    ids = {"clinic_id": cast.rose.id, "patient_id": cast.tom.id, "provider_id": cast.dr_osei.id}
    wanted = {**ids, "visit_type_id": cast.consultation.id, "starts_at": evening.starts_at.astimezone(UTC)}
    offering = Offering(OfferPurpose.REQUEST, **wanted, until=evening.starts_at - timedelta(hours=1))
    assert offers.prepare(session, offering, by=cast.amara.actor).ends_at == evening.ends_at


def test_the_desk_sees_what_the_group_is_called_and_when_it_ends(session, cast, evening):
    kind = next(each for each in picking.menu(session, cast.rose.id) if each.id == cast.consultation.id)
    doctor = kind.doctor(cast.dr_osei.id)
    choice = picking.judge(session, cast.at, kind, doctor, None, evening.starts_at)
    assert (choice.state, choice.group.title, choice.ends_at) == ("open", "Back care", evening.ends_at)
    alone = picking.judge(session, cast.at, kind, doctor, None, cast.tomorrow_at(10))
    assert alone.group is None and alone.ends_at == cast.tomorrow_at(10, 20)
