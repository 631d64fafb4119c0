"""The kinds of things people type into a form: words, whole numbers, amounts of money, colours, ids of rows."""

import re
from decimal import Decimal, InvalidOperation
from uuid import UUID

from babel.numbers import NumberFormatError, format_decimal, get_currency_precision, parse_decimal
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Optional, StopValidation, ValidationError
from wtforms.widgets import CheckboxInput, ColorInput, ListWidget, NumberInput, TextInput

# Also the marks that turn the direction of a line around: a name with one would be read as another.
from clinic.models.people import VisitMode

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
COLOUR_FIELDS = ("has_colour", "colour", "colour_code")
HEX = re.compile(r"#[0-9a-f]{6}")
NOT_OFFERED = _l("Choose from what is offered.")
MOST_MONEY = Decimal("1000000000")


class Form(FlaskForm):
    """A form that can also say why an action refused what was typed."""

    def blame(self, sentence, field=None):
        """Put a refusal where it belongs: on the field it names, else on the form."""
        if field in self._fields:
            self[field].errors = [*self[field].errors, sentence]
        else:
            self.form_errors = [*self.form_errors, sentence]

    @property
    def facts(self):
        """What was typed, by field name, without the forgery token and the parts of a colour."""
        return {name: value for name, value in self.data.items() if name not in ("csrf_token", *COLOUR_FIELDS)}


def tidy(text):
    """Without the spaces around it; nothing at all is None."""
    return (text or "").strip() or None


def readable(form, field):
    """Refuse characters that no keyboard writes and the database cannot keep."""
    text = field.data if isinstance(field.data, str) else ""
    if CONTROL.search(text) or any(0xD800 <= ord(letter) <= 0xDFFF for letter in text):
        raise ValidationError(_l("This has characters we cannot keep. Type it again."))


def needed(sentence):
    """A check that something was given, in a sentence; what could not be read keeps its own."""

    def given(form, field):
        if field.process_errors:
            raise StopValidation
        if field.data is None:
            raise StopValidation(sentence)

    given.field_flags = {"required": True}
    return given


def words(label, *, most=200, required=None, kind=StringField, description="", validators=(), **more):
    """A line of text, or with ``kind`` several lines; ``required`` is the sentence where it is missing."""
    first = needed(required) if required else Optional()
    too_long = _l("Use at most %(most)d characters.", most=most)
    more.setdefault("render_kw", {"maxlength": most})
    return kind(label, [first, Length(max=most, message=too_long), readable, *validators], filters=[tidy],
                description=description, **more)  # fmt: skip


def paragraphs(label, *, most=2000, **more):
    """Several lines of text."""
    return words(label, most=most, kind=TextAreaField, **more)


def mode_choice(label, either):
    """In person, by video, or None: either, in the given words."""
    choices = [SelectChoice("", either), *(SelectChoice(mode.value, _l(mode.label)) for mode in VisitMode)]
    return SelectField(
        label, choices=choices, coerce=lambda value: VisitMode(value) if value else None,
        invalid_value_message=NOT_OFFERED,
    )  # fmt: skip


class WholeNumber(Field):
    """A whole number between two others, or nothing where it may be left out."""

    widget = NumberInput(step=1)

    def __init__(self, label=None, validators=None, *, lowest, highest, required=True, **more):
        super().__init__(label, validators, **more)
        self.lowest, self.highest, self.required = lowest, highest, required
        self.typed = None
        self.render_kw = {**(self.render_kw or {}), "min": lowest, "max": highest, "inputmode": "numeric"}

    def _value(self):
        if self.typed is not None:
            return self.typed
        return "" if self.data is None else str(self.data)

    def process_formdata(self, values):
        """Read what was typed; keep it to show it again."""
        if not values:
            return
        self.typed, self.data = values[0][:40], None
        text = values[0].strip()
        if not text and not self.required:
            return
        if not re.fullmatch(r"[0-9]{1,9}", text) or not self.lowest <= int(text) <= self.highest:
            raise ValueError(self._sentence())
        self.data = int(text)

    def pre_validate(self, form):
        """A number that may not be left out is missed where the whole field was left out too."""
        if self.required and self.data is None and not self.process_errors:
            raise ValidationError(self._sentence())

    def _sentence(self):
        bounds = {"lowest": self.lowest, "highest": self.highest}
        return str(_l("Enter a whole number from %(lowest)d to %(highest)d.", **bounds))


