"""Values that were measured: written down together, with the BMI they make, and marked where they were a mistake."""

from datetime import timedelta
from decimal import Decimal

from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic.actions import recording
from clinic.actions.acting import Refused, action
from clinic.db import now
from clinic.models.measurements import Context, Kind, Measurement, MeasurementSource
from clinic.models.measures import DIASTOLIC, GROWN_UP, MEASURES
from clinic.models.patients import Patient
from clinic.queries import measurements as queries

CENTIMETRES = Decimal(100)
# How far ahead of ours the clock may be that a value was dated by.
AHEAD = timedelta(minutes=5)


@action
def record(patient: Patient, values: dict, *, by, measured_at=None, visit_id=None, context=Context.UNKNOWN, typed=None):
    """Write down what was measured together; ``values`` is {kind: value in the kept unit}, "diastolic" beside them.

    ``typed`` is what was typed, where that was in another unit: {kind: {"entered": "150", "unit": "[lb_av]"}}.
    Returns the first of the rows.
    """
    session = recording.begin(patient)
    measured_at = measured_at or now()
    if measured_at > now() + AHEAD:
        raise Refused("This time has not come yet.", field="measured_on")
    diastolic = values.pop("diastolic", None)
    _refuse_unbelievable(values, diastolic)
    rows = [
        _row(patient, kind, value, by, measured_at, visit_id=visit_id, context=context, details=(typed or {}).get(kind))
        for kind, value in values.items()
    ]
    rows += _bmi(session, patient, values, by, measured_at, visit_id)
    reading_id = uuid7()
    for row in rows:
        row.reading_id = reading_id
        if row.kind == Kind.BLOOD_PRESSURE and diastolic is not None:
            row.components = {"diastolic": _plain(diastolic)}
    session.add_all(rows)
    if Kind.HEIGHT in values:
        _remember_height(session, patient)
    return rows[0]


@action
def mark_mistaken(row: Measurement, *, by):
    """Say that the values measured together with this one are wrong; they stay and are shown as that."""
    patient, rows = _together(row)
    for each in rows:
        if each.mistaken_at:
            raise Refused("These values are marked as a mistake already.")
        each.mistaken_at, each.mistaken_by_id = now(), by.user_id
    _remember_height(object_session(row), patient, [each.value for each in rows if each.kind == Kind.HEIGHT])
    return row


@action
def restore(row: Measurement, *, by):
    """Take back that they were a mistake."""
    patient, rows = _together(row)
    for each in rows:
        if each.mistaken_at is None:
            raise Refused("These values are not marked as a mistake.")
        each.mistaken_at = each.mistaken_by_id = None
    _remember_height(object_session(row), patient)
    return row


def _together(row):
    session = object_session(row)
    patient = session.get(Patient, (row.clinic_id, row.patient_id))
    recording.begin(patient)
    rows = queries.of_reading(session, row.patient_id, row.reading_id)
    for each in rows:
        session.refresh(each)
    return patient, rows


def _refuse_unbelievable(values, diastolic):
    if not values:
        raise Refused("Enter at least one value.")
    if diastolic is not None and (
        Kind.BLOOD_PRESSURE not in values or not DIASTOLIC.lowest <= diastolic <= values[Kind.BLOOD_PRESSURE]
    ):
        raise Refused("The lower pressure goes with a higher one, and is at least 20.", field="diastolic")
    if Kind.BLOOD_PRESSURE in values and diastolic is None:
        raise Refused("A blood pressure has two values.", field="diastolic")
    for kind, value in values.items():
        if not MEASURES[kind].lowest <= value <= MEASURES[kind].highest:
            raise Refused("This value cannot be right. Look at it again, and at its unit.", field=kind.value)


def _row(patient, kind, value, by, measured_at, *, details=None, **facts):
    return Measurement(
        clinic_id=patient.clinic_id, id=uuid7(), patient_id=patient.id, kind=kind, value=value,
        unit=MEASURES[kind].units[0].code, measured_at=measured_at, entered_by_id=by.user_id, details=details or {},
        source=MeasurementSource.MANUAL if by.in_portal else MeasurementSource.DESK, **facts,
    )  # fmt: skip


def _bmi(session, patient, values, by, measured_at, visit_id):
    """The BMI of a weight, where the height is known: measured now or, of a grown-up, ever."""
    if Kind.WEIGHT not in values:
        return []
    height = values.get(Kind.HEIGHT) or (_is_grown_up(patient, measured_at) and patient.height_cm)
    if not height:
        return []
    bmi = round(values[Kind.WEIGHT] / (Decimal(height) / CENTIMETRES) ** 2, 1)
    if not MEASURES[Kind.BMI].lowest <= bmi <= MEASURES[Kind.BMI].highest:
        raise Refused("This weight and the height do not go together. Look at both again.", field=Kind.WEIGHT.value)
    row = _row(patient, Kind.BMI, bmi, by, measured_at, visit_id=visit_id)
    row.components = {"height_cm": _plain(Decimal(height))}
    return [row]


def _remember_height(session, patient, wrong=()):
    """The height that was measured last is the patient's; one that turned out ``wrong`` is not."""
    session.flush()
    latest = queries.latest(session, patient.clinic_id, patient.id, (Kind.HEIGHT,)).get(Kind.HEIGHT)
    if latest:
        patient.height_cm = round(latest[0].value, 1)
    elif patient.height_cm in [round(each, 1) for each in wrong]:
        patient.height_cm = None


def _is_grown_up(patient, at):
    born = patient.date_of_birth
    return born is not None and (at.date() - born).days >= GROWN_UP * 366


def _plain(number):
    """A number as JSON writes it."""
    return int(number) if number == int(number) else float(number)
