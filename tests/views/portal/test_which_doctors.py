"""Which doctors will do: a specialty, a language, whoever of them is first; and a time for which no room is free."""

import re
from html import unescape
from uuid import uuid4

import pytest
import sqlalchemy as sa

from clinic.models.waitlist import WaitlistEntry
from tests.rooms import a_kind
from tests.views.portal.test_booking import iso


@pytest.fixture
def apart(session, cast):
    """Dr Osei and Dr Lind know and speak different things."""
    cast.dr_osei.specialties, cast.dr_osei.languages = ["Hearts"], ["Twi"]
    cast.dr_lind.specialties, cast.dr_lind.languages = ["Skin"], ["Swedish"]
    session.commit()


def test_a_specialty_and_a_language_leave_only_the_doctors_who_have_them(maya, cast, apart):
    asked = {"visit_type_id": cast.consultation.id}
    assert "Dr Astrid Lind" in maya.open("portal.booking.doctor", **asked).text
    page = maya.open("portal.booking.doctor", specialty="Hearts", **asked).text
    assert "Dr Kwame Osei" in page and "Dr Astrid Lind" not in page
    nobody = maya.open("portal.booking.doctor", specialty="Hearts", language="Swedish", **asked).text
    assert "No doctor of ours is both" in nobody and "Show everybody" in nobody


def test_whoever_is_first_is_one_of_them(maya, cast, apart):
    day = cast.tomorrow_at(10).date().isoformat()
    asked = {"visit_type_id": cast.consultation.id, "doctor": "first", "language": "Swedish", "day": day}
    page = maya.open("portal.booking.time", **asked).text
    assert f"provider_id={cast.dr_lind.id}" in page and f"provider_id={cast.dr_osei.id}" not in page
    assert "language=Swedish" in page


def test_whoever_waits_for_one_of_them_waits_for_nobody_else(maya, cast, apart, session):
    asked = {"visit_type_id": cast.consultation.id, "doctor": "first", "language": "Swedish"}
    page = maya.open("portal.booking.day", **asked).text
    page = maya.open(unescape(re.search(r'href="(/portal/waitlist/new[^"]+)"', page).group(1))).text
    assert "Speaks Swedish" in page and '<input type="hidden" name="language" value="Swedish">' in page
    data = {"visit_type_id": cast.consultation.id, "language": "Swedish", "part": "any"}
    data["latest_on"] = cast.tomorrow_at(10, days=9).date()
    assert maya.send("portal.waitlist.create", data | {"language": "Greek"}).status_code == 404
    assert maya.send("portal.waitlist.create", data).status_code == 303
    (entry,) = session.scalars(sa.select(WaitlistEntry)).all()
    assert entry.provider_ids == [cast.dr_lind.id]


def test_whoever_waits_for_a_doctor_of_no_clinic_or_another_one_does_not_wait_for_anybody(maya, cast, session):
    data = {"visit_type_id": cast.consultation.id, "part": "any", "latest_on": cast.tomorrow_at(10, days=9).date()}
    for unknown in (uuid4(), cast.dr_reyes.id, "nobody"):
        asked = {"visit_type_id": cast.consultation.id, "provider_id": unknown}
        assert maya.open("portal.waitlist.new", **asked).status_code == 404
        assert maya.send("portal.waitlist.create", data | asked).status_code == 404
    assert not session.scalars(sa.select(WaitlistEntry)).all()


def test_whoever_waits_for_a_doctor_that_stopped_meanwhile_is_told_so_with_all_that_was_ticked(maya, cast, session):
    asked = {"visit_type_id": cast.consultation.id, "provider_id": cast.dr_lind.id}
    assert "Dr Astrid Lind" in maya.open("portal.waitlist.new", **asked).text
    session.merge(cast.dr_lind).is_active = False
    session.commit()
    latest = cast.tomorrow_at(10, days=9).date()
    page = maya.send("portal.waitlist.create", asked | {"part": "evening", "weekdays": ["2"], "latest_on": latest})
    assert page.status_code == 409 and "This doctor or this type of visit is not offered here." in page.text
    kept = f'<input type="hidden" name="provider_id" value="{cast.dr_lind.id}">'
    assert kept in page.text and re.search(r'<input checked[^>]* value="evening">', page.text)
    assert not session.scalars(sa.select(WaitlistEntry)).all()


def test_a_time_without_a_free_room_is_not_offered_but_by_video(maya, cast, session):
    a_kind(session, cast, "Ultrasound", needed_by=[cast.consultation])
    at = {"visit_type_id": cast.consultation.id, "doctor": cast.dr_osei.id, "provider_id": cast.dr_osei.id}
    held = maya.send("portal.booking.hold", **at, starts_at=iso(cast.tomorrow_at(10)))
    assert held.status_code == 303 and "visit_mode" not in held.location
    page = maya.open("portal.booking.reason", **at, starts_at=iso(cast.tomorrow_at(10))).text
    assert "In person" not in page
