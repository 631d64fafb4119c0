"""A patient sees, cancels and moves her own visits, and nobody else's."""

from uuid import uuid4

import pytest
import sqlalchemy as sa

from clinic.actions import visits as verbs
from clinic.db import now
from clinic.models.people import VisitMode
from clinic.models.providers import ProviderVisitType
from clinic.models.rooms import RoomKind, VisitTypeNeed
from clinic.models.schedule import Availability, BookingRule
from clinic.models.visits import CancelReason, Visit, VisitKind, VisitSource, VisitStatus
from tests.visit_links import asks_by_itself


@pytest.fixture
def hers(cast):
    """Maya's visit with Dr Osei in three days at ten."""
    return cast.booked(cast.tomorrow_at(10, days=3), patient=cast.maya_patient)


@pytest.fixture
def late(cast):
    """Maya's visit with Dr Osei in three days, when cancelling and moving end five days before."""
    visit = cast.booked(cast.tomorrow_at(10, days=3), patient=cast.maya_patient)
    visit.visit_type.cancel_cutoff_hours = visit.visit_type.move_cutoff_hours = 120
    sa.inspect(visit).session.commit()
    return visit


def again(session, visit):
    """The visit as it stands in the database now."""
    session.rollback()
    session.expire_all()
    return session.get(Visit, (visit.clinic_id, visit.id))


