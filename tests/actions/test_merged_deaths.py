"""Two records of one person are made one, and one of them says that they have died: nobody offers anything any more."""

from datetime import date

import pytest
import sqlalchemy as sa

from clinic.actions import deaths, patient_merges
from clinic.actions.patients import register
from clinic.models.offers import OfferStatus, SlotOffer
from clinic.models.patients import DAY_UNKNOWN
from clinic.models.schedule import Slot, SlotStatus
from clinic.models.visits import Visit
from clinic.work.handlers import run
from tests.actions.merging import merged
from tests.actions.offering import offered


@pytest.fixture
def twice(session, cast):
    """Maya, registered once more by mistake."""
    again = register(session, by=cast.amara.actor, full_name="Maya Okafor-Bell")
    session.commit()
    return again


def undone(session, cast, merge):
    patient_merges.undo(merge, by=cast.ines.actor)
    session.commit()
    session.expire_all()


def died(session, cast, patient, on=None):
    deaths.record(patient, on, by=cast.amara.actor)
    session.commit()


def held(session):
    return session.scalars(sa.select(Slot).where(Slot.status == SlotStatus.HELD)).all()


def test_a_day_that_nobody_knows_stays_unknown_and_goes_again_when_they_are_two(session, cast, twice):
    maya = cast.maya_patient
    maya.demographics = {"religion": "none"}
    died(session, cast, twice)
    line = merged(session, cast, maya, twice)
    assert maya.is_deceased and maya.died_at is None and maya.demographics == {"religion": "none", **DAY_UNKNOWN}
    undone(session, cast, line)
    assert not maya.is_deceased and maya.demographics == {"religion": "none"}
    assert twice.is_deceased and twice.died_at is None


def test_a_day_that_is_known_comes_along_and_one_written_down_since_stays(session, cast, twice):
    maya = cast.maya_patient
    died(session, cast, twice, date(2026, 5, 4))
    line = merged(session, cast, maya, twice)
    assert maya.died_at == twice.died_at and not DAY_UNKNOWN.keys() & maya.demographics.keys()
    died(session, cast, maya, date(2026, 5, 3))
    undone(session, cast, line)
    assert maya.is_deceased and maya.died_at < twice.died_at


@pytest.mark.parametrize("who_died", ["who stays", "who goes"])
def test_what_is_offered_to_either_is_taken_back_without_a_word_and_does_not_come_back(session, cast, twice, who_died):
    maya = cast.maya_patient
    alive, dead = (twice, maya) if who_died == "who stays" else (maya, twice)
    offer = offered(session, cast, cast.tomorrow_at(10), cast.booked(cast.tomorrow_at(12), patient=alive))
    died(session, cast, dead)
    line = merged(session, cast, maya, twice)
    assert offer.status == OfferStatus.WITHDRAWN and not held(session)
    undone(session, cast, line)
    assert offer.status == OfferStatus.WITHDRAWN and offer.patient_id == alive.id


def test_what_was_offered_at_the_moment_of_the_merge_is_taken_back_a_little_later(app, session, cast, twice):
    maya = cast.maya_patient
    died(session, cast, maya)
    line = merged(session, cast, maya, twice)
    offer = offered(session, cast, cast.tomorrow_at(10), cast.booked(cast.tomorrow_at(12)))
    for table in (Visit, SlotOffer):
        session.execute(sa.update(table).values(patient_id=twice.id))
    session.commit()
    run(app, patient_merges.SWEEP, {"clinic_id": str(cast.rose.id), "merge_id": str(line.id)})
    session.expire_all()
    assert (offer.patient_id, offer.status) == (maya.id, OfferStatus.WITHDRAWN) and not held(session)
