"""By night nothing is told but what cannot wait: a change of a visit that begins soon after the morning."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from clinic.actions import offers, request_offers, requests, stranding_offers, visits
from clinic.actions.requests import Asking
from clinic.db import now
from clinic.models.notifications import NotificationKind, NotificationState, Why
from clinic.models.offers import OfferPurpose
from clinic.models.organizations import Clinic
from clinic.models.telling import Telling as Rules
from clinic.queries import strandings
from clinic.queries.requests import HOLD_SETTING, live_offer
from tests.actions.stranding import leave, work

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


class TestAnAnswerToWhatIsProposedByNight:
    """It is awaited from the morning on, since nobody hears of it before."""

    @pytest.fixture
    def row(self, app, session, cast, tom):
        """Tom's visit of tomorrow, which has lost its time; his doctor can see him in three days."""
        cast.booked(cast.tomorrow_at(10))
        (row,) = work(app, session, leave(session, cast))
        stranding_offers.propose(row, cast.dr_osei.id, cast.tomorrow_at(14, days=3), by=cast.amara.actor)
        session.commit()
        session.expire_all()
        return row

    def test_about_a_visit_that_lost_its_time(self, telling, session, cast, row):
        morning = telling.at_night()
        row.stranding.answer_hours = 4
        stranding_offers.send(row, by=cast.amara.actor)
        assert row.offer.until == morning + timedelta(hours=4)

    def test_lasts_to_the_time_itself_where_that_comes_soon_after(self, telling, session, cast, tom, row):
        quiet = {"quiet_from": "07:30:00.000001", "quiet_until": "07:30"}
        zone = ZoneInfo(cast.rose.timezone)
        morning = Rules.of({"telling": quiet}).quiet_ends(now(), zone)
        soon = datetime.combine(morning.astimezone(zone), time(9), zone)
        stranding_offers.skip(row, by=cast.amara.actor)
        visit = cast.booked(cast.tomorrow_at(14, days=5))
        offering = stranding_offers.offering(visit, SimpleNamespace(provider_id=cast.dr_lind.id, starts_at=soon))
        row.offer = offers.prepare(session, replace(offering, visit_id=row.visit_id), by=cast.amara.actor)
        session.commit()
        telling.rules(**quiet)
        stranding_offers.send(row, by=cast.amara.actor)
        assert row.offer.until == soon

    def test_about_a_request(self, telling, session, cast, tom):
        morning = telling.at_night()
        rose = session.get(Clinic, cast.rose.id)
        rose.settings = {**rose.settings, HOLD_SETTING: 1}
        made = requests.ask(session, tom, Asking(reason="My knee is hot"), by=cast.amara.actor, severity="orange")
        request_offers.propose(made, cast.wish(cast.tomorrow_at(14, days=3)), by=cast.amara.actor)
        assert made.answer_by == live_offer(session, made).until == morning + timedelta(hours=1)

    @pytest.mark.parametrize(("asked", "line", "why"), [(False, Why.TOO_LATE, "not_asked"), (True, None, "lapsed")])
    def test_is_not_missed_where_nobody_was_asked_in_time(self, telling, session, cast, row, asked, line, why):
        if not asked:
            telling.at_night()
        stranding_offers.send(row, by=cast.amara.actor)
        session.commit()
        telling.work()
        row.offer.until = now() - timedelta(minutes=1)
        session.commit()
        telling.later()
        assert telling.line(kind=K.OFFER).why == line
        (shown,) = strandings.visits(session, row.stranding)
        assert (shown.stage, shown.why) == (strandings.Stage.CALL, why)
