"""By night nothing is told but what cannot wait: a change of a visit that begins soon after the morning."""

from datetime import timedelta

import pytest

from clinic.actions import offers, visits
from clinic.db import now
from clinic.models.notifications import NotificationKind, NotificationState
from clinic.models.offers import OfferPurpose

K, S = NotificationKind, NotificationState


@pytest.fixture
def of_the_early_morning(telling, session, cast, tom):
    """A visit of Tom's half an hour after the quiet hours; it is night."""
    visit = cast.booked(now() + timedelta(hours=2, minutes=30), overbook="a friend", told=False)
    telling.at_night()
    return visit


class TestAVisitOfTheEarlyMorning:
    def test_that_is_moved_to_another_day_is_told_at_once(self, telling, session, cast, of_the_early_morning):
        later = cast.wish(cast.tomorrow_at(14, days=3), overbook="the doctor is ill")
        visits.move_to(of_the_early_morning, later, by=cast.amara.actor)
        session.commit()
        telling.work()
        assert telling.line(kind=K.MOVED).state == S.SENT and "please do not come then" in telling.mails[0].text

    def test_that_lost_its_time_is_asked_about_another_day_at_once(self, telling, session, cast, of_the_early_morning):
        offering = offers.Offering(
            OfferPurpose.STRANDED, cast.rose.id, cast.tom.id, cast.dr_osei.id, cast.consultation.id,
            cast.tomorrow_at(14, days=3), now() + timedelta(hours=20), visit_id=of_the_early_morning.id,
        )  # fmt: skip
        offers.send(offers.prepare(session, offering, by=cast.amara.actor), by=cast.amara.actor)
        session.commit()
        telling.work()
        assert telling.line(kind=K.OFFER).state == S.SENT and "needs another time" in telling.mails[0].subject

    def test_that_is_over_wakes_nobody(self, telling, session, cast, of_the_early_morning):
        visit = of_the_early_morning
        later = cast.wish(cast.tomorrow_at(14, days=3), overbook="nobody came")
        visits.move_to(visit, later, by=cast.amara.actor)
        telling.line(kind=K.MOVED).old_starts_at = now() - timedelta(minutes=5)
        session.commit()
        telling.work()
        assert telling.line(kind=K.MOVED).state == S.WAITING
