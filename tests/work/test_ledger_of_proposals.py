"""What was said on the way to a visit is in its ledger: the proposal that it came of too."""

from clinic.actions import offers, request_offers, requests
from clinic.actions.requests import Asking
from clinic.models.notifications import NotificationKind
from clinic.models.offers import SlotOffer
from clinic.models.visits import Visit
from clinic.queries.notifications import heard, of_visit

K = NotificationKind


def test_a_visit_that_came_of_a_proposal_has_it_in_its_ledger(telling, session, cast, tom):
    made = requests.ask(session, tom, Asking(reason="My knee is hot"), by=cast.amara.actor, severity="yellow")
    request_offers.propose(made, cast.wish(cast.tomorrow_at(10, days=2)), by=cast.amara.actor)
    session.commit()
    telling.work()
    offers.accept(session.query(SlotOffer).one(), by=cast.amara.actor)
    session.commit()
    telling.work()
    visit = session.query(Visit).one()
    assert [line.kind for line in of_visit(session, visit)] == [K.BOOKED, K.OFFER]
    assert [line.kind for line in heard(session, visit)] == [K.BOOKED, K.OFFER]
