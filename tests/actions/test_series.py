"""Series: looked at before they are booked, booked whole or not at all, moved and called off together."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from clinic.actions import blocks, same_people, series, visits
from clinic.actions.acting import Refused
from clinic.actions.booking import book
from clinic.actions.patients import register
from clinic.models.audit import AuditEntry
from clinic.models.people import IdentityCheck
from clinic.models.schedule import Slot
from clinic.models.series import Series, SeriesUnit
from clinic.models.visits import CancelReason, EventKind, Visit, VisitEvent, VisitStatus
from clinic.queries import series as asked

LONDON = ZoneInfo("Europe/London")


def plan(cast, first_on=None, at=time(10), times=4, **more):
    """Tom with Dr Osei every week from tomorrow at ten, unless it says otherwise."""
    facts = {
        "patient_id": cast.tom.id, "provider_id": cast.dr_osei.id, "visit_type_id": cast.consultation.id,
        "unit": SeriesUnit.WEEK, "every": 1, **more,
    }  # fmt: skip
    first_on = first_on or cast.tomorrow_at(10).astimezone(LONDON).date()
    return series.Plan(
        clinic_id=cast.rose.id, zone="Europe/London", first_on=first_on, at_time=at, times=times, **facts
    )


def booked(session, cast, **more):
    """A series as the desk books it where every date is open."""
    rule = plan(cast, **more)
    found = series.preview(session, rule, by=cast.amara.actor)
    made = series.create(session, rule, [series.Pick(each.starts_at) for each in found], by=cast.amara.actor)
    session.commit()
    return made, asked.visits_of(session, made.id)


def count(session, table):
    return session.scalar(sa.select(sa.func.count()).select_from(table))


def shift_of(cast, days=0, at=time(10), provider=None):
    return series.Shift(days, at, (provider or cast.dr_osei).id)


class TestPreview:
    def test_it_says_of_each_date_whether_it_is_open_and_leaves_nothing_behind(self, session, cast):
        cast.booked(cast.tomorrow_at(10, days=8), patient=cast.maya_patient)
        before = count(session, Slot), count(session, VisitEvent), count(session, AuditEntry)
        found = series.preview(session, plan(cast), by=cast.amara.actor)
        session.commit()
        assert [str(each.refusal) if each.refusal else None for each in found] == [
            None, "That time is no longer free.", None, None,
        ]  # fmt: skip
        assert (count(session, Slot), count(session, VisitEvent), count(session, AuditEntry)) == before

    def test_what_is_taken_gets_the_nearest_open_time_and_may_be_overbooked(self, session, cast):
        taken = cast.booked(cast.tomorrow_at(10, days=8), patient=cast.maya_patient)
        lost = series.preview(session, plan(cast), by=cast.amara.actor)[1]
        assert abs(lost.proposal - taken.starts_at) == timedelta(minutes=20) and lost.can_be_forced

    def test_a_date_on_which_the_doctor_is_away_cannot_be_overbooked(self, session, cast):
        away = cast.tomorrow_at(0, days=8), cast.tomorrow_at(0, days=9)
        blocks.add(cast.dr_osei, *away, zone="Europe/London", by=cast.ines.actor)
        lost = series.preview(session, plan(cast), by=cast.amara.actor)[1]
        assert "is away" in str(lost.refusal) and not lost.can_be_forced
        assert lost.proposal.astimezone(LONDON).date() != lost.day

    def test_the_time_on_the_clock_stays_the_same_when_the_clocks_change(self, session, cast):
        year = cast.tomorrow_at(10).year + 1
        first_on = next(day for day in (date(year, 10, n) for n in range(31, 0, -1)) if day.isoweekday() == 7)
        found = series.preview(session, plan(cast, first_on - timedelta(days=7), times=3), by=cast.amara.actor)
        assert {each.starts_at.astimezone(LONDON).time() for each in found} == {time(10)}
        assert len({each.starts_at.time() for each in found}) == 2

    def test_a_time_that_a_clock_never_shows_is_said_and_another_proposed(self, session, cast):
        year = cast.tomorrow_at(10).year + 1
        forward = next(day for day in (date(year, 3, n) for n in range(31, 0, -1)) if day.isoweekday() == 7)
        rule = plan(cast, forward - timedelta(days=7), at=time(1, 30), times=2)
        found = series.preview(session, rule, by=cast.amara.actor)
        assert found[1].starts_at is None and "no such time" in str(found[1].refusal)
        assert found[1].proposal and not found[1].can_be_forced

    def test_of_a_time_that_comes_twice_the_first_is_meant_and_it_is_said(self, session, cast):
        year = cast.tomorrow_at(10).year + 1
        back = next(day for day in (date(year, 10, n) for n in range(31, 0, -1)) if day.isoweekday() == 7)
        found = series.preview(
            session, plan(cast, back - timedelta(days=7), at=time(1, 30), times=3), by=cast.amara.actor
        )
        assert [each.comes_twice for each in found] == [False, True, False]
        assert found[1].starts_at.astimezone(LONDON).fold == 0

    def test_a_type_the_doctor_does_not_offer_is_refused_at_once(self, session, cast):
        rule = plan(cast, provider_id=cast.dr_lind.id, visit_type_id=cast.follow_up.id)
        with pytest.raises(Refused, match="does not offer"):
            series.preview(session, rule, by=cast.amara.actor)

    def test_the_patients_limit_counts_the_series_itself(self, session, cast):
        cast.consultation.limit_per_patient = 2
        session.flush()
        found = series.preview(session, plan(cast), by=cast.amara.actor)
        assert [bool(each.refusal) for each in found] == [False, False, True, True]
        assert found[2].can_be_forced and found[2].proposal is None


class TestCreate:
    def test_every_date_becomes_a_visit_of_its_own_with_its_history_and_its_entry(self, session, cast):
        made, members = booked(session, cast)
        assert len(members) == 4 and {each.status for each in members} == {VisitStatus.BOOKED}
        assert asked.place_of(session, members[2]) == asked.Place(3, 4, members[1].id, members[3].id)
        acts = session.execute(sa.select(AuditEntry.action, sa.func.count()).group_by(AuditEntry.action)).all()
        assert ("booking.book", 4) in acts and ("series.create", 1) in acts
        assert made.times == 4 and made.created_by_id == cast.amara.user.id

    def test_one_date_lost_meanwhile_books_none_of_them(self, session, cast):
        rule = plan(cast)
        found = series.preview(session, rule, by=cast.amara.actor)
        cast.booked(found[2].starts_at, patient=cast.maya_patient)
        picks = [series.Pick(each.starts_at) for each in found]
        with pytest.raises(Refused, match="is no longer free"):
            series.create(session, rule, picks, by=cast.amara.actor)
        session.rollback()
        assert count(session, Visit) == 1 and count(session, Series) == 0

    def test_a_date_left_out_a_proposal_and_one_all_the_same_are_booked_as_picked(self, session, cast):
        taken = cast.booked(cast.tomorrow_at(10, days=8), patient=cast.maya_patient)
        rule = plan(cast)
        found = series.preview(session, rule, by=cast.amara.actor)
        picks = [
            series.Pick(found[0].starts_at),
            series.Pick(found[1].starts_at, True),
            series.Pick(found[3].starts_at),
        ]
        made = series.create(session, rule, picks, overbook="Cannot come otherwise", by=cast.amara.actor)
        session.commit()
        members = asked.visits_of(session, made.id)
        assert [each.starts_at for each in members] == [pick.starts_at for pick in picks]
        squeezed = session.get(Slot, (cast.rose.id, members[1].slot_id))
        assert squeezed.overbooked and squeezed.overbooked_reason == "Cannot come otherwise"
        assert members[1].starts_at == taken.starts_at


class TestChange:
    def test_this_and_the_later_ones_move_and_the_earlier_ones_stay(self, session, cast):
        made, members = booked(session, cast)
        later = asked.changeable(members, members[1])
        shift = shift_of(cast, days=1, at=time(14))
        found = series.preview_change(session, made, later, shift, by=cast.amara.actor)
        assert not any(each.refusal for each in found)
        session.rollback()
        before = [each.starts_at for each in members]
        picks = {each.visit_id: series.Pick(each.starts_at) for each in found}
        series.change(made, asked.changeable(members, members[1]), picks, shift, by=cast.amara.actor)
        session.commit()
        after = [each.starts_at for each in asked.visits_of(session, made.id)]
        assert after[0] == before[0]
        assert all(new.astimezone(LONDON).time() == time(14) for new in after[1:])
        assert [(new - old).days for new, old in zip(after[1:], before[1:], strict=True)] == [1, 1, 1]
        moved = sa.select(sa.func.count()).select_from(VisitEvent).where(VisitEvent.kind == EventKind.MOVED)
        assert session.scalar(moved) == 3

    def test_all_may_move_onto_each_others_times(self, session, cast):
        made, members = booked(session, cast)
        shift = shift_of(cast, days=7)
        picks = {each.id: series.Pick(each.starts_at + timedelta(days=7)) for each in members[:3]}
        picks[members[3].id] = series.Pick(datetime.combine(
            members[3].starts_at.astimezone(LONDON).date() + timedelta(days=7), time(10), LONDON))  # fmt: skip
        series.change(made, members, picks, shift, whole=True, by=cast.amara.actor)
        session.commit()
        assert made.first_on == members[0].starts_at.astimezone(LONDON).date()
        assert len({each.starts_at for each in members}) == 4

    def test_a_date_that_is_taken_moves_none_of_them(self, session, cast):
        made, members = booked(session, cast)
        shift = shift_of(cast, at=time(14))
        cast.booked(cast.tomorrow_at(14, days=15), patient=cast.maya_patient)
        before = [each.starts_at for each in members]
        found = series.preview_change(session, made, members, shift, by=cast.amara.actor)
        assert [bool(each.refusal) for each in found] == [False, False, True, False]
        assert found[2].proposal and found[2].can_be_forced
        picks = {each.visit_id: series.Pick(each.starts_at) for each in found}
        with pytest.raises(Refused, match="is no longer free"):
            series.change(made, members, picks, shift, by=cast.amara.actor)
        session.rollback()
        assert [each.starts_at for each in asked.visits_of(session, made.id)] == before

    def test_another_doctor_sees_them_all(self, session, cast):
        made, members = booked(session, cast)
        shift = shift_of(cast, provider=cast.dr_lind)
        picks = {each.id: series.Pick(each.starts_at) for each in members}
        series.change(made, members, picks, shift, whole=True, by=cast.amara.actor)
        session.commit()
        assert {each.provider_id for each in members} == {cast.dr_lind.id} == {made.provider_id}

    def test_a_preview_of_a_change_leaves_every_visit_where_it_is(self, session, cast):
        made, members = booked(session, cast)
        before = {each.id: each.starts_at for each in members}
        series.preview_change(session, made, members, shift_of(cast, at=time(15)), by=cast.amara.actor)
        session.commit()
        session.expire_all()
        assert {each.id: each.starts_at for each in asked.visits_of(session, made.id)} == before

    def test_nothing_left_to_move_is_said(self, session, cast):
        made, members = booked(session, cast)
        with pytest.raises(Refused, match="nothing to change"):
            series.change(made, members, {}, shift_of(cast), by=cast.amara.actor)


class TestCancel:
    def test_this_and_the_later_ones_are_called_off_and_taken_back_together(self, session, cast):
        made, members = booked(session, cast)
        series.cancel(made, asked.changeable(members, members[2]), CancelReason.PATIENT, by=cast.amara.actor)
        session.commit()
        assert [each.status for each in members] == [VisitStatus.BOOKED] * 2 + [VisitStatus.CANCELLED] * 2
        assert count(session, Slot) == 2
        series.restore(made, by=cast.amara.actor)
        session.commit()
        assert {each.status for each in members} == {VisitStatus.BOOKED}

    def test_what_was_cancelled_alone_before_stays_cancelled(self, session, cast):
        made, members = booked(session, cast)
        visits.cancel(members[0], CancelReason.PATIENT, by=cast.amara.actor)
        series.cancel(made, asked.changeable(members), CancelReason.CLINIC, by=cast.amara.actor)
        series.restore(made, by=cast.amara.actor)
        session.commit()
        assert [each.status for each in members] == [VisitStatus.CANCELLED] + [VisitStatus.BOOKED] * 3

    def test_what_somebody_else_cancelled_after_them_stays_cancelled_too(self, session, cast):
        made, members = booked(session, cast)
        series.cancel(made, members[2:], CancelReason.CLINIC, by=cast.amara.actor)
        session.commit()
        visits.cancel(members[0], CancelReason.PATIENT, by=cast.amara.actor)
        session.commit()
        series.restore(made, members[2].cancelled_at, by=cast.amara.actor)
        session.commit()
        assert [each.status for each in members] == [VisitStatus.CANCELLED] + [VisitStatus.BOOKED] * 3

    def test_a_time_taken_meanwhile_brings_none_of_them_back(self, session, cast):
        made, members = booked(session, cast)
        series.cancel(made, members, CancelReason.PATIENT, by=cast.amara.actor)
        session.commit()
        cast.booked(members[1].starts_at, patient=cast.maya_patient)
        with pytest.raises(Refused):
            series.restore(made, by=cast.amara.actor)
        session.rollback()
        assert {each.status for each in asked.visits_of(session, made.id)} == {VisitStatus.CANCELLED}

    def test_a_visit_keeps_its_series_when_it_is_moved_and_when_it_is_cancelled(self, session, cast):
        made, members = booked(session, cast)
        wish = cast.wish(cast.tomorrow_at(15, days=2))
        visits.move_to(members[0], wish, by=cast.amara.actor)
        visits.cancel(members[1], CancelReason.PATIENT, by=cast.amara.actor)
        session.commit()
        assert {each.series_id for each in members} == {made.id}


def test_a_series_goes_along_when_two_records_become_one(session, cast):
    sign_up = register(session, by=cast.amara.actor, full_name="Tom Baker", signed_up_at=sa.func.now())
    made, members = booked(session, cast, patient_id=sign_up.id)
    same_people.join(sign_up, cast.tom, by=cast.amara.actor, checked=IdentityCheck.DOCUMENT)
    session.commit()
    session.refresh(made)
    assert {made.patient_id, *(each.patient_id for each in members)} == {cast.tom.id}


def test_a_booking_of_one_visit_is_of_no_series(session, cast):
    visit_id = book(session, cast.wish(cast.tomorrow_at(10)), by=cast.amara.actor)
    assert asked.place_of(session, session.get(Visit, (cast.rose.id, visit_id))) is None
