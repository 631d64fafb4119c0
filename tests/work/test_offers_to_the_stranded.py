"""Somebody who waits for an earlier time, and whose visit has lost the one it had: nothing says that it stays."""

import pytest
import sqlalchemy as sa

from clinic.actions import offer_links
from clinic.models.strandings import StrandedStatus, StrandedVisit
from tests.actions.lining_up import freed, refill, wait
from tests.actions.stranding import leave


@pytest.fixture
def offer(telling, session, cast, tom):
    """Ten o'clock, offered to Tom whose visit of three o'clock is left to a call."""
    later = cast.booked(cast.tomorrow_at(15))
    wait(session, cast, tom, visit_id=later.id)
    leave(session, cast, 14, 17)
    session.execute(sa.update(StrandedVisit).values(status=StrandedStatus.SKIPPED))
    session.commit()
    (offer,) = refill(session, cast, freed(cast, 10, days=1))
    return offer


def test_the_message_does_not(telling, offer):
    telling.work()
    assert "an earlier time became free" in telling.mails[-1].text and "stays as it is" not in telling.mails[-1].text


def test_the_page_does_not_and_says_that_the_old_time_is_lost(nobody, offer):
    token = offer_links.token_of(offer)
    asks = nobody.open("public.offers.show", token=token).text
    assert "cannot take place as planned" in asks and "Your visit is booked for" not in asks
    nobody.send("public.offers.decline", token=token)
    over = nobody.open("public.offers.show", token=token).text
    assert "We will call you" in over and "cannot take place as planned" in over and "stays where it was" not in over
