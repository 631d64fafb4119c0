"""The mail about a visit brings it into the patient's calendar, moves it there and takes it out again."""

from email import message_from_bytes, policy
from pathlib import Path

import pytest
from icalendar import Calendar

from clinic.actions import visits
from clinic.models.schedule import BookingRule
from clinic.models.visits import CancelReason


@pytest.fixture
def tom(session, cast):
    """Tom, who has an email address."""
    cast.tom.email = "tom@baker.example"
    session.commit()
    return cast.tom


@pytest.fixture
def invitations(app, telling):
    """Do what waits; every invitation that was mailed so far, oldest first, as (method of the part, its calendar)."""

    def mailed():
        telling.work()
        found = []
        for file in sorted(Path(app.config["MAIL_FOLDER"]).glob("*.eml")):
            message = message_from_bytes(file.read_bytes(), policy=policy.default)
            for part in message.iter_attachments():
                assert part.get_content_type() == "text/calendar"
                found.append((part["Content-Type"].params["method"], Calendar.from_ical(part.get_content())))
        return found

    return mailed


def test_a_booking_is_an_invitation_to_the_patient_alone(cast, tom, invitations):
    visit = cast.booked(reason="A rash")
    ((method, calendar),) = invitations()
    (event,) = calendar.walk("VEVENT")
    assert method == str(calendar["METHOD"]) == "REQUEST"
    assert str(event["UID"]) == f"visit-{visit.id}" and event["SEQUENCE"] == 0
    assert event["DTSTART"].dt == visit.starts_at and event["DTEND"].dt == visit.ends_at
    assert str(event["ATTENDEE"]) == "mailto:tom@baker.example"
    assert str(event["ORGANIZER"]).startswith("mailto:") and event["ORGANIZER"].params["CN"] == "Rose Street Clinic"
    # Where the mail leads too: no account is needed there.
    assert "/v/" in str(event["URL"])
    written = calendar.to_ical().decode()
    assert "rash" not in written and "Consultation" not in written


def test_its_title_is_in_the_patients_language(session, cast, tom, invitations):
    tom.language = "de"
    cast.booked()
    ((_method, calendar),) = invitations()
    assert str(calendar.walk("VEVENT")[0]["SUMMARY"]) == "Termin: Rose Street Clinic, Dr Kwame Osei"


def test_a_move_changes_the_same_entry_and_a_cancellation_takes_it_out(session, cast, tom, invitations):
    visit = cast.booked()
    invitations()
    visits.move_to(visit, cast.wish(cast.tomorrow_at(11)), by=cast.amara.actor)
    session.commit()
    invitations()
    visits.cancel(visit, CancelReason.CLINIC, by=cast.amara.actor)
    session.commit()
    told = invitations()
    events = [calendar.walk("VEVENT")[0] for _method, calendar in told]
    assert [method for method, _calendar in told] == ["REQUEST", "REQUEST", "CANCEL"]
    assert {str(event["UID"]) for event in events} == {f"visit-{visit.id}"}
    assert [event["SEQUENCE"] for event in events] == [0, 1, 2]
    assert events[1]["DTSTART"].dt == cast.tomorrow_at(11)
    assert str(events[2]["STATUS"]) == "CANCELLED"


def test_what_is_only_asked_for_stands_in_no_calendar_yet(session, cast, tom, maya, invitations):
    cast.consultation.booking = BookingRule.REQUEST
    cast.maya_patient.email = "maya@okafor.example"
    session.commit()
    cast.booked(by=cast.maya, patient=cast.maya_patient)
    assert not invitations()
