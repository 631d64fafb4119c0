"""What came of a call, as the desk notes it."""

from flask_babel import lazy_gettext as _l
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice

from clinic.forms.fields import NOT_OFFERED, Form, words
from clinic.models.calls import CallOutcome


class AnswerForm(Form):
    """The answer is the button that was pressed; a note may stand beside it."""

    note = words(_l("Note"), most=300)


class CallForm(AnswerForm):
    """The outcome is the button that was pressed."""

    outcome = RadioField(
        _l("What came of it"), coerce=CallOutcome,
        choices=[SelectChoice(each.value, _l(each.label)) for each in CallOutcome],
        invalid_value_message=NOT_OFFERED,
    )  # fmt: skip