class Money(Field):
    """An amount in the clinic's currency, written the clinic's way, or None; the form's meta carries ``place``."""

    widget = TextInput()

    def __init__(self, label=None, validators=None, **more):
        super().__init__(label, validators, **more)
        self.typed = None
        self.render_kw = {**(self.render_kw or {}), "inputmode": "decimal", "maxlength": 20}

    @property
    def precision(self):
        """How many digits the currency has after the point."""
        return get_currency_precision(self.meta.place.currency)

    def _value(self):
        if self.typed is not None:
            return self.typed
        if self.data is None:
            return ""
        digits = "0" * self.precision
        return format_decimal(self.data, format=f"0.{digits}" if digits else "0", locale=self.meta.place.locale)

    def process_formdata(self, values):
        """Read an amount as the clinic writes numbers."""
        if not values:
            return
        self.typed, self.data = values[0][:40], None
        text = values[0].strip()
        if not text:
            return
        try:
            amount = parse_decimal(text, locale=self.meta.place.locale, strict=True) if len(text) <= 20 else None
        except (NumberFormatError, InvalidOperation):
            amount = None
        if amount is None or not amount.is_finite() or not 0 <= amount < MOST_MONEY:
            sentence = _l("Enter an amount such as %(example)s, or leave it empty.", example=self._example())
            raise ValueError(str(sentence))
        if amount != round(amount, self.precision):
            raise ValueError(str(_l("Use at most %(digits)d digits after the point.", digits=self.precision)))
        self.data = round(amount, self.precision)

    def _example(self):
        digits = "0" * self.precision
        return format_decimal(Decimal("45"), format=f"0.{digits}" if digits else "0", locale=self.meta.place.locale)


class RowChoice(SelectField):
    """One of the rows offered, by its id, or none of them."""

    def __init__(self, label=None, validators=None, **more):
        super().__init__(
            label,
            validators or [Optional()],
            coerce=_id_or_none,
            choices=[],
            invalid_choice_message=NOT_OFFERED,
            **more,
        )
        # Drawn as any other list to choose from.
        self.type = "SelectField"

    def offer(self, rows, nothing):
        """Say which (id, words) may be chosen, after the words for none."""
        self.choices = [SelectChoice("", nothing), *(SelectChoice(str(row_id), text) for row_id, text in rows)]


class RowChoices(SelectMultipleField):
    """Any of the rows offered, as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label=None, validators=None, **more):
        super().__init__(label, validators, coerce=_id_or_none, choices=[], invalid_choice_message=NOT_OFFERED, **more)

    def offer(self, rows):
        """Say which (id, words) may be ticked."""
        self.choices = [SelectChoice(str(row_id), text) for row_id, text in rows]


def _id_or_none(value):
    try:
        return UUID(str(value)) if value else None
    except ValueError:
        # Left as it is; the field then says that it was never offered.
        return value


class Coloured:
    """A form with one colour: a picker for the mouse, a line for those who know its code, and the choice of none."""

    has_colour = BooleanField(_l("Use a colour of its own"))
    colour = StringField(_l("Colour"), widget=ColorInput(), filters=[lambda text: (text or "").strip().lower()])
    colour_code = StringField(
        _l("Or type its code"), filters=[lambda text: (text or "").strip().lower()],
        description=_l("Six digits after a #, such as #0b5a7d."), render_kw={"maxlength": 7},
    )  # fmt: skip

    def validate_colour_code(self, field):
        """A code is #rrggbb; it wins over the picker."""
        if self.has_colour.data and field.data and not HEX.fullmatch(field.data):
            raise ValidationError(_l("A colour is written as #rrggbb, such as #0b5a7d."))

    def validate_colour(self, field):
        """What the picker sends, where it sends anything."""
        if self.has_colour.data and not self.colour_code.data and not HEX.fullmatch(field.data or ""):
            raise ValidationError(_l("A colour is written as #rrggbb, such as #0b5a7d."))

    @property
    def chosen_colour(self):
        """The colour as #rrggbb, or None."""
        return (self.colour_code.data or self.colour.data) if self.has_colour.data else None

    def show_colour(self, colour, otherwise="#0b5a7d"):
        """Fill the picker with what is stored; for a form that is opened, not one that was sent."""
        self.has_colour.data, self.colour.data = bool(colour), colour or otherwise
        return self
