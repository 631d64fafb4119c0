"""The day board: everything of a date at a glance, with exactly the steps that are possible now."""

from datetime import UTC, datetime, timedelta

from clinic.actions import visits, walk_ins
from clinic.db import db
from clinic.models.patients import PatientTag, TagKind
from clinic.models.visits import CancelReason, Visit


def _today_at(cast, minutes):
    """An instant some minutes from now (or ago)."""
    return datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=minutes)


def _booked_now(cast, minutes, **more):
    return cast.booked(_today_at(cast, minutes), overbook="Whatever the hour of the test", **more)


class TestTheDay:
    def test_a_day_without_visits_says_so_and_still_shows_the_doctors(self, amara):
        page = amara.open("staff.day.index", date="2031-03-04")
        assert page.status_code == 200
        assert "Dr Kwame Osei" in page.text and "4 March 2031" in page.text and "No visits" in page.text

    def test_visits_stand_under_their_doctor_with_patient_type_and_status(self, cast, amara):
        visit = cast.booked()
        page = amara.open("staff.day.index", date=visit.starts_at.date()).text
        lane = page.partition("Dr Kwame Osei</h2>")[2].partition("</section>")[0]
        assert "Tom Baker" in lane and "Consultation" in lane and ">Booked<" in lane and "10:00" in lane
        assert f"/staff/patients/{cast.tom.id}" in lane

    def test_one_list_shows_the_same_visits_as_the_board(self, cast, amara):
        visit = cast.booked()
        page = amara.open("staff.day.index", date=visit.starts_at.date(), view="list").text
        assert f'id="visit-{visit.id}"' in page and 'class="board"' not in page

    def test_somebody_who_is_past_their_time_is_late_by_so_many_minutes(self, cast, amara):
        _booked_now(cast, -12)
        page = amara.open("staff.day.index").text
        assert "Late 12 min" in page or "Late 13 min" in page

    def test_a_visit_entered_by_mistake_is_not_shown(self, cast, session, amara):
        visit = cast.booked()
        visits.cancel(visit, CancelReason.ENTERED_IN_ERROR, by=cast.amara.actor)
        session.commit()
        page = amara.open("staff.day.index", date=visit.starts_at.date()).text
        assert "Tom Baker" not in page

    def test_walk_ins_wait_in_a_lane_of_their_own_with_their_number_and_since_when(self, cast, session, amara):
        walk_ins.add(session, cast.tom, timezone="Europe/London", by=cast.amara.actor)
        session.commit()
        page = amara.open("staff.day.index").text
        lane = page.partition("Walk-ins waiting")[2].partition("</section>")[0]
        assert "Tom Baker" in lane and "No. 1" in lane and "Waiting since" in lane and "Any doctor" in lane

    def test_the_reason_of_an_overbooking_and_the_patients_flags_are_on_the_line(self, cast, session, amara):
        session.add(PatientTag(clinic_id=cast.rose.id, patient_id=cast.tom.id, kind=TagKind.FLAG, tag="HIGH_RISK"))
        cast.tom.deceased_at = datetime.now(UTC)
        visit = _booked_now(cast, 30, patient=cast.maya_patient)
        session.execute(db.update(Visit).where(Visit.id == visit.id).values(patient_id=cast.tom.id))
        session.commit()
        page = amara.open("staff.day.index", date=visit.starts_at.date()).text
        assert "Overbooked: Whatever the hour of the test" in page and "HIGH_RISK" in page and "Deceased" in page

    def test_a_name_with_markup_in_it_is_shown_as_it_was_typed(self, cast, session, amara):
        cast.tom.full_name = "<b>Tom</b> ~id~ & Söhne"
        session.commit()
        visit = cast.booked()
        page = amara.open("staff.day.index", date=visit.starts_at.date()).text
        assert "&lt;b&gt;Tom&lt;/b&gt; ~id~ &amp; Söhne" in page and "<b>Tom" not in page
