"""Stranded patients who were asked and do not answer: called before the visit they are to be kept from."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from clinic.actions import blocks, offers, strandings
from clinic.db import now
from clinic.models.offers import OfferStatus, SlotOffer
from clinic.models.strandings import StrandedVisit, Stranding
from clinic.queries import strandings as asked
from clinic.queries.strandings import Stage
from tests.actions.stranding import leave, send_all


@pytest.fixture
def sent(app, session, cast):
    """Tom's visit of tomorrow at ten cannot take place, and he was asked just now; returns the stranding."""
    cast.booked(cast.tomorrow_at(10))
    stranding = leave(session, cast)
    send_all(app, session, cast, stranding)
    return stranding


def asked_ago(session, part, of=timedelta(hours=10)):
    """Put the sending back so far that this part of the time between it and the visit is over."""
    begins, moment = now() + of * (1 - part), now() - of * part
    session.execute(sa.update(SlotOffer).values(sent_at=moment, visit_starts_at=begins, until=begins))
    session.execute(sa.text("UPDATE visits SET starts_at = :at, ends_at = :at + interval '20 minutes'"), {"at": begins})
    session.execute(sa.update(StrandedVisit).values(starts_at=begins))
    session.commit()
    session.expire_all()


def in_the_menu(session, cast):
    """The number beside "Stranded patients"."""
    return session.connection().execute(asked.COUNT, {"clinic_id": cast.rose.id, "many": 100}).scalar()


class TestHowLongAnAnswerIsAwaited:
    def test_never_beyond_the_moment_at_which_the_old_visit_would_have_begun(self, session, sent):
        (row,) = session.scalars(sa.select(StrandedVisit)).all()
        assert row.stranding.answer_hours == 48
        assert row.offer.until == row.starts_at < row.offer.starts_at

    def test_as_long_as_the_desk_said_where_the_old_visit_is_further_off(self, app, session, cast):
        cast.booked(cast.tomorrow_at(10, days=6))
        hours = cast.tomorrow_at(9, days=6), cast.tomorrow_at(17, days=6)
        blocks.add(cast.dr_osei, *hours, zone="Europe/London", by=cast.ines.actor)
        session.commit()
        stranding = session.get(Stranding, (cast.rose.id, strandings.opened(session)))
        (row,) = send_all(app, session, cast, stranding)
        assert timedelta(hours=47) < row.offer.until - row.offer.sent_at < timedelta(hours=64)

    def test_where_the_old_visit_has_begun_already_the_answer_is_awaited_all_the_same(self, app, session, cast):
        visit = cast.booked(cast.tomorrow_at(10))
        stranding = leave(session, cast)
        begun = now() - timedelta(minutes=5)
        session.execute(
            sa.text("UPDATE visits SET starts_at = :at, ends_at = :at + interval '20 minutes' WHERE id = :id"),
            {"at": begun, "id": visit.id},
        )
        session.execute(sa.update(StrandedVisit).values(starts_at=begun))
        session.commit()
        (row,) = send_all(app, session, cast, stranding)
        assert row.offer.status == OfferStatus.SENT and row.offer.until > now() + timedelta(hours=1)


class TestWhoDoesNotAnswer:
    def test_is_waited_for_until_half_of_the_time_to_the_old_visit_is_over(self, session, cast, sent):
        asked_ago(session, 0.45)
        assert asked.counts(session, sent).of(Stage.ASKED) == 1
        assert in_the_menu(session, cast) == 0

    def test_is_to_be_called_from_then_on_and_counts_in_the_menu_again(self, session, cast, sent):
        asked_ago(session, 0.55)
        (line,) = asked.visits(session, sent, Stage.CALL)
        assert asked.Why(line.why) == asked.Why.UNANSWERED
        assert in_the_menu(session, cast) == 1
        (change,) = asked.open_ones(session, cast.rose.id, now() - asked.REMEMBERED)
        assert (change.many, change.asked) == (1, 0)

    def test_can_answer_all_the_same_and_is_called_no_more(self, session, cast, sent):
        asked_ago(session, 0.55)
        (row,) = session.scalars(sa.select(StrandedVisit)).all()
        assert row.offer.is_live
        offers.decline(row.offer, by=cast.amara.actor)
        session.commit()
        (line,) = asked.visits(session, sent, Stage.CALL)
        assert line.why == "declined"

    def test_is_called_for_what_became_of_the_message_where_it_did_not_arrive(self, session, sent):
        session.execute(sa.text("UPDATE notifications SET state = 'failed' WHERE offer_id IS NOT NULL"))
        asked_ago(session, 0.55)
        (line,) = asked.visits(session, sent, Stage.CALL)
        assert line.why == "not_reached"
