"""A visit keeps its rooms: moved by its patient, and brought back after it was called off."""

from clinic.actions import visit_rooms, visits
from clinic.models.rooms import RoomStatus
from clinic.models.visits import CancelReason
from tests.actions.test_slot_rooms import booked
from tests.rooms import a_kind, rooms_kept


def test_a_patient_who_moves_by_themselves_keeps_what_the_desk_had_added_where_it_is_free(session, cast):
    _kind, one, two = a_kind(session, cast, "Step-free room", "Room 1", "Room 2")
    visit = booked(session, cast, cast.tomorrow_at(10), patient=cast.maya_patient, wanted_rooms=(two.id,))
    wish = cast.wish(cast.tomorrow_at(11), patient=cast.maya_patient)
    visits.move_to(visit, wish, by=cast.maya.actor)
    assert rooms_kept(session, visit) == ["Room 2"] and visit.room_id == two.id
    for room in (one, two):
        room.status = RoomStatus.PAUSED
    session.flush()
    visits.move_to(visit, cast.wish(cast.tomorrow_at(14), patient=cast.maya_patient), by=cast.maya.actor)
    assert rooms_kept(session, visit) == [] and visit.starts_at == cast.tomorrow_at(14)


def test_a_visit_called_off_by_mistake_comes_back_into_the_rooms_it_had(session, cast):
    _kind, one, two = a_kind(session, cast, "Room", "Room 1", "Room 2", needed_by=[cast.consultation])
    _added, cart, lift = a_kind(session, cast, "Cart", "A cart", "B cart")
    visit = booked(session, cast, cast.tomorrow_at(10), wanted_rooms=(two.id, lift.id))
    visit_rooms.choose(visit, lift, by=cast.amara.actor)
    visits.cancel(visit, CancelReason.PATIENT, by=cast.amara.actor)
    visits.undo(visit, by=cast.amara.actor)
    assert rooms_kept(session, visit) == ["B cart", "Room 2"] and visit.room_id == lift.id
    # What another has by now is another's, and one of its kind will do.
    visits.cancel(visit, CancelReason.PATIENT, by=cast.amara.actor)
    booked(session, cast, cast.tomorrow_at(10), provider=cast.dr_lind, wanted_rooms=(two.id, cart.id))
    visits.undo(visit, by=cast.amara.actor)
    assert rooms_kept(session, visit) == ["B cart", "Room 1"] and visit.room_id == lift.id
    # Where none of a kind is free that its type does not need, it comes back without.
    visits.cancel(visit, CancelReason.PATIENT, by=cast.amara.actor)
    lift.status = RoomStatus.PAUSED
    session.flush()
    visits.undo(visit, by=cast.amara.actor)
    assert rooms_kept(session, visit) == ["Room 1"] and visit.room_id == one.id
