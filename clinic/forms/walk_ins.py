"""Adding somebody who came without a time."""

from flask_babel import lazy_gettext as _l
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice

from clinic.forms.fields import NOT_OFFERED, Form, RowChoice, words
from clinic.models.people import Severity


class WalkInForm(Form):
    """Whom they would like to see, and why they came; nothing of it is needed."""

    provider_id = RowChoice(_l("Doctor"))
    visit_type_id = RowChoice(_l("Type of visit"))
    reason = words(_l("Reason"), most=300)
    severity = SelectField(
        _l("How urgent"),
        choices=[SelectChoice("", _l("Not said")), *(SelectChoice(each.value, _l(each.label)) for each in Severity)],
        coerce=lambda value: Severity(value) if value else None, invalid_value_message=NOT_OFFERED,
    )  # fmt: skip
