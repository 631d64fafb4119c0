"""Laboratory results as somebody types them off a report, and the file of a laboratory."""

import re
from decimal import Decimal, InvalidOperation

from babel.numbers import NumberFormatError, format_decimal, parse_decimal
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FileField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional, ValidationError

from clinic.actions.lab_results import Finding
from clinic.forms.dated import DatedForm, TypedDate
from clinic.forms.fields import NOT_OFFERED, RowChoice, words
from clinic.forms.lab_orders import Ruled, days_asked, rule_choice
from clinic.models.lab_results import FARTHEST, UNIT, Comparator, Flag
from clinic.queries.analytes import known_as

FEWEST_ROWS, MOST_ROWS, MORE_ROWS = 4, 60, 5
COMPARED = re.compile(r"^(<=|>=|≤|≥|<|>)\s*(.+)$")
BETWEEN = re.compile(r"^(-?[\d.,  ’']+?)\s*(?:-|–|—|\.\.+|to)\s*(-?[\d.,  ’']+)$")
NUMERIC = re.compile(r"^[-+]?[\d.,  ’']+$")
SIGNS = {"≤": "<=", "≥": ">="}
PARTS = ("analyte", "value", "unit", "usual", "flag")


class NotANumber(ValueError):
    """It looks like a number and is none as the clinic writes them."""


def number(text: str, locale: str) -> Decimal:
    """A number as the clinic writes it; raises NotANumber."""
    try:
        found = parse_decimal(text.strip(), locale=locale, strict=True) if len(text) <= 40 else None
    except (NumberFormatError, InvalidOperation):
        found = None
    if found is None or not found.is_finite() or abs(found) >= FARTHEST:
        raise NotANumber
    return found


def value_read(text: str, locale: str):
    """What was typed as a value, as (number, comparator, words): 5.6, <0.5, negative."""
    compared = COMPARED.match(text)
    sign, rest = compared.groups() if compared else (None, text)
    if not NUMERIC.match(rest):
        return None, None, text
    return number(rest, locale), Comparator(SIGNS.get(sign, sign)) if sign else None, None


def range_read(text: str, locale: str):
    """What was typed as the usual range, as (low, high, words): 3.5-5.1, <6.2, >=60, none."""
    if between := BETWEEN.match(text):
        low, high = (number(each, locale) for each in between.groups())
        if low > high:
            raise NotANumber
        return low, high, None
    compared = COMPARED.match(text)
    if compared and NUMERIC.match(compared[2]):
        end = number(compared[2], locale)
        return (end, None, None) if compared[1] in (">", ">=", "≥") else (None, end, None)
    return None, None, text


class ResultsForm(Ruled, DatedForm):
    """The report's date and laboratory; ``results_form`` adds the rows."""

    sampled_on = TypedDate(_l("When the sample was taken"))
    laboratory = words(_l("Laboratory"), most=200)
    release_rule = rule_choice()
    release_after_days = days_asked()
    is_whole = BooleanField(
        _l("These are all the results"), default=True, description=_l("From then on the rule of the order counts.")
    )
    # How many rows there are.
    rows = 0

    def validate_sampled_on(self, field):
        """The day is needed."""
        if field.data is None:
            raise ValidationError(_l("Say when the sample was taken."))

    def validate(self, extra_validators=None):
        """Each field, then each row: what was found needs both a name and a value."""
        good = super().validate(extra_validators)
        for row in range(self.rows):
            good = self._row_is_good(row) and good
        if good and not self.findings:
            self.blame(_("Enter at least one result."), "value_0")
        return good and not self.errors

    @property
    def findings(self) -> list[Finding]:
        """What was found, row by row; rows without a value are left out. After ``validate``."""
        at = self.beginning(self.sampled_on.data)
        return [self._finding(row, at) for row in range(self.rows) if self[f"value_{row}"].data]

    def _row_is_good(self, row):
        analyte, value, unit, usual, flag = (self[f"{part}_{row}"] for part in PARTS)
        if not value.data:
            if unit.data or usual.data or flag.data:
                value.errors = [*value.errors, _("Enter what was found, or empty the row.")]
            return not value.errors
        if not analyte.data:
            analyte.errors = [*analyte.errors, _("Say what was measured.")]
        for field, read in ((value, value_read), (usual, range_read)):
            try:
                read(field.data or "", self.clinic.locale)
            except NotANumber:
                example = format_decimal(Decimal("1234.5"), locale=self.clinic.locale)
                field.errors = [*field.errors, _("Write numbers like %(example)s.", example=example)]
        if unit.data and not re.match(UNIT, unit.data):
            unit.errors = [*unit.errors, _("Write the unit as UCUM does: without spaces, such as mg/dL.")]
        return not any(field.errors for field in (analyte, value, unit, usual, flag))

    def _finding(self, row, at):
        analyte, value, unit, usual, flag = (self[f"{part}_{row}"].data for part in PARTS)
        found, comparator, said = value_read(value, self.clinic.locale)
        low, high, range_text = range_read(usual, self.clinic.locale) if usual else (None, None, None)
        known = known_as(analyte)
        return Finding(
            analyte=analyte, sampled_at=at, value=found, comparator=comparator, value_text=said, unit=unit,
            code=known and known.code, range_low=low, range_high=high, range_text=range_text, flag=flag,
            laboratory=self.laboratory.data,
        )  # fmt: skip


def results_form(clinic, tests=None, rows=FEWEST_ROWS, **given):
    """The form with a row for each of the tests that were ordered, and empty ones after them.

    Without an order (``tests`` is None) the results have a rule of their own.
    """
    rows = min(max(rows, FEWEST_ROWS, len(tests or ()) + 1), MOST_ROWS)
    fields, filled = {"rows": rows}, {}
    for row in range(rows):
        fields |= _row(row)
    for row, test in enumerate(tests or ()):
        filled[f"analyte_{row}"] = test
    form = type("RowsForm", (ResultsForm,), fields)(clinic, data=filled, **given)
    for name in ("release_rule", "release_after_days") if tests is not None else ("is_whole",):
        del form[name]
    return form


def _row(row):
    flags = [SelectChoice("", _l("As the range says")), *(SelectChoice(each.value, _l(each.label)) for each in Flag)]
    return {
        f"analyte_{row}": words(_l("What was measured"), most=300, render_kw={"list": "analytes", "maxlength": 300}),
        f"value_{row}": words(_l("Result"), most=1000),
        f"unit_{row}": words(_l("Unit"), most=60),
        f"usual_{row}": words(_l("Usual range"), most=300),
        f"flag_{row}": SelectField(
            _l("Flag"), choices=flags, invalid_value_message=NOT_OFFERED,
            coerce=lambda value: Flag(value) if value else None,
        ),
    }  # fmt: skip


class LabFileForm(Ruled, DatedForm):
    """The file, what it belongs to, and that it is about this patient."""

    file = FileField(
        _l("File of the laboratory"), [Optional()], render_kw={"accept": ".json,.ndjson,application/fhir+json"},
        description=_l("FHIR R4 as .json or .ndjson, at most 5 MB: Observations, reports, or a bundle of them."),
    )  # fmt: skip
    order_id = RowChoice(_l("For which order"))
    release_rule = rule_choice()
    release_after_days = days_asked()
    is_whole = BooleanField(
        _l("These are all the results of the order"), default=True,
        description=_l("From then on the rule of the order counts."),
    )  # fmt: skip
    is_theirs = BooleanField(_l("The file is about this patient all the same"))
