"""Which doctors will do: a specialty, a language, whoever of them is first; and a time for which no room is free."""

import re
from html import unescape

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


def test_a_time_without_a_free_room_is_not_offered_but_by_video(maya, cast, session):
    a_kind(session, cast, "Ultrasound", needed_by=[cast.consultation])
    at = {"visit_type_id": cast.consultation.id, "doctor": cast.dr_osei.id, "provider_id": cast.dr_osei.id}
    held = maya.send("portal.booking.hold", **at, starts_at=iso(cast.tomorrow_at(10)))
    assert held.status_code == 303 and "visit_mode" not in held.location
    page = maya.open("portal.booking.reason", **at, starts_at=iso(cast.tomorrow_at(10))).text
    assert "In person" not in page
