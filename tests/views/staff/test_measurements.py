"""Entering what was measured, and looking at it over time."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from clinic.actions import measurements
from clinic.models.accounts import Membership, Role
from clinic.models.measurements import Kind, Measurement
from clinic.models.patients import Patient
from tests.visitor import Visitor

FORM = {"blood_pressure": "152", "diastolic": "94", "heart_rate": "71", "weight": "81.5", "weight_unit": "kg",
        "height": "180", "height_unit": "cm", "temperature": "98.6", "temperature_unit": "[degF]"}  # fmt: skip


@pytest.fixture
def tom(cast):
    """Tom, who has a visit with Dr Osei."""
    cast.booked()
    return {"patient_id": cast.tom.id}


@pytest.fixture
def assistant(app, session, cast):
    """Amara, as a medical assistant."""
    own = Membership.user_id == cast.amara.user.id
    session.execute(sa.update(Membership).where(own).values(role=Role.MEDICAL_ASSISTANT))
    session.commit()
    return Visitor(app, cast.amara)


def values_of(session):
    session.rollback()
    session.expire_all()
    return {row.kind: row for row in session.scalars(sa.select(Measurement))}


def test_a_medical_assistant_enters_values_and_sees_what_they_entered_and_no_more(assistant, session, cast, tom):
    patient = session.get(Patient, (cast.rose.id, cast.tom.id))
    measurements.record(patient, {Kind.GLUCOSE: Decimal(301)}, by=cast.osei.actor)
    session.commit()
    page = assistant.open("staff.measurements.new", **tom)
    assert page.status_code == 200 and "16.7" not in page.text
    assert assistant.send("staff.measurements.create", FORM, **tom).status_code == 303
    known = values_of(session)
    assert known[Kind.TEMPERATURE].value == 37 and known[Kind.TEMPERATURE].details["entered"] == "98.6"
    assert known[Kind.BMI].value == Decimal("25.2") and known[Kind.BLOOD_PRESSURE].components == {"diastolic": 94}
    page = assistant.open("staff.measurements.new", **tom)
    assert "152/94 mmHg" in page.text and "16.7" not in page.text
    assert assistant.open("staff.measurements.index", **tom).status_code == 403
    where = tom | {"reading_id": known[Kind.BLOOD_PRESSURE].reading_id}
    assert assistant.send("staff.measurements.mark_mistaken", **where).status_code == 303
    assert values_of(session)[Kind.WEIGHT].mistaken_at
    others = tom | {"reading_id": known[Kind.GLUCOSE].reading_id}
    assert assistant.send("staff.measurements.mark_mistaken", **others).status_code == 404


def test_the_doctor_reads_the_strip_with_what_is_unusual_in_a_word(osei, session, tom):
    osei.send("staff.measurements.create", FORM, **tom)
    page = osei.open("staff.measurements.index", **tom)
    assert "152/94" in page.text and ">High<" in page.text and "25.2" in page.text
    assert "37.0" in page.text, "a clinic in Britain measures in Celsius"


def test_a_chart_needs_two_values_and_tells_the_same_as_a_table(osei, session, cast, tom):
    patient = session.get(Patient, (cast.rose.id, cast.tom.id))
    for days, pulse in ((900, 64), (200, 70), (3, 76)):
        at = datetime.now(UTC) - timedelta(days=days)
        measurements.record(patient, {Kind.HEART_RATE: Decimal(pulse)}, by=cast.osei.actor, measured_at=at)
    session.commit()
    page = osei.open("staff.measurements.index", **tom).text
    assert page.count("<circle") == 3 and "measured-band" in page and "As a table" in page
    assert osei.open("staff.measurements.index", span="year", **tom).text.count("<circle") == 2
    assert "<circle" not in osei.open("staff.measurements.index", span="3-months", **tom).text
    assert osei.open("staff.measurements.index", span="age", **tom).status_code == 404


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({}, "Enter at least one value."),
        ({"blood_pressure": "120"}, "A blood pressure has two values."),
        ({"blood_pressure": "80", "diastolic": "120"}, "not above the upper one"),
        ({"heart_rate": "seventy"}, "Write a number"),
        ({"heart_rate": "-7"}, "Write a number"),
        ({"heart_rate": "700"}, "cannot be right"),
        ({"heart_rate": "NaN"}, "Write a number"),
        ({"heart_rate": "70", "measured_time": "10:00"}, "Write the day, too."),
        ({"heart_rate": "70", "weight": "80", "weight_unit": "stone"}, "Choose from what is offered."),
    ],
)
def test_what_cannot_be_is_said_at_its_place_and_kept(osei, session, tom, typed, sentence):
    answer = osei.send("staff.measurements.create", typed, **tom)
    assert answer.status_code in (409, 422) and sentence in answer.text
    assert all(f'value="{value}"' in answer.text for name, value in typed.items() if "unit" not in name)
    assert values_of(session) == {}


def test_a_day_and_a_time_are_the_clinics(osei, session, tom):
    osei.send(
        "staff.measurements.create", {"heart_rate": "70", "measured_on": "05/07/2025", "measured_time": "10:30"}, **tom
    )
    assert values_of(session)[Kind.HEART_RATE].measured_at == datetime(2025, 7, 5, 9, 30, tzinfo=UTC)


def test_who_may_not_and_whom_they_do_not_see(amara, lind, osei, cast, tom):
    assert amara.open("staff.measurements.new", **tom).status_code == 403
    assert lind.send("staff.measurements.create", FORM, **tom).status_code == 404
    assert osei.send("staff.measurements.create", FORM, patient_id=cast.sam.id).status_code == 404
    unknown = tom | {"reading_id": cast.sam.id}
    assert osei.send("staff.measurements.mark_mistaken", **unknown).status_code == 404


def test_the_timeline_has_one_entry_for_what_was_measured_together(osei, tom):
    osei.send("staff.measurements.create", FORM, **tom)
    page = osei.open("staff.charts.timeline", kind="measurement", **tom)
    assert page.text.count("Measurement ·") == 1 or page.text.count("Blood pressure") == 1
