"""What becomes free is offered to the next in line, held for them, and to the one after on a no."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from clinic.actions import offers, visits, waitlist, waitlist_offers
from clinic.actions.acting import Actor, Refused
from clinic.actions.booking import book
from clinic.db import now
from clinic.models.notifications import Notification, NotificationKind
from clinic.models.offers import OfferStatus, SlotOffer
from clinic.models.patients import PatientAccess
from clinic.models.telling import SETTING
from clinic.models.visits import CancelReason, Visit
from clinic.models.waitlist import WaitStatus
from clinic.queries.waitlist import Freed, own_visits, saved
from clinic.work.handlers import run
from tests.actions.lining_up import ada_byron, awake_clinic, do_jobs, freed, refill, run_expire, toms_visit, wait  # noqa: F401 (fixtures)
from tests.at_once import rush
from tests.races.invariants import broken

W = WaitStatus


THOUGHT_OVER = sa.text(
    "SELECT scheduled_at FROM procrastinate_jobs WHERE task_name = 'waitlist.offer' AND status = 'todo'"
)


class TestOffer:
    def test_the_freed_time_is_held_twenty_minutes_for_the_first_in_line_who_is_told(self, app, session, cast, visit):
        entry = wait(session, cast)
        visits.cancel(visit, CancelReason.CLINIC, by=cast.amara.actor)
        do_jobs(app, session)
        offer = session.scalars(sa.select(SlotOffer)).one()
        assert (entry.status, offer.starts_at, offer.status) == (W.OFFERED, visit.starts_at, OfferStatus.SENT)
        assert timedelta(minutes=18) < offer.until - now() <= timedelta(minutes=20)
        told = sa.select(Notification.patient_id).where(Notification.kind == NotificationKind.OFFER)
        assert session.scalars(told).all() == [cast.maya_patient.id]

    def test_urgent_ones_come_first_then_who_has_waited_longest(self, session, cast, ada):
        first, second = wait(session, cast), wait(session, cast, ada)
        assert [each.patient_id for each in refill(session, cast)] == [first.patient_id]
        offers.withdraw(session.scalars(sa.select(SlotOffer)).one(), by=cast.amara.actor)
        waitlist.set_priority(second, 2, by=cast.amara.actor)
        session.commit()
        assert [each.patient_id for each in refill(session, cast, freed(cast, 11))] == [ada.id]

    @pytest.mark.parametrize(
        "facts",
        [{"provider_ids": "lind"}, {"weekdays": "another"}, {"from_time": "11:00"}, {"until_time": "10:00"},
         {"days": 0}],
    )  # fmt: skip
    def test_only_what_suits_is_offered(self, session, cast, facts):
        wanted = {"provider_ids": (cast.dr_lind.id,), "weekdays": ((freed(cast).starts_at.isoweekday() + 1) % 7,),
                  "from_time": time(11), "until_time": time(10), "days": 0}  # fmt: skip
        entry = wait(session, cast, **{name: wanted[name] for name in facts})
        assert not refill(session, cast) and entry.status == W.WAITING

    def test_whoever_says_no_keeps_the_place_and_the_next_is_asked(self, app, session, cast, ada):
        first, second = wait(session, cast), wait(session, cast, ada)
        (offer,) = refill(session, cast)
        offers.decline(offer, by=cast.maya.actor)
        do_jobs(app, session)
        assert (first.status, second.status) == (W.WAITING, W.OFFERED)
        # The same time is not offered to the same person again.
        offers.decline(session.scalars(sa.select(SlotOffer).order_by(SlotOffer.id.desc())).first(), by=cast.amara.actor)
        do_jobs(app, session)
        assert (first.status, second.status) == (W.WAITING, W.WAITING)

    def test_nobody_answers_and_the_next_is_asked(self, app, session, cast, ada):
        first, second = wait(session, cast), wait(session, cast, ada)
        (offer,) = refill(session, cast)
        offer.until = now() - timedelta(seconds=1)
        session.execute(sa.text("UPDATE slots SET held_until = now() - interval '1 second'"))
        session.commit()
        run(app, "offers.lapse", {"clinic_id": str(cast.rose.id), "offer_id": str(offer.id)})
        do_jobs(app, session)
        assert (first.status, second.status) == (W.WAITING, W.OFFERED)

    def test_yes_books_it_and_counts_what_was_saved(self, session, cast):
        entry = wait(session, cast)
        (offer,) = refill(session, cast)
        offers.accept(offer, by=cast.maya.actor)
        session.commit()
        assert entry.status == W.FULFILLED and session.get(Visit, (cast.rose.id, offer.visit_id)).is_live
        count = saved(session, cast.rose.id, cast.rose.timezone)
        assert (count.week_times, count.week_minutes, count.month_minutes) == (1, 20, 20)

    def test_an_earlier_time_moves_the_later_visit_which_cascades_to_the_next(self, app, session, cast, ada):
        later = cast.booked(cast.tomorrow_at(15, days=5), patient=cast.maya_patient)
        wait(session, cast, visit_id=later.id)
        next_one = wait(session, cast, ada)
        (offer,) = refill(session, cast)
        assert offer.is_move and offer.visit_id == later.id
        offers.accept(offer, by=cast.maya.actor)
        do_jobs(app, session)
        assert later.starts_at == freed(cast).starts_at and next_one.status == W.OFFERED
        cascaded = session.scalars(sa.select(SlotOffer).where(SlotOffer.patient_id == ada.id)).one()
        assert cascaded.starts_at == cast.tomorrow_at(15, days=5)

    def test_a_later_time_is_none_that_is_earlier(self, session, cast):
        sooner = cast.booked(cast.tomorrow_at(9, days=1), patient=cast.maya_patient)
        wait(session, cast, visit_id=sooner.id)
        assert not refill(session, cast)

    def test_an_afternoon_given_back_is_offered_to_several(self, session, cast, ada):
        wait(session, cast), wait(session, cast, ada), wait(session, cast, cast.tom)
        made = refill(session, cast, freed(cast, 13, 40))
        assert len({each.starts_at for each in made}) == len(made) == 2

    def test_nothing_is_kept_for_whom_nobody_can_reach_and_the_next_has_it_at_once(self, session, cast, ada):
        first, second = wait(session, cast), wait(session, cast, ada)
        cast.maya_patient.phone = None
        account = session.scalars(sa.select(PatientAccess).where(PatientAccess.user_id == cast.maya.user.id)).one()
        account.until = now()
        session.commit()
        (offer,) = refill(session, cast)
        assert offer.patient_id == ada.id and (first.status, second.status) == (W.WAITING, W.OFFERED)
        offers.decline(offer, by=cast.amara.actor)
        account.until = None
        session.commit()
        assert [each.patient_id for each in refill(session, cast)] == [cast.maya_patient.id]

    def test_a_time_freed_while_they_think_about_another_is_theirs_to_have_if_they_say_no(
        self, app, session, cast, visit
    ):
        wait(session, cast)
        [first] = refill(session, cast, freed(cast, hour=14))
        visits.cancel(visit, CancelReason.PATIENT, by=cast.amara.actor)
        do_jobs(app, session)
        assert session.scalar(THOUGHT_OVER) - first.until < timedelta(seconds=30)
        offers.decline(first, by=cast.amara.actor)
        do_jobs(app, session)
        offered = sa.select(SlotOffer.starts_at).where(SlotOffer.status == OfferStatus.SENT)
        assert session.scalars(offered).all() == [visit.starts_at]

    def test_nobody_is_offered_what_begins_before_they_could_be_there(self, session, cast, awake):
        entry = wait(session, cast)
        cast.consultation.minimum_notice_minutes = 5 * 24 * 60
        session.commit()
        assert not refill(session, cast) and entry.status == W.WAITING

    def test_nobody_is_woken_the_time_is_offered_in_the_morning_if_it_is_still_open(self, session, cast, awake):
        entry = wait(session, cast)
        # Two hours before the hour of the test and two after it are night.
        here, hours = now().astimezone(ZoneInfo(awake.timezone)), timedelta(hours=2)
        night = {"quiet_from": f"{here - hours:%H:%M}", "quiet_until": f"{here + hours:%H:%M}"}
        awake.settings = {**awake.settings, SETTING: night}
        session.commit()
        assert not refill(session, cast) and entry.status == W.WAITING
        at = session.scalars(sa.text("SELECT scheduled_at FROM procrastinate_jobs WHERE task_name = 'waitlist.offer'"))
        assert at.one() > now()

    def test_whose_zone_nobody_knows_sleeps_as_the_clinic_does(self, session, cast):
        wait(session, cast)
        cast.maya_patient.timezone = "Atlantis/Capital"
        session.commit()
        assert refill(session, cast)

    def test_who_has_died_meanwhile_is_never_offered_anything(self, session, cast):
        entry = wait(session, cast)
        cast.maya_patient.deceased_at = now()
        session.commit()
        assert not refill(session, cast)
        run_expire(session, cast, entry)
        assert entry.status == W.EXPIRED

    def test_hours_are_wall_time_on_both_sides_of_a_clock_change(self, session, cast):
        entry = wait(session, cast, from_time=time(10), until_time=time(11), earliest_on=date(2027, 3, 1),
                     latest_on=date(2027, 4, 30))  # fmt: skip
        assert entry.suits(datetime(2027, 3, 27, 10, 30, tzinfo=UTC), "Europe/London")
        assert entry.suits(datetime(2027, 3, 29, 9, 30, tzinfo=UTC), "Europe/London")
        assert not entry.suits(datetime(2027, 3, 29, 10, 30, tzinfo=UTC), "Europe/London")


class TestAVisitNobodyNamed:
    """Who waits has got a time of the same type meanwhile, or was put on the list without a word of it."""

    def test_a_later_one_is_moved_and_what_it_frees_goes_to_the_next(self, app, session, cast, ada):
        wait(session, cast), wait(session, cast, ada)
        later = cast.booked(cast.tomorrow_at(15, days=5), patient=cast.maya_patient)
        (offer,) = refill(session, cast)
        assert offer.is_move and offer.visit_id == later.id
        offers.accept(offer, by=cast.maya.actor)
        do_jobs(app, session)
        assert [each.starts_at for each in session.scalars(sa.select(Visit))] == [freed(cast).starts_at]
        cascaded = session.scalars(sa.select(SlotOffer).where(SlotOffer.patient_id == ada.id)).one()
        assert cascaded.starts_at == cast.tomorrow_at(15, days=5)

    @pytest.mark.parametrize("days", [1, 2])
    def test_who_has_one_as_early_is_passed_over(self, session, cast, ada, days):
        entry, next_one = wait(session, cast), wait(session, cast, ada)
        cast.booked(freed(cast, days=days).starts_at, patient=cast.maya_patient, provider=cast.dr_lind)
        assert [each.patient_id for each in refill(session, cast)] == [ada.id]
        assert (entry.status, next_one.status) == (W.WAITING, W.OFFERED)
        assert not own_visits(session, [next_one]) and own_visits(session, [entry])[entry.id].may_move

    def test_one_with_a_doctor_they_do_not_want_or_that_was_called_off_is_not_what_they_wait_for(self, session, cast):
        wait(session, cast, provider_ids=(cast.dr_osei.id,))
        cast.booked(cast.tomorrow_at(15, days=5), patient=cast.maya_patient, provider=cast.dr_lind)
        gone = cast.booked(cast.tomorrow_at(15, days=6), patient=cast.maya_patient)
        visits.cancel(gone, CancelReason.PATIENT, by=cast.amara.actor)
        (offer,) = refill(session, cast)
        assert not offer.is_move

    def test_one_booked_between_the_offer_and_the_yes_is_moved(self, session, cast):
        wait(session, cast)
        (offer,) = refill(session, cast)
        later = cast.booked(cast.tomorrow_at(15, days=5), patient=cast.maya_patient)
        offers.accept(offer, by=cast.maya.actor)
        session.commit()
        assert (offer.is_move, offer.visit_id) == (True, later.id)
        assert session.scalars(sa.select(Visit.starts_at)).all() == [freed(cast).starts_at]

    def test_an_earlier_one_booked_between_the_offer_and_the_yes_stays_the_only_one(self, session, cast):
        wait(session, cast)
        (offer,) = refill(session, cast)
        sooner = cast.booked(cast.tomorrow_at(15), patient=cast.maya_patient)
        with pytest.raises(Refused, match="nothing more was booked"):
            offers.accept(offer, by=cast.maya.actor)
        session.rollback()
        assert session.scalars(sa.select(Visit.id)).all() == [sooner.id] and offer.is_live

    @pytest.mark.parametrize("what", ["called off", "moved"])
    def test_one_that_changed_between_the_offer_and_the_yes_is_left_as_it_is(self, app, session, cast, what):
        entry = wait(session, cast)
        later = cast.booked(cast.tomorrow_at(15, days=5), patient=cast.maya_patient)
        (offer,) = refill(session, cast)
        if what == "moved":
            visits.move_to(later, cast.wish(cast.tomorrow_at(9)), by=cast.amara.actor)
        else:
            visits.cancel(later, CancelReason.PATIENT, by=cast.amara.actor)
        session.commit()
        with pytest.raises(Refused, match="changed meanwhile"):
            offers.accept(offer, by=cast.maya.actor)
        session.rollback()
        run(app, "offers.let_go", {"clinic_id": str(cast.rose.id), "visit_id": str(later.id)})
        session.expire_all()
        assert (entry.status, offer.status) == (W.WAITING, OfferStatus.WITHDRAWN)
        assert len(session.scalars(sa.select(Visit.id)).all()) == 1


class TestAtOnce:
    def test_yes_at_the_moment_the_later_visit_is_called_off_makes_no_second_one(self, app, session, cast, server):
        wait(session, cast)
        later = cast.booked(cast.tomorrow_at(15, days=5), patient=cast.maya_patient)
        (offer,) = refill(session, cast)

        def yes(own):
            offers.accept(own.get(SlotOffer, (offer.clinic_id, offer.id)), by=cast.maya.actor)

        def call_off(own):
            visits.cancel(own.get(Visit, (later.clinic_id, later.id)), CancelReason.PATIENT, by=cast.amara.actor)

        told = rush(app, cast, yes, call_off)
        session.rollback()
        session.expire_all()
        assert session.scalars(sa.select(Visit.id)).all() == [later.id] and "done" in told
        assert not later.is_live and not broken(server.url("postgres"))

    def test_two_freed_times_and_one_person_make_one_offer(self, app, session, cast):
        wait(session, cast)
        other = Freed(cast.rose.id, cast.dr_lind.id, *(getattr(freed(cast), each) for each in ("starts_at", "ends_at")))
        job = Actor.job(cast.rose.id, "waitlist.offer")
        rush(app, cast, *(lambda own, what=what: waitlist_offers.refill(own, what, by=job)
                               for what in (freed(cast), other, freed(cast, 11))))  # fmt: skip
        session.rollback()
        assert len(session.scalars(sa.select(SlotOffer.id)).all()) == 1

    def test_an_offer_and_a_booking_of_the_same_time_never_both(self, app, session, cast, server):
        wait(session, cast)
        job = Actor.job(cast.rose.id, "waitlist.offer")

        def books(own):
            book(own, cast.wish(freed(cast).starts_at), by=cast.amara.actor)

        rush(app, cast, lambda own: waitlist_offers.refill(own, freed(cast), by=job), books)
        session.rollback()
        owners = len(session.scalars(sa.select(SlotOffer.id)).all()) + len(session.scalars(sa.select(Visit.id)).all())
        assert owners == 1 and not broken(server.url("postgres"))

    def test_yes_at_the_moment_the_hold_is_given_up_is_one_or_the_other(self, app, session, cast):
        entry = wait(session, cast)
        (offer,) = refill(session, cast)

        def answer(verb):
            return lambda own: getattr(offers, verb)(
                own.get(SlotOffer, (offer.clinic_id, offer.id)), by=cast.amara.actor
            )

        told = rush(app, cast, answer("accept"), answer("withdraw"))
        session.rollback()
        session.expire_all()
        live = len(session.scalars(sa.select(Visit.id)).all())
        assert told == ["done", "refused"]
        assert (entry.status, live) in ((W.FULFILLED, 1), (W.WAITING, 0))
