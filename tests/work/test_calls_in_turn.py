"""The desk calls first about what is over first."""

import pytest

from clinic.actions import visits
from clinic.models.notifications import NotificationKind
from clinic.models.people import ContactMethod
from clinic.models.visits import CancelReason
from clinic.queries import calls
from tests.actions.lining_up import freed, refill, wait

K = NotificationKind


@pytest.fixture
def likes_calls(session, tom):
    """Tom likes to be called."""
    tom.preferred_contact_method = ContactMethod.PHONE
    session.commit()
    return tom


def test_an_offer_that_lasts_minutes_comes_before_the_visits_of_tomorrow(telling, session, cast, likes_calls):
    soon = cast.booked(cast.tomorrow_at(9), told=False)
    visits.cancel(soon, CancelReason.CLINIC, by=cast.amara.actor)
    wait(session, cast, likes_calls)
    (offer,) = refill(session, cast, freed(cast))
    telling.work()
    assert offer.starts_at > soon.starts_at
    assert [call.kind for call in calls.waiting(session, cast.rose.id)] == [K.OFFER.value, K.CANCELLED.value]