def iso(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class TestShow:
    def test_she_reads_what_with_whom_when_where_and_until_when_she_may_cancel(self, maya, hers):
        page = maya.open("portal.visits.show", visit_id=hers.id).text
        for words in ("Consultation", "Dr Kwame Osei", "10:00", "Rose Street Clinic", "You can cancel here until"):
            assert words in page

    def test_a_video_visit_shows_its_link_only_to_come(self, maya, cast, session):
        visit = cast.booked(patient=cast.maya_patient, meeting_url="https://meet.example/rose", visit_mode="virtual")
        assert "https://meet.example/rose" in maya.open("portal.visits.show", visit_id=visit.id).text
        verbs.cancel(again(session, visit), CancelReason.CLINIC, by=cast.amara.actor)
        session.commit()
        assert "https://meet.example/rose" not in maya.open("portal.visits.show", visit_id=visit.id).text

    def test_a_visit_the_clinic_cancelled_is_shown_as_such(self, maya, cast, session, hers):
        verbs.cancel(again(session, hers), CancelReason.PROVIDER_AWAY, by=cast.amara.actor)
        session.commit()
        assert "Dr Kwame Osei is away" in maya.open("portal.visits.show", visit_id=hers.id).text

    def test_anybody_elses_visit_is_like_one_that_never_was(self, maya, cast):
        toms = cast.booked()
        never = maya.open("portal.visits.show", visit_id=uuid4())
        for page in ("show", "cancel", "move", "move_time", "move_check", "status"):
            answer = maya.open(f"portal.visits.{page}", visit_id=toms.id)
            assert answer.status_code == never.status_code == 404
        for verb in ("call_off", "move_to"):
            assert maya.send(f"portal.visits.{verb}", {}, visit_id=toms.id).status_code == 404

    def test_staff_cannot_look_at_it_through_the_portal(self, amara, hers):
        assert amara.open("portal.visits.show", visit_id=hers.id).status_code == 403


class TestStatus:
    def test_it_asks_every_twenty_seconds_only_on_the_day(self, maya, cast, session, hers):
        assert "every 20s" not in maya.open("portal.visits.show", visit_id=hers.id).text
        session.execute(sa.update(Visit).values(starts_at=sa.func.now(), ends_at=sa.text("now() + interval '1 hour'")))
        session.commit()
        assert "every 20s" in maya.open("portal.visits.show", visit_id=hers.id).text

    def test_nothing_new_is_204_and_a_check_in_is_the_new_part(self, maya, cast, session):
        hers = cast.booked(now(), patient=cast.maya_patient, overbook="Whatever the hour of the test")
        asks = asks_by_itself(maya.open("portal.visits.show", visit_id=hers.id))
        quiet = maya.open(asks, htmx=True)
        assert quiet.status_code == 204 and not quiet.text
        verbs.check_in(again(session, hers), by=cast.amara.actor)
        session.commit()
        part = maya.open(asks, htmx=True)
        assert part.status_code == 200 and "We know that you are here" in part.text
        assert part.text.lstrip().startswith('<div id="visit-status"')


class TestCancel:
    def test_before_the_cut_off_she_may_and_the_time_is_free_again(self, maya, session, hers):
        assert "Cancel this visit?" in maya.open("portal.visits.cancel", visit_id=hers.id).text
        answer = maya.send("portal.visits.call_off", {"note": "I feel better"}, visit_id=hers.id)
        assert answer.status_code == 303
        visit = again(session, hers)
        assert visit.status == VisitStatus.CANCELLED and visit.cancel_reason == CancelReason.PATIENT
        assert visit.cancel_note == "I feel better" and visit.slot_id is None
        assert "cancelled" in maya.open("portal.home.index").text

    def test_twice_is_refused_and_changes_nothing(self, maya, session, hers):
        maya.send("portal.visits.call_off", {}, visit_id=hers.id)
        assert maya.send("portal.visits.call_off", {}, visit_id=hers.id).status_code == 409

    def test_past_the_cut_off_she_is_asked_to_call(self, maya, session, late):
        page = maya.open("portal.visits.show", visit_id=late.id).text
        assert "please call us" in page and "Cancel this visit" not in page
        assert "+44 20 7946 0000" in maya.open("portal.visits.cancel", visit_id=late.id).text
        answer = maya.send("portal.visits.call_off", {}, visit_id=late.id)
        assert answer.status_code == 409 and "too late" in answer.text and "+44 20 7946 0000" in answer.text
        assert again(session, late).status == VisitStatus.BOOKED

    def test_too_many_words_are_kept_and_refused(self, maya, hers):
        answer = maya.send("portal.visits.call_off", {"note": "y" * 301}, visit_id=hers.id)
        assert answer.status_code == 422 and "y" * 301 in answer.text


class TestMove:
    def test_she_chooses_day_and_time_and_the_visit_keeps_its_id(self, maya, cast, session, hers):
        later = cast.tomorrow_at(11, days=4)
        assert "Which day suits you better?" in maya.open("portal.visits.move", visit_id=hers.id).text
        day = maya.open("portal.visits.move_time", visit_id=hers.id, day=later.date().isoformat())
        assert "11:00" in day.text
        chosen = {"provider_id": str(cast.dr_osei.id), "starts_at": iso(later)}
        assert "Move your visit?" in maya.open("portal.visits.move_check", visit_id=hers.id, **chosen).text
        assert maya.send("portal.visits.move_to", chosen, visit_id=hers.id).status_code == 303
        assert again(session, hers).starts_at == later

    def test_to_another_doctor_who_offers_the_type(self, maya, cast, session, hers):
        page = maya.open(
            "portal.visits.move_time", visit_id=hers.id, doctor="first", day=hers.starts_at.date().isoformat()
        )
        assert "Dr Astrid Lind" in page.text
        chosen = {"provider_id": cast.dr_lind.id, "starts_at": iso(cast.tomorrow_at(10, days=3))}
        assert maya.send("portal.visits.move_to", chosen, visit_id=hers.id).status_code == 303
        assert again(session, hers).provider_id == cast.dr_lind.id

    def test_onto_a_time_that_is_gone_leaves_it_and_offers_the_nearest(self, maya, cast, session, hers):
        other = cast.booked(cast.tomorrow_at(11, days=4))
        chosen = {"provider_id": cast.dr_osei.id, "starts_at": iso(other.starts_at)}
        answer = maya.send("portal.visits.move_to", chosen, visit_id=hers.id)
        assert answer.status_code == 409 and answer.text.count('class="time"') == 3
        assert "Your visit is still where it was" in answer.text
        assert again(session, hers).starts_at == cast.tomorrow_at(10, days=3)

    def test_on_a_full_day_and_within_its_own_time_its_own_place_is_hers(self, maya, cast, session, hers):
        cast.consultation.limit_per_day, cast.consultation.step_minutes = 1, 10
        session.commit()
        page = {"visit_id": hers.id, "day": hers.starts_at.date().isoformat()}
        times = maya.open("portal.visits.move_time", **page).text
        assert ">10:10<" in times and ">09:50<" in times and ">10:00<" not in times
        assert f"day={page['day']}" in maya.open("portal.visits.move", visit_id=hers.id).text
        chosen = {"provider_id": cast.dr_osei.id, "starts_at": iso(cast.tomorrow_at(10, 10, days=3))}
        assert maya.send("portal.visits.move_to", chosen, visit_id=hers.id).status_code == 303
        everybody = maya.open("portal.visits.move_time", **page, doctor="first").text
        assert ">10:00<" in everybody and ">10:10<" in everybody

    def test_what_others_sit_in_is_not_given_back(self, maya, cast, session):
        cast.consultation.capacity, cast.consultation.step_minutes = 2, 10
        session.commit()
        visit = cast.booked(cast.tomorrow_at(10, days=3), patient=cast.maya_patient)
        page = {"visit_id": visit.id, "day": visit.starts_at.date().isoformat()}
        assert ">10:10<" in maya.open("portal.visits.move_time", **page).text
        cast.booked(cast.tomorrow_at(10, days=3))
        assert ">10:10<" not in maya.open("portal.visits.move_time", **page).text

    def test_a_visit_by_video_is_offered_only_times_by_video(self, maya, cast, session):
        visit = cast.booked(cast.tomorrow_at(14, days=3), patient=cast.maya_patient, visit_mode=VisitMode.VIRTUAL)
        hours = sa.update(Availability).where(Availability.provider_id == cast.dr_osei.id)
        session.execute(hours.values(visit_mode=VisitMode.IN_PERSON))
        session.commit()
        nothing = maya.open("portal.visits.move", visit_id=visit.id).text
        assert "There are no open times up to" in nothing
        later = cast.tomorrow_at(13, days=4)
        session.execute(hours.where(Availability.weekday == (later.isoweekday() % 7)).values(visit_mode=None))
        session.commit()
        assert f"day={later.date()}" in maya.open("portal.visits.move", visit_id=visit.id).text
        assert "13:00" in maya.open("portal.visits.move_time", visit_id=visit.id, day=later.date().isoformat()).text
        chosen = {"provider_id": cast.dr_osei.id, "starts_at": iso(later)}
        assert maya.send("portal.visits.move_to", chosen, visit_id=visit.id).status_code == 303

    def test_a_visit_in_person_is_offered_no_time_without_a_free_room(self, maya, cast, session, hers):
        kind = RoomKind(clinic_id=cast.rose.id, name="Consulting")
        session.add(kind)
        session.flush()
        session.add(VisitTypeNeed(clinic_id=cast.rose.id, visit_type_id=cast.consultation.id, room_kind_id=kind.id))
        session.commit()
        day = cast.tomorrow_at(11, days=4).date().isoformat()
        page = maya.open("portal.visits.move_time", visit_id=hers.id, day=day).text
        assert "This day has no open times any more" in page

    def test_past_the_cut_off_she_is_asked_to_call(self, maya, cast, session, late):
        assert "Please call us" in maya.open("portal.visits.move", visit_id=late.id).text
        chosen = {"provider_id": cast.dr_osei.id, "starts_at": iso(cast.tomorrow_at(11, days=4))}
        answer = maya.send("portal.visits.move_to", chosen, visit_id=late.id)
        assert answer.status_code == 409 and "too late" in answer.text
        assert again(session, late).starts_at == cast.tomorrow_at(10, days=3)

    @pytest.mark.parametrize("wrong", [{"starts_at": "later"}, {"provider_id": "x"}, {"starts_at": ""}])
    def test_what_cannot_be_read_is_said(self, maya, cast, hers, wrong):
        chosen = {"provider_id": cast.dr_osei.id, "starts_at": iso(cast.tomorrow_at(11, days=4)), **wrong}
        assert maya.send("portal.visits.move_to", chosen, visit_id=hers.id).status_code == 422

    def test_another_clinics_doctor_is_not_to_be_had(self, maya, cast, session, hers):
        chosen = {"provider_id": cast.dr_reyes.id, "starts_at": iso(cast.tomorrow_at(11, days=4))}
        assert maya.send("portal.visits.move_to", chosen, visit_id=hers.id).status_code in (404, 409)
        assert again(session, hers).provider_id == cast.dr_osei.id

    def test_when_her_doctor_has_left_she_is_shown_everybodys_times(self, maya, cast, session, hers):
        hers.provider.is_active = False
        sa.inspect(hers).session.commit()
        page = maya.open("portal.visits.move", visit_id=hers.id)
        assert page.status_code == 200 and "doctor=first" in page.text

    @pytest.mark.parametrize("rest", [True, False])
    def test_when_her_doctor_no_longer_offers_the_type_she_is_shown_the_times_of_who_does(
        self, maya, cast, session, hers, rest
    ):
        gone = ProviderVisitType.visit_type_id == hers.visit_type_id
        session.execute(
            sa.delete(ProviderVisitType).where(gone, *([ProviderVisitType.provider_id == hers.provider_id] * rest))
        )
        session.commit()
        page = maya.open("portal.visits.move", visit_id=hers.id)
        assert page.status_code == 200 and "any of our doctors" in page.text and "Only Dr Kwame Osei" not in page.text
        assert ("/move/time?" in page.text) == rest

    def test_when_her_doctor_sees_nobody_by_video_any_more_she_is_shown_who_does(self, maya, cast, session, hers):
        hers.visit_type.visit_mode, hers.provider.telemed_enabled = VisitMode.VIRTUAL, False
        sa.inspect(hers).session.commit()
        assert "any of our doctors" in maya.open("portal.visits.move", visit_id=hers.id).text

    def test_what_only_the_clinic_books_is_moved_on_the_phone_and_no_earlier_time_is_offered(
        self, maya, cast, session, hers
    ):
        assert "Tell me of an earlier time" in maya.open("portal.visits.show", visit_id=hers.id).text
        hers.visit_type.booking = BookingRule.OFF
        sa.inspect(hers).session.commit()
        page = maya.open("portal.visits.show", visit_id=hers.id).text
        assert "Cancel this visit" in page and "move it here" not in page and "Move this visit" not in page
        assert "Tell me of an earlier time" not in page
        assert "Move it" not in maya.open("portal.home.index").text
        assert "Please call us" in maya.open("portal.visits.move", visit_id=hers.id).text
        chosen = {"provider_id": cast.dr_osei.id, "starts_at": iso(cast.tomorrow_at(11, days=4))}
        page = maya.send("portal.visits.move_to", chosen, visit_id=hers.id)
        assert page.status_code == 409 and "too late" not in page.text
        assert "Only the clinic can move this visit. Please call us." in page.text

    def test_an_imported_visit_without_a_type_is_moved_on_the_phone(self, maya, cast, session):
        facts = {"kind": VisitKind.SCHEDULED, "status": VisitStatus.BOOKED, "source": VisitSource.FHIR}
        visit = Visit(clinic_id=cast.rose.id, id=uuid4(), patient_id=cast.maya_patient.id, timezone="Europe/London",
                      starts_at=cast.tomorrow_at(10, days=5), **facts)  # fmt: skip
        session.add(visit)
        session.commit()
        assert maya.open("portal.visits.show", visit_id=visit.id, new=1).status_code == 200
        assert "Please call us" in maya.open("portal.visits.move", visit_id=visit.id).text
        assert maya.send("portal.visits.call_off", {}, visit_id=visit.id).status_code == 303
