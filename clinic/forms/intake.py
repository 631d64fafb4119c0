"""Questions before a visit, as an administrator writes them, and the answers, as a patient types them."""

from datetime import date
from decimal import Decimal, InvalidOperation

from babel.numbers import NumberFormatError, format_decimal, parse_decimal
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, RadioField, SelectField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional

from clinic.forms.fields import NOT_OFFERED, Form, paragraphs, tidy, words
from clinic.models.intake import QuestionKind

K = QuestionKind
MOST_CHOICES, LONGEST_CHOICE = 20, 100
MISSING = _l("Please answer this question.")
LARGEST = Decimal(10) ** 9
EARLIEST, LATEST = date(1880, 1, 1), date(2100, 1, 1)


class QuestionForm(Form):
    """One question: its words, how it is answered, and whether it must be."""

    question = words(_l("Question"), most=300, required=_l("Write the question."), kind=StringField)
    hint = words(_l("Hint"), most=300, description=_l("Stands below the question, such as what to bring or look up."))
    kind = SelectField(
        _l("Answered with"), choices=[SelectChoice(each.value, _l(each.label)) for each in K],
        coerce=lambda value: K(value) if value else None, invalid_value_message=NOT_OFFERED,
    )  # fmt: skip
    choices = paragraphs(
        _l("What can be chosen"), most=MOST_CHOICES * (LONGEST_CHOICE + 2),
        description=_l("One a line; only where one of a list is chosen."),
    )  # fmt: skip
    is_required = BooleanField(_l("Must be answered"))

    def __init__(self, *given, question_kind=None, **more):
        super().__init__(*given, **more)
        # How a question is answered stays as it is: answers were given to it.
        self.fixed_kind = question_kind
        if question_kind:
            del self.kind

    @property
    def lines(self):
        """What can be chosen, each once."""
        return list(dict.fromkeys(line.strip() for line in (self.choices.data or "").splitlines() if line.strip()))

    def validate(self, extra_validators=None):
        """A list has between two and twenty entries; nothing else has any."""
        is_good, kind = super().validate(extra_validators), self.fixed_kind or self.kind.data
        longest = max(map(len, self.lines), default=0)
        if kind == K.CHOICE and not (2 <= len(self.lines) <= MOST_CHOICES and longest <= LONGEST_CHOICE):
            self.blame(_l("Write between 2 and 20 lines of at most 100 characters."), "choices")
            return False
        return is_good

    @property
    def details(self):
        """What an action needs to know, by column."""
        kind = self.fixed_kind or self.kind.data
        facts = {name: self[name].data for name in ("question", "hint", "is_required")}
        return {**facts, "kind": kind, "choices": self.lines if kind == K.CHOICE else []}


class NumberField(StringField):
    """A number as the clinic writes numbers; kept in plain digits."""

    def __init__(self, label, validators, locale, **more):
        super().__init__(label, validators, filters=[tidy], **more)
        self.locale = locale

    def process_data(self, value):
        """Show a kept number the clinic's way."""
        super().process_data(format_decimal(Decimal(value), locale=self.locale, group_separator=False)
                             if value else None)  # fmt: skip

    def pre_validate(self, form):
        """Read what was typed."""
        if self.data is None:
            return
        try:
            number = parse_decimal(self.data[:40], locale=self.locale, strict=True)
        except (NumberFormatError, InvalidOperation):
            number = None
        if number is None or not number.is_finite() or abs(number) >= LARGEST or number.as_tuple().exponent < -6:
            raise ValidationError(_l("Write a number, such as 3."))
        self.kept = format(number, "f")


class AnyDay(DateField):
    """A date of these two centuries, or nothing."""

    def process_formdata(self, values):
        """Read the date; say in plain words where there is none."""
        text, self.data = (values[0].strip() if values else ""), None
        if not text:
            return
        try:
            read = date.fromisoformat(text)
        except ValueError:
            read = None
        if read is None or not EARLIEST <= read < LATEST:
            raise ValueError(str(_l("Enter a date of the calendar.")))
        self.data = read


def answers_form(asked, clinic, **given):
    """A form with a field for each question; its ``answers`` are what an action keeps."""
    fields = {_name(each): _field(each, clinic) for each in asked}
    kept = {_name(each): _shown(each) for each in asked}
    form = type("AnswersForm", (_Answers,), fields)(data=kept, **given)
    form.asked = [(each, form[_name(each)]) for each in asked]
    return form


class _Answers(Form):
    @property
    def answers(self):
        """What was typed, by question's id, as it is kept; None where nothing was."""
        return {each.question_id: _kept(each.kind, field) for each, field in self.asked}


def _name(each):
    return f"q{each.question_id.hex}"


def _field(each, clinic):
    required = MISSING if each.is_required else None
    checks = [InputRequired(required) if required else Optional()]
    if each.kind == K.SHORT_TEXT:
        return words(each.question, most=200, required=required, description=each.hint)
    if each.kind == K.LONG_TEXT:
        return paragraphs(each.question, most=2000, required=required, description=each.hint)
    if each.kind == K.NUMBER:
        return NumberField(each.question, checks, clinic.locale, description=each.hint,
                           render_kw={"inputmode": "decimal", "maxlength": 40})  # fmt: skip
    if each.kind == K.DATE:
        return AnyDay(each.question, checks, description=each.hint)
    offered = [("yes", _l("Yes")), ("no", _l("No"))] if each.kind == K.YES_NO else [(x, x) for x in each.choices]
    nothing = [] if each.is_required else [("", _l("No answer"))]
    return RadioField(
        each.question, checks, choices=[SelectChoice(value, text) for value, text in offered + nothing],
        coerce=lambda value: value or None, description=each.hint, invalid_value_message=NOT_OFFERED,
    )  # fmt: skip


def _shown(each):
    if each.kind == K.DATE and each.text:
        return date.fromisoformat(each.text)
    # What can no longer be chosen is chosen anew.
    if each.kind == K.CHOICE and each.text not in each.choices:
        return None
    return each.text


def _kept(kind, field):
    if field.data is None:
        return None
    if kind == K.NUMBER:
        return field.kept
    return field.data.isoformat() if kind == K.DATE else field.data
