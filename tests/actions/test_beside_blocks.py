"""A visit that needs time after it, right before lunch: nobody took that time, and nobody is told that somebody did."""

import pytest

from clinic.actions import blocks, moving
from clinic.actions.booking import TimeTaken, book
from clinic.models.people import VisitMode
from clinic.queries import picking

WHY = "is away right before or after that time"


@pytest.fixture
def before_lunch(session, cast):
    """Twenty to twelve tomorrow, where Dr Osei has lunch at noon and a consultation needs a quarter of an hour more."""
    cast.consultation.buffer_after = 15
    session.commit()
    blocks.add(cast.dr_osei, cast.tomorrow_at(12), cast.tomorrow_at(13), zone="Europe/London", by=cast.ines.actor)
    session.commit()
    return cast.tomorrow_at(11, 40)


def test_who_books_is_told_why_and_the_desk_may_all_the_same(session, cast, before_lunch):
    for person in (cast.amara, cast.maya):
        with pytest.raises(TimeTaken, match=WHY):
            book(session, cast.wish(before_lunch, patient=cast.maya_patient), by=person.actor)
    assert book(session, cast.wish(before_lunch, overbook="Lunch can wait"), by=cast.amara.actor)


def test_who_moves_a_visit_there_is_told_that_alone(session, cast, before_lunch):
    visit = cast.booked(cast.tomorrow_at(9))
    found = moving.against(visit, cast.wish(before_lunch), [cast.dr_osei.id], by=cast.amara.actor)
    (said,) = (str(each) for each in found.reasons)
    assert WHY in said and found.can_be_forced


def test_the_desk_reads_it_while_it_chooses(session, cast, before_lunch):
    kind = next(each for each in picking.menu(session, cast.rose.id) if each.id == cast.consultation.id)
    choice = picking.judge(
        session, cast.at, kind, kind.doctor(cast.dr_osei.id), VisitMode.IN_PERSON, before_lunch,
        person_id=cast.amara.user.id,
    )  # fmt: skip
    assert (choice.state, choice.also) == (picking.State.AROUND, ()) and choice.can_be_forced


def test_a_time_that_somebody_has_is_taken_as_before(session, cast, before_lunch):
    cast.booked(cast.tomorrow_at(11, 20), patient=cast.maya_patient)
    with pytest.raises(TimeTaken, match="is no longer free"):
        book(session, cast.wish(before_lunch), by=cast.amara.actor)
