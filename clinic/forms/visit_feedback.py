"""How a visit was, as a patient says it, and why an administrator hides the words."""

from flask_babel import lazy_gettext as _l
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from clinic.forms.fields import NOT_OFFERED, Form, paragraphs, words

MARKS = {5: _l("5 · very good"), 4: _l("4 · good"), 3: _l("3 · so-so"), 2: _l("2 · bad"), 1: _l("1 · very bad")}


class FeedbackForm(Form):
    """A number from one to five, and words if somebody likes."""

    rating = RadioField(
        _l("How was your visit?"), choices=[SelectChoice(str(mark), text) for mark, text in MARKS.items()],
        coerce=lambda value: int(value) if value in map(str, MARKS) else value or None,
        validators=[InputRequired(_l("Choose a number from 1 to 5."))], invalid_value_message=NOT_OFFERED,
    )  # fmt: skip
    comment = paragraphs(
        _l("Would you like to say more?"), most=1000,
        description=_l("The clinic reads it first. Your doctor reads it without your name."),
    )  # fmt: skip


class HideForm(Form):
    """Why a comment is kept from the doctor."""

    reason = words(_l("Why is it hidden?"), most=200, required=_l("Say why it is hidden."))
