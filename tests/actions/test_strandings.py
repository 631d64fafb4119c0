"""Leave, shorter hours, closures and a doctor's leaving: whom they strand, what is proposed, sent and answered."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from clinic.actions import (
    blocks,
    closures,
    hours,
    offers,
    providers,
    request_offers,
    requests,
    stranding_offers,
    strandings,
)
from clinic.actions import visits as visit_verbs
from clinic.actions.acting import Refused
from clinic.actions.patients import add_tag, register
from clinic.db import now
from clinic.models.notifications import Notification, NotificationKind
from clinic.models.offers import OfferStatus, SlotOffer
from clinic.models.patients import TagKind
from clinic.models.providers import ProviderVisitType
from clinic.models.schedule import Availability, Slot
from clinic.models.strandings import StrandedStatus, StrandedVisit, Stranding, StrandingCause
from clinic.models.visits import CancelReason, VisitSource
from clinic.queries import strandings as asked
from clinic.work.handlers import run
from tests.actions.stranding import affected, leave, send_all, work

S, C = StrandedStatus, StrandingCause


@pytest.fixture
def ill(session, cast):
    """Dr Osei is ill tomorrow: Tom at ten and Maya at eleven are stranded; returns the stranding."""
    cast.booked(cast.tomorrow_at(10))
    cast.booked(cast.tomorrow_at(11), patient=cast.maya_patient)
    return leave(session, cast)


class TestWhoIsStranded:
    def test_leave_strands_the_visits_in_it_and_no_others(self, session, cast):
        early, inside = cast.booked(cast.tomorrow_at(9)), cast.booked(cast.tomorrow_at(13), patient=cast.maya_patient)
        cast.booked(cast.tomorrow_at(13), provider=cast.dr_lind)
        found = leave(session, cast, 12, 14)
        assert affected(session, found) == [inside.id] and early.id not in affected(session, found)
        assert (found.cause, found.provider_id, found.made_by_id) == (C.BLOCK, cast.dr_osei.id, cast.ines.user.id)

    def test_lunch_on_many_days_strands_what_lies_in_any_of_them_at_once(self, session, cast):
        inside = [cast.booked(cast.tomorrow_at(12, 20, days=days)) for days in (1, 3)]
        cast.booked(cast.tomorrow_at(11, days=2))
        spans = [(cast.tomorrow_at(12, days=days), cast.tomorrow_at(13, days=days)) for days in range(1, 6)]
        blocks.repeat(cast.dr_osei, spans, reason="Lunch", by=cast.ines.actor)
        (found,) = session.scalars(sa.select(Stranding)).all()
        assert affected(session, found) == [visit.id for visit in inside]
        assert len(found.former["piece_ids"]) == 5

    def test_what_strands_nobody_opens_nothing(self, session, cast):
        assert leave(session, cast) is None
        assert not session.scalars(sa.select(Stranding)).all()

    def test_a_closure_strands_everybody_in_it_and_one_of_a_place_those_who_work_there(self, session, cast):
        one, other = cast.booked(), cast.booked(provider=cast.dr_lind, patient=cast.maya_patient)
        span = {"starts_at": cast.tomorrow_at(9), "ends_at": cast.tomorrow_at(12), "title": "Water damage"}
        closures.add(session, by=cast.ines.actor, provider_id=None, location_id=None, **span)
        (found,) = session.scalars(sa.select(Stranding)).all()
        assert set(affected(session, found)) == {one.id, other.id} and found.cause == C.CLOSURE

    def test_shorter_hours_strand_what_they_no_longer_cover(self, session, cast):
        kept, lost = cast.booked(cast.tomorrow_at(10)), cast.booked(cast.tomorrow_at(16), patient=cast.maya_patient)
        weekday = (cast.tomorrow_at(12).weekday() + 1) % 7
        row = session.scalars(sa.select(Availability).where(
            Availability.provider_id == cast.dr_osei.id, Availability.weekday == weekday)).one()  # fmt: skip
        hours.update(row, cast.dr_osei, by=cast.ines.actor, end_time=row.end_time.replace(hour=13))
        (found,) = session.scalars(sa.select(Stranding)).all()
        assert affected(session, found) == [lost.id] and kept.id != lost.id
        session.rollback()
        hours.pause(session.merge(row), cast.dr_osei, by=cast.ines.actor)
        (found,) = session.scalars(sa.select(Stranding)).all()
        assert affected(session, found) == [kept.id, lost.id]

    def test_hours_of_one_date_strand_that_date_only(self, session, cast):
        cast.booked(cast.tomorrow_at(16, days=8))
        lost = cast.booked(cast.tomorrow_at(16))
        zone_day = cast.tomorrow_at(12).date()
        hours.add(session, cast.dr_osei, by=cast.ines.actor, on_date=zone_day, start_time=cast.tomorrow_at(9).time(),
                  end_time=cast.tomorrow_at(12).time())  # fmt: skip
        (found,) = session.scalars(sa.select(Stranding)).all()
        assert affected(session, found) == [lost.id]

    def test_a_doctor_who_leaves_strands_every_visit_to_come(self, session, cast):
        visits = [cast.booked(cast.tomorrow_at(10, days=days)) for days in (1, 30)]
        providers.deactivate(cast.dr_osei, by=cast.ines.actor)
        (found,) = session.scalars(sa.select(Stranding)).all()
        assert affected(session, found) == [visit.id for visit in visits] and found.cause == C.INACTIVE

    def test_an_overbooked_visit_is_where_it_was_meant_to_be(self, session, cast):
        cast.booked(cast.tomorrow_at(18), overbook="Works late")
        weekday = (cast.tomorrow_at(12).weekday() + 1) % 7
        row = session.scalars(sa.select(Availability).where(
            Availability.provider_id == cast.dr_osei.id, Availability.weekday == weekday)).one()  # fmt: skip
        hours.remove(row, cast.dr_osei, by=cast.ines.actor)
        assert not session.scalars(sa.select(Stranding)).all()

    def test_who_is_on_the_way_to_another_time_is_not_stranded_twice(self, session, cast, ill):
        closures.add(session, by=cast.ines.actor, starts_at=cast.tomorrow_at(8), ends_at=cast.tomorrow_at(18),
                     title="Closed", provider_id=None, location_id=None)  # fmt: skip
        assert session.scalars(sa.select(Stranding)).all() == [ill]


class TestPropose:
    def test_each_gets_the_nearest_open_time_of_the_same_doctor_held(self, app, session, cast, ill):
        rows = work(app, session, ill)
        assert [row.status for row in rows] == [S.PROPOSED, S.PROPOSED]
        assert ill.prepared_at is not None
        for row in rows:
            assert row.offer.provider_id == cast.dr_osei.id and row.offer.status == OfferStatus.PREPARED
            assert row.offer.starts_at.date() != cast.tomorrow_at(10).date() and row.offer.slot_id is not None
        assert rows[0].offer.starts_at != rows[1].offer.starts_at

    def test_where_the_doctor_has_none_another_one_with_the_same_type_is_proposed(self, app, session, cast, ill):
        providers.deactivate(cast.dr_osei, by=cast.ines.actor)
        session.commit()
        for row in work(app, session, ill):
            assert row.offer.provider_id == cast.dr_lind.id

    def test_where_nobody_has_one_the_patient_is_to_be_called(self, app, session, cast, ill):
        session.execute(sa.delete(Availability))
        session.commit()
        assert [row.status for row in work(app, session, ill)] == [S.NOTHING, S.NOTHING]
        assert asked.counts(session, ill).of(asked.Stage.CALL) == 2

    def test_nobody_is_proposed_a_time_at_which_they_are_elsewhere(self, app, session, cast, ill):
        session.execute(sa.delete(ProviderVisitType).where(ProviderVisitType.provider_id == cast.dr_osei.id))
        session.commit()
        cast.booked(cast.tomorrow_at(10), provider=cast.dr_lind)
        rows = work(app, session, ill)
        assert rows[0].offer.provider_id == cast.dr_lind.id
        begins, ends = cast.tomorrow_at(10), cast.tomorrow_at(10, 20)
        assert rows[0].offer.ends_at <= begins or rows[0].offer.starts_at >= ends

    def test_a_visit_cancelled_meanwhile_needs_none(self, app, session, cast, ill):
        first = session.scalars(sa.select(StrandedVisit).order_by(StrandedVisit.starts_at)).first()
        visit_verbs.cancel(first.visit, CancelReason.PATIENT, by=cast.amara.actor)
        session.commit()
        assert [row.status for row in work(app, session, ill)] == [S.SETTLED, S.PROPOSED]

    def test_hundreds_are_done_a_few_at_a_time(self, app, session, cast, monkeypatch):
        from clinic.work import strandings as jobs_of

        for minute in range(0, 60, 20):
            cast.booked(cast.tomorrow_at(10, minute))
        found = leave(session, cast)
        monkeypatch.setattr(jobs_of, "AT_ONCE", 2)
        assert [row.status for row in work(app, session, found)] == [S.PROPOSED, S.PROPOSED, S.WAITING]
        assert found.prepared_at is None
        assert [row.status for row in work(app, session, found)] == [S.PROPOSED] * 3

    def test_the_desk_proposes_another_time_and_the_former_one_is_free(self, app, session, cast, ill):
        row = work(app, session, ill)[0]
        former = row.offer.starts_at
        wished = cast.tomorrow_at(15, days=3)
        stranding_offers.propose(row, cast.dr_osei.id, wished, by=cast.amara.actor)
        session.commit()
        session.expire_all()
        assert row.offer.starts_at == wished and row.offer.status == OfferStatus.PREPARED
        assert not session.scalars(sa.select(Slot).where(Slot.starts_at == former)).all()
        with pytest.raises(Refused):
            stranding_offers.propose(row, cast.dr_osei.id, cast.tomorrow_at(12), by=cast.amara.actor)
        session.rollback()
        assert row.offer.starts_at == wished

    def test_skipped_the_time_is_free_and_the_patient_is_called(self, app, session, cast, ill):
        row = work(app, session, ill)[0]
        stranding_offers.skip(row, by=cast.amara.actor)
        session.commit()
        assert row.offer.status == OfferStatus.WITHDRAWN
        (line,) = asked.visits(session, ill, asked.Stage.CALL)
        assert (line.id, line.why) == (row.id, "skipped")

    def test_who_is_of_high_risk_or_asked_urgently_comes_first_by_itself(self, app, session, cast):
        cast.booked(cast.tomorrow_at(9))
        flagged, urgent = (register(session, by=cast.amara.actor, full_name=name) for name in ("Ada Byron", "Bo Chen"))
        add_tag(flagged, TagKind.FLAG, "High risk", by=cast.amara.actor)
        add_tag(flagged, TagKind.TAG, "Speaks Danish", by=cast.amara.actor)
        last = cast.booked(cast.tomorrow_at(16), patient=flagged)
        asking = requests.Asking(reason="My knee is hot", source=VisitSource.PHONE)
        request = requests.ask(session, urgent, asking, by=cast.amara.actor)
        requests.triage(request, "orange", by=cast.amara.actor)
        wish = cast.wish(cast.tomorrow_at(15), patient=urgent)
        request_offers.book(request, wish, by=cast.amara.actor)
        session.commit()
        found = leave(session, cast)
        assert [row.visit_id for row in asked.visits(session, found)[:2]] == [request.visit_id, last.id]
        assert [row.is_urgent for row in asked.visits(session, found)] == [True, True, False]

    def test_urgent_ones_come_first(self, app, session, cast, ill):
        last = work(app, session, ill)[-1]
        stranding_offers.mark(last, urgent=True, by=cast.amara.actor)
        assert asked.visits(session, ill)[0].id == last.id


class TestSend:
    def test_every_proposal_is_sent_once_and_answers_come_in(self, app, session, cast, ill):
        rows = send_all(app, session, cast, ill)
        assert [row.offer.status for row in rows] == [OfferStatus.SENT] * 2 and ill.sent_at
        work(app, session, ill, "strandings.send")
        told = sa.select(sa.func.count()).select_from(Notification).where(Notification.kind == NotificationKind.OFFER)
        assert session.scalar(told) == 2
        offers.accept(rows[0].offer, by=cast.amara.actor)
        offers.decline(rows[1].offer, by=cast.amara.actor)
        session.commit()
        stages = {row.id: (row.stage, row.why) for row in asked.visits(session, ill)}
        assert stages[rows[0].id][0] == "done" and stages[rows[1].id] == ("call", "declined")

    def test_what_was_cancelled_before_it_was_sent_is_not_sent(self, app, session, cast, ill):
        work(app, session, ill)
        row = session.scalars(sa.select(StrandedVisit).order_by(StrandedVisit.starts_at)).first()
        visit_verbs.cancel(row.visit, CancelReason.PATIENT, by=cast.amara.actor)
        session.commit()
        rows = send_all(app, session, cast, ill)
        assert [row.status for row in rows] == [S.SETTLED, S.PROPOSED]
        assert rows[0].offer.status == OfferStatus.WITHDRAWN

    def test_looking_again_gives_a_new_time_to_those_whose_proposal_ran_out_unsent(self, app, session, cast, ill):
        rows = work(app, session, ill)
        session.execute(sa.update(SlotOffer).values(until=now() - timedelta(minutes=1)))
        session.execute(sa.text("UPDATE slots SET held_until = now() - interval '1 minute' WHERE status = 'held'"))
        session.commit()
        run(app, "offers.lapse", {"clinic_id": str(cast.rose.id), "offer_id": str(rows[0].offer_id)})
        session.expire_all()
        assert asked.counts(session, ill).of(asked.Stage.CALL) == 2
        stranding_offers.look_again(ill, by=cast.amara.actor)
        session.commit()
        assert work(app, session, ill)[0].offer.is_live


def test_the_proposal_after_the_clocks_change_stands_at_the_same_hour(app, session, cast):
    """The day before the change is stranded in every zone that changes; the next day's hours are wall time."""
    found = None
    for days in range(2, 370):
        before, after = cast.tomorrow_at(12, days=days - 1), cast.tomorrow_at(12, days=days)
        if after - before != timedelta(hours=24):
            found = days
            break
    cast.consultation.horizon_days = 730
    session.commit()
    visit = cast.booked(cast.tomorrow_at(16, 40, days=found - 1))
    blocks.add(cast.dr_osei, cast.tomorrow_at(0, days=found - 2), cast.tomorrow_at(0, days=found), zone="Europe/London",
               by=cast.ines.actor)  # fmt: skip
    session.commit()
    (row,) = work(app, session, session.get(Stranding, (cast.rose.id, strandings.opened(session))))
    assert row.offer.starts_at == cast.tomorrow_at(9, days=found) and row.visit_id == visit.id
