"""Nobody is asked about two things at once: a visit that lost its time comes before what the waiting list offers."""

import pytest
import sqlalchemy as sa

from clinic.actions import offers, request_offers, requests, stranding_offers, waitlist_offers
from clinic.actions.acting import Actor, Refused
from clinic.models.offers import LIVE, OfferPurpose, OfferStatus, SlotOffer
from clinic.models.strandings import StrandedStatus, Stranding
from clinic.models.visits import VisitSource
from clinic.models.waitlist import WaitStatus
from clinic.queries import strandings as asked
from tests.actions.lining_up import awake_clinic, freed, refill, wait  # noqa: F401 (fixture)
from tests.actions.stranding import leave, work
from tests.at_once import rush

P, S, W = OfferPurpose, StrandedStatus, WaitStatus


def live(session):
    return session.scalars(sa.select(SlotOffer.purpose).where(SlotOffer.status.in_(LIVE))).all()


@pytest.fixture
def waiting(session, cast):
    """Tom has a visit with Dr Osei tomorrow, who will be away, and waits for a follow-up."""
    cast.booked(cast.tomorrow_at(10))
    return wait(session, cast, cast.tom, visit_type_id=cast.follow_up.id)


def proposed_for_a_request(session, cast):
    asking = requests.Asking(reason="My knee is hot", source=VisitSource.PHONE)
    request = requests.ask(session, cast.tom, asking, by=cast.amara.actor)
    requests.triage(request, "orange", by=cast.amara.actor)
    request_offers.propose(request, cast.wish(cast.tomorrow_at(15, days=4)), by=cast.amara.actor)
    session.commit()


class TestStranded:
    def test_what_the_waiting_list_offers_is_taken_back_and_the_place_in_the_line_stays(
        self, app, session, cast, waiting
    ):
        (offer,) = refill(session, cast)
        stranding = leave(session, cast)
        (row,) = work(app, session, stranding)
        assert (offer.status, waiting.status, row.status) == (OfferStatus.WITHDRAWN, W.WAITING, S.PROPOSED)
        assert live(session) == [P.STRANDED] and not refill(session, cast, freed(cast, 12))

    def test_what_is_proposed_for_a_request_stays_and_the_patient_is_called(self, app, session, cast, waiting):
        proposed_for_a_request(session, cast)
        stranding = leave(session, cast)
        (row,) = work(app, session, stranding)
        (line,) = asked.visits(session, stranding, asked.Stage.CALL)
        assert (live(session), row.status, line.why) == ([P.REQUEST], S.NOTHING, "offered")
        with pytest.raises(Refused, match="has an offer already"):
            stranding_offers.propose(row, cast.dr_osei.id, cast.tomorrow_at(15, days=3), by=cast.amara.actor)

    def test_the_desks_own_proposal_takes_it_back_too(self, app, session, cast, waiting):
        stranding = leave(session, cast)
        (row,) = work(app, session, stranding)
        stranding_offers.skip(row, by=cast.amara.actor)
        (offer,) = refill(session, cast)
        stranding_offers.propose(row, cast.dr_lind.id, cast.tomorrow_at(15, days=3), by=cast.amara.actor)
        session.commit()
        assert offer.status == OfferStatus.WITHDRAWN and live(session) == [P.STRANDED]

    def test_who_lost_several_visits_is_asked_about_each(self, app, session, cast):
        cast.booked(cast.tomorrow_at(10))
        cast.booked(cast.tomorrow_at(14))
        work(app, session, leave(session, cast))
        assert live(session) == [P.STRANDED] * 2


class TestAtOnce:
    def test_the_waiting_list_and_the_workbench_make_one_offer(self, app, session, cast, waiting):
        stranding_id, by = leave(session, cast).id, Actor.job(cast.rose.id, "waitlist.offer")

        def propose(own):
            stranding_offers.propose_next(own, own.get(Stranding, (cast.rose.id, stranding_id)), by=by)

        rush(app, cast, propose, lambda own: waitlist_offers.refill(own, freed(cast), by=by))
        session.rollback()
        assert len(live(session)) == 1

    def test_a_yes_to_the_list_at_that_moment_stands(self, app, session, cast, waiting):
        (offer,) = refill(session, cast)
        stranding_id, by = leave(session, cast).id, Actor.job(cast.rose.id, "strandings.propose")

        def propose(own):
            stranding_offers.propose_next(own, own.get(Stranding, (cast.rose.id, stranding_id)), by=by)

        def accept(own):
            offers.accept(own.get(SlotOffer, (offer.clinic_id, offer.id)), by=cast.amara.actor)

        said = rush(app, cast, propose, accept)
        session.rollback()
        session.expire_all()
        assert (offer.status, said) in (
            (OfferStatus.ACCEPTED, ["done", "done"]), (OfferStatus.WITHDRAWN, ["done", "refused"]),
        )  # fmt: skip
