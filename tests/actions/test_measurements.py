"""Measured values: written down together, with the BMI they make, and marked where they were a mistake."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from clinic.actions import measurements
from clinic.actions.acting import Refused
from clinic.models.measurements import Kind, Measurement, MeasurementSource
from clinic.models.measures import MEASURES, TYPED, at_home, mark_of
from clinic.models.patients import Patient
from clinic.queries import measurements as known
from clinic.scope import Scope

K = Kind
D = Decimal
PRESSURE = {K.BLOOD_PRESSURE: D(128), "diastolic": D(82)}
SPRING = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)


@pytest.fixture
def tom(session, cast):
    return session.get(Patient, (cast.rose.id, cast.tom.id))


@pytest.fixture
def nurse(cast):
    return cast.osei.actor


def kinds_of(session, patient):
    return {row.kind: row for row in session.scalars(known.everything(patient.id)) if row.mistaken_at is None}


def test_what_is_measured_together_is_one_reading(session, tom, nurse):
    first = measurements.record(tom, {**PRESSURE, K.HEART_RATE: D(71)}, by=nurse, measured_at=SPRING)
    session.flush()
    rows = known.of_reading(session, tom.id, first.reading_id)
    assert [row.kind for row in rows] == [K.BLOOD_PRESSURE, K.HEART_RATE]
    assert (rows[0].value, rows[0].diastolic, rows[0].unit) == (128, 82, "mm[Hg]")
    assert {row.source for row in rows} == {MeasurementSource.DESK} and rows[0].entered_by_id == nurse.user_id


def test_a_weight_makes_a_bmi_with_the_height_of_now_or_of_a_grown_up_with_the_known_one(session, tom, nurse):
    measurements.record(tom, {K.WEIGHT: D(81), K.HEIGHT: D(180)}, by=nurse, measured_at=SPRING)
    session.flush()
    assert kinds_of(session, tom)[K.BMI].value == 25 and tom.height_cm == 180
    measurements.record(tom, {K.WEIGHT: D("72.9")}, by=nurse, measured_at=SPRING + timedelta(days=90))
    session.flush()
    latest = known.latest(session, tom.clinic_id, tom.id)[K.BMI]
    assert [each.value for each in latest] == [D("22.5"), 25] and latest[0].components == {"height_cm": 180}


def test_a_childs_weight_alone_makes_no_bmi(session, tom, nurse):
    tom.date_of_birth, tom.height_cm = date(2019, 1, 1), D(110)
    measurements.record(tom, {K.WEIGHT: D(20)}, by=nurse, measured_at=SPRING)
    session.flush()
    assert set(kinds_of(session, tom)) == {K.WEIGHT}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, None),
        ({K.BLOOD_PRESSURE: D(128)}, "diastolic"),
        ({K.BLOOD_PRESSURE: D(80), "diastolic": D(120)}, "diastolic"),
        ({K.HEART_RATE: D(7)}, "heart_rate"),
        ({K.TEMPERATURE: D(98)}, "temperature"),
        ({K.WEIGHT: D(300), K.HEIGHT: D(50)}, "weight"),
    ],
)
def test_what_cannot_be_right_is_refused_where_it_was_typed(tom, nurse, values, field):
    with pytest.raises(Refused) as refusal:
        measurements.record(tom, dict(values), by=nurse)
    assert refusal.value.field == field


def test_a_time_to_come_is_refused(tom, nurse):
    with pytest.raises(Refused, match="not come yet"):
        measurements.record(tom, dict(PRESSURE), by=nurse, measured_at=datetime.now(UTC) + timedelta(hours=1))


def test_a_mistake_takes_the_whole_reading_and_its_height_with_it(session, tom, nurse):
    right = measurements.record(tom, {K.HEIGHT: D(178)}, by=nurse, measured_at=SPRING)
    wrong = measurements.record(tom, {K.WEIGHT: D(80), K.HEIGHT: D(200)}, by=nurse)
    session.flush()
    assert tom.height_cm == 200
    measurements.mark_mistaken(wrong, by=nurse)
    session.flush()
    assert set(kinds_of(session, tom)) == {K.HEIGHT} and tom.height_cm == 178
    with pytest.raises(Refused, match="already"):
        measurements.mark_mistaken(wrong, by=nurse)
    measurements.restore(wrong, by=nurse)
    assert tom.height_cm == 200
    measurements.mark_mistaken(wrong, by=nurse)
    measurements.mark_mistaken(right, by=nurse)
    assert tom.height_cm is None


def test_the_latest_of_each_kind_is_found_across_the_years_in_one_statement(session, tom, nurse):
    for year, pulse in ((1998, 80), (2023, 78), (2024, 76), (2025, 74)):
        at = datetime(year, 6, 1, tzinfo=UTC)
        measurements.record(tom, {K.HEART_RATE: D(pulse)}, by=nurse, measured_at=at)
    session.flush()
    found = known.latest(session, tom.clinic_id, tom.id, most=3)
    assert [each.value for each in found[K.HEART_RATE]] == [74, 76, 78]
    assert (
        len(known.latest(session, tom.clinic_id, tom.id, since=datetime(2024, 1, 1, tzinfo=UTC), most=9)[K.HEART_RATE])
        == 2
    )


def test_values_of_any_year_have_a_place_until_the_end_of_next_year(session, tom, superuser):
    this_year = datetime.now(UTC).year
    with superuser.connect() as connection:
        names = set(
            connection.execute(
                sa.text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'measurements'::regclass")
            ).scalars()
        )
        bare = connection.execute(
            sa.text("SELECT bool_or(has_table_privilege('clinic_app', inhrelid, 'SELECT, INSERT, UPDATE, DELETE'))"
                    " FROM pg_inherits WHERE inhparent = 'measurements'::regclass")
        ).scalar()  # fmt: skip
    assert {"measurements_before", f"measurements_{this_year}", f"measurements_{this_year + 1}"} <= names
    assert not bare


def test_the_portal_sees_its_own_patients_values_only(session, cast, tom, nurse):
    maya = session.get(Patient, (cast.rose.id, cast.maya_patient.id))
    for patient in (tom, maya):
        measurements.record(patient, dict(PRESSURE), by=nurse)
    session.commit()
    session.enter(Scope.portal(cast.rose.id, cast.maya.user.id, {maya.id}))
    seen = session.connection().execute(sa.text("SELECT DISTINCT patient_id FROM measurements")).scalars().all()
    assert seen == [maya.id]
    session.enter(Scope.staff(cast.harbour.id))
    assert session.scalars(sa.select(Measurement)).all() == []


def test_units_go_there_and_back_and_marks_are_of_grown_ups():
    for kind in TYPED:
        for unit in MEASURES[kind].units:
            middle = (MEASURES[kind].lowest + MEASURES[kind].highest) / 2
            assert abs(unit.kept(unit.of(middle)) - middle) < Decimal("1.2")
    assert at_home(K.TEMPERATURE, "US").of(D(37)) == D("98.6") and at_home(K.WEIGHT, "GB").code == "kg"
    assert mark_of(K.BLOOD_PRESSURE, D(128), D(95)) == "high" and mark_of(K.BLOOD_PRESSURE, D(85), D(70)) == "low"
    assert mark_of(K.BLOOD_PRESSURE, D(120), D(80)) is None and mark_of(K.WEIGHT, D(400)) is None
