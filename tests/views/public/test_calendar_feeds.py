"""Visits in calendars elsewhere: an address of one's own that shows times and little else, until it is ended."""

import re

import pytest
import sqlalchemy as sa
from icalendar import Calendar

from clinic.actions import visits
from clinic.models.accounts import Membership
from clinic.models.audit import AuditEntry
from clinic.models.calendar_feeds import CalendarFeed
from clinic.models.patients import Patient, PatientAccess
from clinic.models.visits import CancelReason


def address(page):
    """The path of the feed that a page shows."""
    return re.search(r'value="[^"]*(/calendar/[^"]+\.ics)"', page.text).group(1)


@pytest.fixture
def dr_oseis(osei):
    return address(osei.send("staff.calendar_feeds.make"))


@pytest.fixture
def mayas(maya, cast):
    return address(maya.send("portal.calendar_feeds.make", patient_id=cast.maya_patient.id))


def events(answer):
    assert answer.status_code == 200, answer.text[:500]
    return Calendar.from_ical(answer.data).walk("VEVENT")


class TestADoctor:
    def test_reads_when_the_visits_are_and_nothing_of_the_patients(self, cast, nobody, dr_oseis):
        visit = cast.booked(reason="A rash", notes="Comes with her mother")
        answer = nobody.open(dr_oseis)
        (event,) = events(answer)
        assert event["DTSTART"].dt == visit.starts_at and event["DTEND"].dt == visit.ends_at
        assert str(event["UID"]) == f"visit-{visit.id}" and event["STATUS"] == "CONFIRMED"
        for word in ("Tom", "Baker", "rash", "mother", "Consultation"):
            assert word not in answer.text

    def test_a_moved_and_a_cancelled_visit_keep_their_uid_and_count_up(self, cast, session, nobody, dr_oseis):
        visit = cast.booked()
        visits.move_to(visit, cast.wish(cast.tomorrow_at(11)), by=cast.amara.actor)
        session.commit()
        (moved,) = events(nobody.open(dr_oseis))
        visits.cancel(visit, CancelReason.PATIENT, by=cast.amara.actor)
        session.commit()
        (cancelled,) = events(nobody.open(dr_oseis))
        assert moved["UID"] == cancelled["UID"]
        assert [moved["SEQUENCE"], cancelled["SEQUENCE"]] == [1, 2]
        assert [moved["STATUS"], cancelled["STATUS"]] == ["CONFIRMED", "CANCELLED"]

    def test_sees_no_visit_of_another_doctor(self, cast, nobody, dr_oseis):
        cast.booked(provider=cast.dr_lind)
        assert not events(nobody.open(dr_oseis))

    def test_who_is_no_doctor_any_more_reads_nothing(self, cast, session, nobody, dr_oseis):
        session.execute(
            sa.update(Membership).where(Membership.user_id == cast.osei.user.id).values(ended_at=sa.func.now())
        )
        session.commit()
        assert nobody.open(dr_oseis).status_code == 404

    def test_a_new_address_ends_the_former_one(self, osei, nobody, dr_oseis):
        newer = address(osei.send("staff.calendar_feeds.make"))
        assert nobody.open(dr_oseis).status_code == 404
        assert nobody.open(newer).status_code == 200

    def test_ends_it(self, osei, session, nobody, dr_oseis):
        feed = session.scalars(sa.select(CalendarFeed)).one()
        assert osei.send("staff.calendar_feeds.end", feed_id=feed.id).status_code == 303
        assert nobody.open(dr_oseis).status_code == 404
        assert osei.send("staff.calendar_feeds.end", feed_id=feed.id).status_code == 409

    def test_another_doctor_cannot_end_it(self, lind, session, dr_oseis):
        feed = session.scalars(sa.select(CalendarFeed)).one()
        assert lind.send("staff.calendar_feeds.end", feed_id=feed.id).status_code == 404

    def test_has_it_only_after_proving_who_they_are(self, osei):
        osei.left_alone()
        assert "/prove" in osei.send("staff.calendar_feeds.make").headers["Location"]

    def test_the_desk_has_no_such_page(self, amara):
        assert amara.open("staff.calendar_feeds.index").status_code == 403


class TestAPatient:
    def test_reads_where_and_with_whom_and_not_why(self, cast, nobody, mayas):
        visit = cast.booked(patient=cast.maya_patient, reason="A rash")
        answer = nobody.open(mayas)
        (event,) = events(answer)
        assert str(event["SUMMARY"]) == "Visit at Rose Street Clinic, Dr Kwame Osei"
        assert str(visit.id) in event["URL"]
        assert "rash" not in answer.text and "Consultation" not in answer.text

    def test_sees_nobody_elses_visits(self, cast, nobody, mayas):
        cast.booked()
        assert not events(nobody.open(mayas))

    def test_cannot_have_one_of_somebody_else(self, cast, maya):
        assert maya.send("portal.calendar_feeds.make", patient_id=cast.tom.id).status_code == 404

    def test_whose_access_has_ended_reads_nothing(self, cast, session, nobody, mayas):
        session.execute(sa.update(PatientAccess).values(until=sa.func.now()))
        session.commit()
        assert nobody.open(mayas).status_code == 404

    def test_who_has_died_is_read_no_more(self, cast, session, nobody, mayas):
        session.execute(sa.update(Patient).where(Patient.id == cast.maya_patient.id).values(deceased_at=sa.func.now()))
        session.commit()
        assert nobody.open(mayas).status_code == 404


class TestAProgram:
    def test_asks_again_and_hears_only_whether_anything_changed(self, cast, nobody, mayas):
        visit = cast.booked(patient=cast.maya_patient)
        first = nobody.open(mayas)
        again = nobody.client.get(mayas, headers={"If-None-Match": first.headers["ETag"]})
        assert again.status_code == 304 and not again.data
        visits.cancel(visit, CancelReason.CLINIC, by=cast.amara.actor)
        sa.orm.object_session(visit).commit()
        assert nobody.client.get(mayas, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200

    def test_may_keep_it_for_itself_alone(self, nobody, mayas):
        answer = nobody.open(mayas)
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert answer.content_type == "text/calendar; charset=utf-8"

    def test_its_reading_stands_in_the_log_once_a_day(self, cast, session, nobody, mayas):
        for _time in range(3):
            nobody.open(mayas)
        (entry,) = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "calendar_feeds.read")).all()
        assert entry.actor_id == cast.maya.user.id and entry.actor_role == "calendar_feed"

    @pytest.mark.parametrize("token", ["a", "a" * 43, "A" * 43, "-_" * 21, "x" * 5000])
    def test_an_address_that_was_never_made_opens_nothing(self, nobody, token):
        assert nobody.open(f"/calendar/{token}.ics").status_code == 404
