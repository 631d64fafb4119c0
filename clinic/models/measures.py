"""What is known of each kind of measurement: its units, what is believable, what is usual, what a chart shows."""

from dataclasses import dataclass
from decimal import Decimal

from clinic.models.measurements import Kind

GROWN_UP = 18  # years; what is usual is known for grown-ups only


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit: its UCUM code, as people write it, digits after the point, and how to get there from the kept one."""

    code: str
    shown: str
    digits: int
    factor: Decimal = Decimal(1)
    offset: Decimal = Decimal(0)

    def of(self, kept) -> Decimal:
        """A kept value in this unit, rounded as it is shown."""
        return round(Decimal(str(kept)) * self.factor + self.offset, self.digits)

    def kept(self, typed) -> Decimal:
        """A value typed in this unit as it is kept."""
        return typed if self.factor == 1 else round((typed - self.offset) / self.factor, 4)


@dataclass(frozen=True, slots=True)
class Measure:
    """One kind: its units, the kept one first; all numbers are in that one.

    ``lowest`` and ``highest`` are what a typed value may be; ``usual`` is the range of grown-ups at rest, where there
    is one; ``scale`` is what a chart shows, the same for everybody, so that charts compare.
    """

    units: tuple[Unit, ...]
    lowest: Decimal
    highest: Decimal
    scale: tuple[Decimal, Decimal]
    usual: tuple[Decimal, Decimal] | None = None

    def unit(self, code=None) -> Unit:
        """The unit with this code, else the kept one."""
        return next((unit for unit in self.units if unit.code == code), self.units[0])

    def mark(self, value) -> str | None:
        """Whether a kept value is "high" or "low" for a grown-up at rest."""
        if self.usual is None or value is None:
            return None
        low, high = self.usual
        return "low" if value < low else "high" if value > high else None


def _measure(units, believable, scale, usual=None):
    pairs = (tuple(map(Decimal, each)) if each else None for each in (believable, scale, usual))
    (lowest, highest), scale, usual = pairs
    return Measure(units, lowest, highest, scale, usual)


def _unit(code, shown, digits=0, factor="1", offset="0"):
    return Unit(code, shown, digits, Decimal(factor), Decimal(offset))


K = Kind
PRESSURE = (_unit("mm[Hg]", "mmHg"),)
A_MINUTE = (_unit("/min", "/min"),)
# The kinds that people type, in the order of the form and of every strip.
MEASURES = {
    K.BLOOD_PRESSURE: _measure(PRESSURE, ("40", "300"), ("40", "200"), ("90", "139")),
    K.HEART_RATE: _measure(A_MINUTE, ("20", "300"), ("40", "160"), ("50", "100")),
    K.RESPIRATION: _measure(A_MINUTE, ("3", "100"), ("5", "40"), ("12", "20")),
    K.SPO2: _measure((_unit("%", "%"),), ("40", "100"), ("80", "100"), ("95", "100")),
    K.TEMPERATURE: _measure(
        (_unit("Cel", "°C", 1), _unit("[degF]", "°F", 1, "1.8", "32")), ("25", "45"), ("35", "41"), ("36", "37.7")
    ),
    K.WEIGHT: _measure((_unit("kg", "kg", 1), _unit("[lb_av]", "lb", 1, "2.20462262")), ("0.3", "500"), ("0", "150")),
    K.HEIGHT: _measure(
        (_unit("cm", "cm", 1), _unit("[in_i]", "in", 1, "0.393700787")), ("20", "280"), ("40", "220")
    ),
    K.BMI: _measure((_unit("kg/m2", "kg/m²", 1),), ("5", "150"), ("10", "50"), ("18.5", "24.9")),
    K.GLUCOSE: _measure(
        (_unit("mg/dL", "mg/dL"), _unit("mmol/L", "mmol/L", 1, "0.0555062")), ("10", "1500"), ("40", "300"),
        ("70", "140"),
    ),
    K.A1C: _measure(
        (_unit("%", "%", 1), _unit("mmol/mol", "mmol/mol", 0, "10.93", "-23.5")), ("3", "20"), ("4", "14"),
        ("4", "5.6"),
    ),
}  # fmt: skip
DIASTOLIC = _measure(PRESSURE, ("20", "200"), ("40", "200"), ("60", "89"))
# What is typed; a BMI is worked out.
TYPED = tuple(kind for kind in MEASURES if kind != K.BMI)
# Where other units are at home than those that are kept.
AT_HOME = {
    "US": {K.TEMPERATURE: "[degF]", K.WEIGHT: "[lb_av]", K.HEIGHT: "[in_i]"},
    "GB": {K.GLUCOSE: "mmol/L", K.A1C: "mmol/mol"},
    "IE": {K.GLUCOSE: "mmol/L", K.A1C: "mmol/mol"},
    "AU": {K.GLUCOSE: "mmol/L"},
    "CA": {K.GLUCOSE: "mmol/L"},
}


def at_home(kind, country) -> Unit:
    """The unit in which this kind is typed and shown in a country."""
    return MEASURES[kind].unit(AT_HOME.get(country, {}).get(kind))


def mark_of(kind, value, diastolic=None) -> str | None:
    """Whether a kept value of a grown-up is "high" or "low"; of a blood pressure the worse of both its values."""
    if kind not in MEASURES:
        return None
    marks = {MEASURES[kind].mark(value), DIASTOLIC.mark(diastolic) if kind == K.BLOOD_PRESSURE else None}
    return "high" if "high" in marks else "low" if "low" in marks else None
