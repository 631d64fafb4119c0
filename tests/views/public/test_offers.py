"""The page behind an offer's link: no account, no more of the patient than the first name, one answer."""

from uuid import UUID

import pytest
import sqlalchemy as sa

from clinic.actions import blocks, offer_links, offers, visits
from clinic.models.audit import AuditEntry
from clinic.models.offers import OfferStatus
from clinic.models.people import VisitMode
from clinic.models.schedule import BookingRule
from clinic.models.strandings import StrandedVisit
from clinic.models.visits import CancelReason
from tests.actions.offering import offered, run_out
from tests.actions.stranding import leave

S = OfferStatus
TURNED = [
    (VisitMode.IN_PERSON, VisitMode.VIRTUAL, "by video instead of in person"),
    (VisitMode.VIRTUAL, VisitMode.IN_PERSON, "in person instead of by video"),
]


@pytest.fixture
def offer(session, cast):
    """The time at three, offered to Maya instead of her visit at ten."""
    visit = cast.booked(patient=cast.maya_patient, reason="A rash")
    return offered(session, cast, cast.tomorrow_at(15), visit)


@pytest.fixture
def token(offer):
    """What stands in Maya's link."""
    return offer_links.token_of(offer)


def now_is(session, offer):
    session.rollback()
    session.expire_all()
    return offer.status


class TestShow:
    def test_it_says_what_is_offered_and_that_nothing_is_changed_yet(self, nobody, offer, token, session):
        page = nobody.open("public.offers.show", token=token)
        assert page.status_code == 200
        for words in ("Maya, your visit needs another time", "Dr Kwame Osei", "15:00", "10:00"):
            assert words in page.text
        assert "Nothing is changed yet" in page.text and "+44 20 7946 0000" in page.text
        assert now_is(session, offer) == S.SENT

    def test_it_tells_no_more_of_the_patient_than_the_first_name(self, nobody, offer, token):
        text = nobody.open("public.offers.show", token=token).text
        for secret in ("Okafor", "rash", "12/04/1990", "1990-04-12", "Consultation", "7946 0123"):
            assert secret not in text

    def test_before_a_visit_is_booked_it_says_the_price_and_until_when_it_can_be_changed(self, nobody, session, cast):
        cast.consultation.fee, cast.dr_osei.consultation_fee = 60, 75
        session.commit()
        anew = offered(session, cast, cast.tomorrow_at(15, days=3))
        page = nobody.open("public.offers.show", token=offer_links.token_of(anew)).text
        assert "Price: £75.00" in page and "cancel it until 24 hours before" in page

    @pytest.mark.parametrize(
        ("move", "cancel", "booking", "words"),
        [
            (200, 200, BookingRule.INSTANT, "To move or cancel a visit at this time, please call us."),
            (200, 24, BookingRule.INSTANT, "cancel the visit yourself until 24 hours before. To move it, please"),
            (24, 200, BookingRule.INSTANT, "move the visit yourself until 24 hours before. To cancel it, please"),
            (24, 24, BookingRule.OFF, "cancel the visit yourself until 24 hours before. To move it, please"),
        ],
    )
    def test_it_promises_no_change_until_a_moment_that_is_over(
        self, nobody, session, cast, move, cancel, booking, words
    ):
        kind = cast.consultation
        kind.move_cutoff_hours, kind.cancel_cutoff_hours, kind.booking = move, cancel, booking
        session.commit()
        anew = offered(session, cast, cast.tomorrow_at(15, days=3))
        page = nobody.open("public.offers.show", token=offer_links.token_of(anew)).text
        assert words in page and "After that please call us" not in page

    def test_where_a_visit_only_moves_neither_is_said_again(self, nobody, session, cast, token):
        cast.consultation.fee = 60
        session.commit()
        page = nobody.open("public.offers.show", token=token).text
        assert "Price" not in page and "cancel it until" not in page

    @pytest.mark.parametrize(("kept", "other", "words"), TURNED)
    def test_it_says_when_the_visit_would_be_of_the_other_kind(self, nobody, session, cast, kept, other, words):
        visit = cast.booked(patient=cast.maya_patient, visit_mode=kept)
        offer = offered(session, cast, cast.tomorrow_at(15), visit, visit_mode=other)
        assert words in nobody.open("public.offers.show", token=offer_links.token_of(offer)).text

    def test_it_says_nothing_of_that_where_it_stays_of_its_kind(self, nobody, token):
        assert "instead of" not in nobody.open("public.offers.show", token=token).text

    def test_looking_is_on_record_as_the_links_and_nobodys(self, nobody, offer, token, session):
        nobody.open("public.offers.show", token=token)
        session.rollback()
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "offer_links.open")).one()
        assert (entry.actor_id, entry.actor_role, entry.patient_id) == (None, "offer_link", offer.patient_id)

    def test_what_is_no_link_of_ours_gets_one_page_whatever_it_is(self, nobody, cast, offer):
        foreign = offer_links.new_clinics_token(cast.harbour.id)
        for wrong in ("x", "a" * 43, foreign):
            page = nobody.open("public.offers.show", token=wrong)
            assert page.status_code == 404 and "This link opens nothing" in page.text
            assert "Rose Street" not in page.text

    def test_after_the_end_it_says_what_happens_now_and_whom_to_call(self, nobody, offer, token, session, cast):
        leave(session, cast)
        run_out(session, offer)
        page = nobody.open("public.offers.show", token=token)
        assert "The time to answer is over" in page.text and "We will call you" in page.text
        assert "These times are open now" in page.text and "+44 20 7946 0000" in page.text
        assert "Yes, I take this time" not in page.text

    def test_taken_back_it_says_whether_the_visit_has_a_time(self, nobody, offer, token, session, cast):
        offers.take_back(offer, by=cast.amara.actor)
        session.commit()
        page = nobody.open("public.offers.show", token=token).text
        assert "Your visit stays where it was" in page and "10:00" in page and "These times are open" not in page
        leave(session, cast)
        page = nobody.open("public.offers.show", token=token).text
        assert "has no new time yet. We will call you." in page and "We have changed nothing" not in page


