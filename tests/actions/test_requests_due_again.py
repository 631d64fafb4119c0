"""What a desk counts as waiting for its look: what is new, what is late, and whose proposed time came to nothing."""

from datetime import timedelta

import pytest

from clinic.actions import offers, request_offers, requests
from clinic.actions.acting import Actor
from clinic.actions.requests import Asking
from clinic.db import now
from clinic.models.requests import RequestEventKind as E
from clinic.queries.requests import came_back, live_offer, waiting


@pytest.fixture
def asked(session, cast):
    """What Tom asks for on the phone."""
    made = requests.ask(session, cast.tom, Asking(reason="My knee is hot"), by=cast.amara.actor)
    session.commit()
    return made


@pytest.fixture
def proposed(session, cast, asked):
    """The same, looked at, and three o'clock tomorrow is proposed to Tom."""
    requests.triage(asked, "yellow", by=cast.amara.actor)
    session.commit()
    propose(session, cast, asked)
    return asked


def propose(session, cast, request):
    request_offers.propose(request, cast.wish(cast.tomorrow_at(15)), by=cast.amara.actor)
    session.commit()


def many(session, cast):
    session.flush()
    return waiting(session, cast.rose.id).unseen


class TestWaiting:
    def test_a_new_one_waits_until_somebody_has_looked_at_it(self, session, cast, asked):
        assert many(session, cast) == 1
        requests.triage(asked, "yellow", by=cast.amara.actor)
        assert many(session, cast) == 0

    @pytest.mark.parametrize("severity", [None, "yellow"])
    def test_what_is_late_counts_once(self, session, cast, asked, severity):
        if severity:
            requests.triage(asked, severity, by=cast.amara.actor)
        asked.answer_by = now() - timedelta(minutes=5)
        assert many(session, cast) == 1

    def test_while_a_time_is_proposed_it_is_the_patients_turn(self, session, cast, proposed):
        proposed.answer_by = now() - timedelta(minutes=5)
        assert many(session, cast) == 0 and not came_back(session, cast.rose.id)

    def test_a_time_that_did_not_suit_is_the_desks_again_until_it_proposes_another(self, session, cast, proposed):
        offers.decline(live_offer(session, proposed), by=cast.maya.actor)
        assert many(session, cast) == 1 and came_back(session, cast.rose.id) == {proposed.id: E.DECLINED}
        requests.take(proposed, instead_of=cast.amara.user.id, by=cast.ines.actor)
        assert many(session, cast) == 1
        requests.leave(proposed, by=cast.ines.actor)
        propose(session, cast, proposed)
        assert many(session, cast) == 0

    def test_or_until_it_has_looked_at_it_anew(self, session, cast, proposed):
        offers.decline(live_offer(session, proposed), by=cast.maya.actor)
        requests.triage(proposed, "green", by=cast.amara.actor)
        assert many(session, cast) == 0

    def test_so_is_one_that_nobody_answered(self, session, cast, proposed):
        offer = live_offer(session, proposed)
        offer.until = now() - timedelta(minutes=5)
        session.flush()
        offers.lapse(offer, by=Actor.job(cast.rose.id, "offers.lapse"))
        assert many(session, cast) == 1 and came_back(session, cast.rose.id) == {proposed.id: E.LAPSED}

    def test_and_one_whose_time_was_closed(self, session, cast, proposed):
        offers.take_back(live_offer(session, proposed), by=Actor.job(cast.rose.id, "offers.look"))
        assert many(session, cast) == 1 and came_back(session, cast.rose.id) == {proposed.id: E.WITHDRAWN}

    def test_not_one_that_the_desk_took_back_itself(self, session, cast, proposed):
        request_offers.take_back(proposed, by=cast.amara.actor)
        assert many(session, cast) == 0 and not came_back(session, cast.rose.id)

    def test_another_clinics_are_not_counted(self, session, cast, asked):
        assert waiting(session, cast.harbour.id).unseen == 0
