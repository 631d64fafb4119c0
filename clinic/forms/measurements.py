"""Values that were measured, as they are typed: in the clinic's way of writing numbers and the unit at hand."""

from datetime import datetime
from decimal import InvalidOperation

from babel import Locale
from babel.numbers import NumberFormatError, parse_decimal
from flask_babel import lazy_gettext as _l
from wtforms import Field, SelectField, TimeField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional, ValidationError
from wtforms.widgets import TextInput

from clinic import walltime
from clinic.forms.dated import DatedForm, TypedDate
from clinic.forms.fields import NOT_OFFERED
from clinic.models.measurements import Kind
from clinic.models.measures import DIASTOLIC, MEASURES, at_home

LONGEST = 12


class MeasuredNumber(Field):
    """A number above zero as the clinic writes numbers, or None; the form carries the clinic."""

    widget = TextInput()

    def __init__(self, label=None, validators=None, **more):
        super().__init__(label, validators or [Optional()], **more)
        self.typed = ""
        self.render_kw = {"inputmode": "decimal", "maxlength": LONGEST, "autocomplete": "off"}

    def _value(self):
        return self.typed

    def process_formdata(self, values):
        """Keep what was typed; it is read when the form is checked."""
        self.typed, self.data = (values[0][:40] if values else ""), None

    def pre_validate(self, form):
        """Read the number."""
        if not self.typed.strip():
            return
        try:
            self.data = parse_decimal(self.typed.strip()[: LONGEST + 1], locale=form.clinic.locale, strict=True)
        except (NumberFormatError, InvalidOperation):
            self.data = None
        if self.data is None or not self.data.is_finite() or not 0 < self.data < 10**6:
            self.data = None
            raise ValidationError(_l("Write a number such as 72 or 36.5."))


def _units(kind):
    measure = MEASURES[kind]
    return SelectField(
        _l("Unit"), choices=[SelectChoice(unit.code, unit.shown) for unit in measure.units],
        invalid_value_message=NOT_OFFERED, invalid_choice_message=NOT_OFFERED,
    )  # fmt: skip


def _name(kind):
    return MeasuredNumber(_l(Kind(kind).label))


class MeasurementForm(DatedForm):
    """What was measured at one moment; whatever was not measured stays empty."""

    blood_pressure = MeasuredNumber(_l("Blood pressure, upper"))
    diastolic = MeasuredNumber(_l("Blood pressure, lower"))
    heart_rate, respiration, spo2 = _name(Kind.HEART_RATE), _name(Kind.RESPIRATION), _name(Kind.SPO2)
    temperature, temperature_unit = _name(Kind.TEMPERATURE), _units(Kind.TEMPERATURE)
    weight, weight_unit = _name(Kind.WEIGHT), _units(Kind.WEIGHT)
    height, height_unit = _name(Kind.HEIGHT), _units(Kind.HEIGHT)
    glucose, glucose_unit = _name(Kind.GLUCOSE), _units(Kind.GLUCOSE)
    a1c, a1c_unit = _name(Kind.A1C), _units(Kind.A1C)
    measured_on = TypedDate(_l("Day"), [Optional()], description=_l("Without a day it was just now."))
    measured_time = TimeField(_l("Time"), [Optional()])

    def __init__(self, clinic, **given):
        country = Locale.parse(clinic.locale).territory
        given["data"] = {f"{kind.value}_unit": at_home(kind, country).code for kind in MEASURES}
        super().__init__(clinic, **given)

    def validate_diastolic(self, field):
        """A blood pressure has two values, the lower not above the upper one."""
        if bool(field.data) != bool(self.blood_pressure.data):
            raise ValidationError(_l("A blood pressure has two values."))
        if field.data and not DIASTOLIC.lowest <= field.data <= self.blood_pressure.data:
            raise ValidationError(_l("The lower value is at least 20 and not above the upper one."))

    def validate_measured_time(self, field):
        """A time belongs to a day, and the clock shows it."""
        if field.data and not self.measured_on.data:
            raise ValidationError(_l("Write the day, too."))
        if field.data and not isinstance(self.measured_on.data, str):
            moments = walltime.instants(self.measured_on.data, field.data, self.zone)
            if not moments:
                raise ValidationError(_l("The clock does not show this time on that day."))

    @property
    def rows(self):
        """The fields of the form, with the field of their unit or the unit's words."""
        for kind in MEASURES:
            if kind.value not in self._fields:
                continue
            yield self[kind.value], self._fields.get(f"{kind.value}_unit"), MEASURES[kind].units[0].shown
            if kind == Kind.BLOOD_PRESSURE:
                yield self.diastolic, None, DIASTOLIC.units[0].shown

    @property
    def values(self):
        """What was typed, in the units that are kept: {kind: value}, with "diastolic" beside them."""
        found = {kind: self._unit(kind).kept(self[kind.value].data) for kind in self._given}
        return found | ({"diastolic": self.diastolic.data} if self.diastolic.data else {})

    @property
    def typed(self):
        """What was typed in another unit than the kept one: {kind: {"entered": the number, "unit": its code}}."""
        return {
            kind: {"entered": str(self[kind.value].data), "unit": self._unit(kind).code}
            for kind in self._given
            if self._unit(kind) != MEASURES[kind].units[0]
        }

    @property
    def measured_at(self) -> datetime | None:
        """When it was, or None for just now; of an hour that comes twice the first, of a day alone its noon."""
        if not self.measured_on.data:
            return None
        begins, ends = walltime.bounds(self.measured_on.data, self.zone)
        if self.measured_time.data:
            return walltime.instants(self.measured_on.data, self.measured_time.data, self.zone)[0]
        return min(begins + (ends - begins) / 2, walltime.now())

    @property
    def _given(self):
        return [kind for kind in MEASURES if kind.value in self._fields and self[kind.value].data]

    def _unit(self, kind):
        field = self._fields.get(f"{kind.value}_unit")
        return MEASURES[kind].unit(field.data if field else None)