class TestAccept:
    def test_yes_moves_the_visit_and_the_page_says_so(self, nobody, offer, token, session, cast):
        assert nobody.send("public.offers.accept", token=token).status_code == 303
        assert now_is(session, offer) == S.ACCEPTED
        assert offer.visit.starts_at == cast.tomorrow_at(15)
        page = nobody.open("public.offers.show", token=token)
        assert "Your visit is booked for this time" in page.text and "Yes, I take this time" not in page.text

    def test_moved_since_the_page_says_where_the_visit_stands_now(self, nobody, offer, token, session, cast):
        nobody.send("public.offers.accept", token=token)
        session.rollback()
        session.expire_all()
        visits.move_to(offer.visit, cast.wish(cast.tomorrow_at(16), patient=cast.maya_patient), by=cast.amara.actor)
        session.commit()
        page = nobody.open("public.offers.show", token=token).text
        assert "changed since" in page and "15:00" in page and "16:00" in page
        assert "booked for this time" not in page and "need not do anything" not in page

    def test_called_off_since_the_page_says_so(self, nobody, offer, token, session, cast):
        cast.maya_patient.language = "de"
        session.commit()
        nobody.send("public.offers.accept", token=token)
        session.rollback()
        session.expire_all()
        visits.cancel(offer.visit, CancelReason.CLINIC, by=cast.amara.actor)
        session.commit()
        page = nobody.open("public.offers.show", token=token).text
        assert "Sie hatten" in page and "musste diesen Termin absagen" in page
        assert "ist für diese Zeit gebucht" not in page

    def test_twice_is_said_and_changes_nothing(self, nobody, offer, token, session):
        nobody.send("public.offers.accept", token=token)
        again = nobody.send("public.offers.accept", token=token)
        assert again.status_code == 409 and "accepted already" in again.text

    def test_too_late_is_said_with_the_nearest_times_and_the_number(self, nobody, offer, token, session, cast):
        leave(session, cast)
        run_out(session, offer)
        page = nobody.send("public.offers.accept", token=token)
        assert page.status_code == 409 and "The time to answer this offer is over" in page.text
        assert "These times are open now" in page.text and "+44 20 7946 0000" in page.text

    def test_a_form_from_elsewhere_is_refused(self, nobody, offer, token, session):
        assert nobody.send("public.offers.accept", token=token, csrf=False).status_code == 400
        assert now_is(session, offer) == S.SENT

    def test_whoever_is_signed_in_answers_as_the_patient_by_the_link(self, amara, offer, token, session):
        amara.send("public.offers.accept", token=token)
        assert now_is(session, offer) == S.ACCEPTED and offer.answered_by_id is None


