"""A referral's life: written, sent, accepted, closed with what came of it; taken back, and frozen once it was read."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from clinic.actions import referrals
from clinic.actions.acting import Refused
from clinic.db import now
from clinic.models.audit import AuditEntry
from clinic.models.referrals import Priority, Referral, ReferralStatus, SentTo
from clinic.queries.open_ends import find
from clinic.queries.own_patients import Own
from clinic.scope import Scope
from tests.at_once import rush
from tests.papers import LETTER, referral

S = ReferralStatus


@pytest.fixture
def written(session, cast):
    """Tom's referral, which nobody has got yet."""
    return referral(session, cast)


@pytest.fixture
def sent(session, cast):
    """Tom's referral, sent to the specialist."""
    return referral(session, cast, sent_to="specialist")


def ends(session, cast, own=None, mine=None):
    return find(session, cast.rose.id, own, mine=mine, kind="referral", number=1)


class TestWrite:
    def test_it_names_the_doctor_and_waits_to_be_sent(self, cast, written):
        assert (written.status, written.provider_id, written.sent_at) == (S.PENDING, cast.dr_osei.id, None)
        assert (written.addressee, written.author) == ("Dr Heart", "Dr Kwame Osei")

    def test_the_audit_log_keeps_none_of_its_words(self, session, written):
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "referrals.write")).one()
        assert "murmur" not in str(entry.changes) and entry.patient_id == written.patient_id

    @pytest.mark.parametrize("closed", ["deceased_at", "erased_at"])
    def test_nothing_is_written_for_somebody_whose_record_is_closed(self, session, cast, closed):
        setattr(cast.tom, closed, now())
        session.flush()
        with pytest.raises(Refused, match="Nothing new"):
            referral(session, cast)

    def test_it_can_be_changed_until_it_is_sent_and_not_afterwards(self, session, cast, written):
        referrals.rewrite(written, replace(LETTER, priority=Priority.STAT), by=cast.osei.actor)
        assert written.priority == Priority.STAT
        referrals.send(written, SentTo.PATIENT, by=cast.osei.actor)
        with pytest.raises(Refused, match="stays as it was read"):
            referrals.rewrite(written, LETTER, by=cast.osei.actor)

    def test_of_two_doctors_who_change_what_they_both_opened_the_second_looks_first(self, app, session, cast, written):
        opened = written.updated_at

        def rewrite(session):
            theirs = session.get(Referral, (cast.rose.id, written.id))
            referrals.rewrite(theirs, replace(LETTER, reason="Another reason"), by=cast.osei.actor, seen=opened)

        assert rush(app, cast, rewrite, rewrite) == ["done", "refused"]
        session.expire_all()
        referrals.rewrite(written, LETTER, by=cast.osei.actor, seen=written.updated_at)

    def test_the_database_itself_keeps_what_was_sent_and_lets_words_be_taken_away_only(self, session, sent):
        change = sa.update(Referral).where(Referral.id == sent.id)
        with pytest.raises(sa.exc.IntegrityError, match="referrals_stay_as_read"):
            session.execute(change.values(reason="Something else"))
        session.rollback()
        session.execute(change.values(reason="", notes=None))


