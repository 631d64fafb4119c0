"""In person or by video: an earlier time makes no other kind of visit of the one that moves, and either will do."""

import pytest
import sqlalchemy as sa

from clinic.actions import offers
from clinic.models.people import VisitMode
from clinic.models.schedule import Availability
from tests.actions.lining_up import ada_byron, awake_clinic, freed, refill, wait  # noqa: F401 (fixtures)
from tests.rooms import a_kind

IN_PERSON, VIRTUAL = VisitMode.IN_PERSON, VisitMode.VIRTUAL


@pytest.fixture
def only(session, cast):
    """Have the doctor see people in this way only."""

    def be(mode):
        session.execute(sa.update(Availability).values(visit_mode=mode))
        session.commit()

    return be


@pytest.mark.parametrize("mode", [IN_PERSON, VIRTUAL])
@pytest.mark.parametrize("named", [True, False], ids=["named", "not named"])
def test_a_visit_made_earlier_stays_in_person_or_by_video(session, cast, mode, named):
    later = cast.booked(cast.tomorrow_at(15, days=5), patient=cast.maya_patient, visit_mode=mode)
    wait(session, cast, visit_id=later.id if named else None, by=cast.maya)
    (offer,) = refill(session, cast)
    assert (offer.visit_mode, offer.visit_id) == (mode, later.id)
    offers.accept(offer, by=cast.maya.actor)
    session.commit()
    assert (later.visit_mode, later.starts_at) == (mode, freed(cast).starts_at)


@pytest.mark.parametrize(("kept", "other"), [(IN_PERSON, VIRTUAL), (VIRTUAL, IN_PERSON)])
def test_a_time_of_the_other_kind_passes_over_their_visit_to_whoever_takes_either(
    session, cast, ada, only, kept, other
):
    later = cast.booked(cast.tomorrow_at(15, days=5), patient=cast.maya_patient, visit_mode=kept)
    wait(session, cast, visit_id=later.id), wait(session, cast, ada)
    only(other)
    # Ada has no visit yet and has not said which; Maya, who comes first, has one of the other kind.
    assert [(each.patient_id, each.visit_mode) for each in refill(session, cast)] == [(ada.id, other)]


def test_whoever_takes_either_is_asked_to_come_where_they_can(session, cast):
    wait(session, cast)
    assert [each.visit_mode for each in refill(session, cast)] == [IN_PERSON]


def test_and_by_video_where_no_room_is_free_for_them(session, cast):
    a_kind(session, cast, "Ultrasound", "Ultrasound 1", needed_by=[cast.consultation])
    cast.booked(freed(cast).starts_at, provider=cast.dr_lind)
    wait(session, cast)
    assert [(each.starts_at, each.visit_mode) for each in refill(session, cast)] == [(freed(cast).starts_at, VIRTUAL)]


def test_what_they_said_comes_before_the_kind_of_visit_they_have(session, cast):
    later = cast.booked(cast.tomorrow_at(15, days=5), patient=cast.maya_patient)
    wait(session, cast, visit_id=later.id, visit_mode=VIRTUAL)
    assert [each.visit_mode for each in refill(session, cast)] == [VIRTUAL]