class TestDecline:
    def test_no_leaves_the_visit_and_says_that_the_clinic_calls(self, nobody, offer, token, session, cast):
        leave(session, cast)
        assert nobody.send("public.offers.decline", token=token).status_code == 303
        assert now_is(session, offer) == S.DECLINED and offer.visit.starts_at == cast.tomorrow_at(10)
        assert "We will call you" in nobody.open("public.offers.show", token=token).text
        assert nobody.send("public.offers.accept", token=token).status_code == 409


class TestAfterTheChangeWasTakenBack:
    """Dr Osei is there after all: the visit at ten takes place, and nobody is told that it does not."""

    @pytest.fixture(params=["declined", "unanswered", "run out"])
    def taken_back(self, request, nobody, session, cast, offer, token):
        """Maya said no, or nothing, or nothing in time; then the leave is taken back."""
        stranding = leave(session, cast)
        session.scalars(sa.select(StrandedVisit)).one().offer_id = offer.id
        session.commit()
        if request.param == "declined":
            nobody.send("public.offers.decline", token=token)
        if request.param == "run out":
            run_out(session, offer)
        session.enter(cast.scope)
        pieces = [UUID(each) for each in stranding.former["piece_ids"]]
        blocks.remove(session.merge(cast.dr_osei), pieces, stranding.starts_at, stranding.ends_at, by=cast.ines.actor)
        session.commit()
        session.expire_all()
        return offer

    def test_the_page_says_that_the_visit_stays_and_offers_no_other_times(self, nobody, token, taken_back):
        page = nobody.open("public.offers.show", token=token).text
        assert "Your visit stays where it was" in page and "10:00" in page
        for untrue in ("cannot take place", "We will call you", "If you are not sure", "These times are open now"):
            assert untrue not in page

    def test_a_visit_that_moved_or_was_called_off_since_is_not_said_to_stay(
        self, nobody, token, taken_back, session, cast
    ):
        later = cast.wish(cast.tomorrow_at(16, days=2), patient=cast.maya_patient)
        visits.move_to(taken_back.visit, later, by=cast.amara.actor)
        session.commit()
        page = nobody.open("public.offers.show", token=token).text
        assert "stays where it was" not in page and "cannot take place" not in page and "please call us" in page
        session.enter(cast.scope)
        visits.cancel(session.merge(taken_back.visit), CancelReason.CLINIC, by=cast.amara.actor)
        session.commit()
        assert "stays where it was" not in nobody.open("public.offers.show", token=token).text


def test_the_patients_own_page_shows_what_waits_for_an_answer(maya, offer, token, session, cast):
    page = maya.open("portal.home.index")
    assert f"/o/{token}" in page.text and "Another time for your visit" in page.text
    offers.decline(session.merge(offer), by=cast.amara.actor)
    session.commit()
    assert "/o/" not in maya.open("portal.home.index").text