class TestSteps:
    def test_from_the_letter_to_its_outcome(self, session, cast, written):
        by = cast.osei.actor
        referrals.send(written, SentTo.SPECIALIST, by=cast.amara.actor)
        referrals.accept(written, by=by)
        referrals.complete(written, "Nothing found", by=by)
        assert (written.status, written.sent_to, written.outcome) == (S.COMPLETED, SentTo.SPECIALIST, "Nothing found")
        assert written.sent_at and written.accepted_at and written.completed_at

    @pytest.mark.parametrize("step", ["accept", "complete"])
    def test_what_nobody_got_is_neither_accepted_nor_completed(self, cast, written, step):
        more = ("Nothing found",) if step == "complete" else ()
        with pytest.raises(Refused, match="Not sent yet"):
            getattr(referrals, step)(written, *more, by=cast.osei.actor)

    def test_a_closed_one_takes_no_further_step(self, cast, sent):
        referrals.cancel(sent, "Moved away", by=cast.osei.actor)
        for step in (referrals.accept, referrals.cancel):
            with pytest.raises(Refused, match="Called off"):
                step(sent, by=cast.osei.actor)

    def test_of_two_who_send_it_at_once_one_is_told_so(self, app, cast, written):
        def send(session):
            referrals.send(session.get(Referral, (cast.rose.id, written.id)), SentTo.PATIENT, by=cast.amara.actor)

        assert rush(app, cast, send, send, send) == ["done", "refused", "refused"]

    def test_of_closing_and_calling_off_at_once_one_counts(self, app, session, cast, sent):
        def complete(session):
            referrals.complete(session.get(Referral, (cast.rose.id, sent.id)), "Seen", by=cast.osei.actor)

        def cancel(session):
            referrals.cancel(session.get(Referral, (cast.rose.id, sent.id)), by=cast.osei.actor)

        assert rush(app, cast, complete, cancel) == ["done", "refused"]
        session.expire_all()
        assert (sent.completed_at is None) != (sent.cancelled_at is None)


class TestUndo:
    def test_each_step_goes_back_to_where_it_came_from(self, session, cast, sent):
        by = cast.osei.actor
        referrals.accept(sent, by=by)
        referrals.complete(sent, "Seen", by=by)
        found = [(referrals.undo(sent, by=by).status, sent.sent_to) for _step in range(3)]
        assert found == [(S.ACCEPTED, SentTo.SPECIALIST), (S.SENT, SentTo.SPECIALIST), (S.PENDING, None)]

    def test_calling_off_is_taken_back_to_how_far_it_had_come(self, cast, written, session):
        referrals.cancel(written, "A mistake", by=cast.osei.actor)
        referrals.undo(written, by=cast.osei.actor)
        assert (written.status, written.cancel_note) == (S.PENDING, None)

    def test_after_a_quarter_of_an_hour_it_stays(self, session, cast, sent):
        sent.sent_at = now() - timedelta(minutes=16)
        session.flush()
        with pytest.raises(Refused, match="15 minutes"):
            referrals.undo(sent, by=cast.osei.actor)

    def test_what_is_only_written_has_nothing_to_take_back(self, cast, written):
        with pytest.raises(Refused, match="nothing to take back"):
            referrals.undo(written, by=cast.osei.actor)


class TestOpenEnds:
    def test_it_stays_on_the_list_until_somebody_closes_it_the_oldest_first(self, session, cast, sent):
        older = referral(session, cast, cast.maya_patient)
        session.execute(
            sa.update(Referral).where(Referral.id == older.id).values(created_at=now() - timedelta(days=40))
        )
        assert [(row.id, row.state) for row in ends(session, cast)] == [(older.id, "pending"), (sent.id, "sent")]
        referrals.complete(sent, "Seen", by=cast.osei.actor)
        referrals.cancel(older, by=cast.osei.actor)
        assert not ends(session, cast)

    def test_a_doctor_sees_those_of_own_patients_and_may_keep_to_their_own(self, session, cast, sent):
        assert not ends(session, cast, own=Own(cast.dr_osei.id))
        cast.booked()
        assert len(ends(session, cast, own=Own(cast.dr_osei.id), mine=cast.dr_osei.id)) == 1
        assert not ends(session, cast, mine=cast.dr_lind.id)


class TestRelease:
    def test_the_database_shows_a_patient_what_was_sent_and_of_nobody_else(self, session, cast):
        mine = referral(session, cast, cast.maya_patient, sent_to="patient")
        referral(session, cast, cast.maya_patient), referral(session, cast, sent_to="patient")
        session.enter(Scope.portal(cast.rose.id, cast.maya.user.id, {cast.maya_patient.id}))
        assert session.execute(sa.text("SELECT id FROM referrals")).scalars().all() == [mine.id]
